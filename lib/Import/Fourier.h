// Discrete Fourier transforms as products with matrices.
#ifndef GRAPHOPT_IMPORT_FOURIER_H
#define GRAPHOPT_IMPORT_FOURIER_H

#include "lib/Import/GraphMath.h"

namespace graphopt {

/// A transform along dimension 1 of [rows, extent, parts], where the one or two parts
/// of an element are its real and its imaginary one.
///
/// A length that is known, and short or the product of short ones, gets tables that
/// are constants: one matrix up to `longestMatrix`, which a product with a kernel is
/// faster for than fewer operations, else factors of at most `longestFactor`. For any
/// other length the run makes one matrix.
struct Fourier {
  Fourier(NodeImporter &node, bool isInverse, bool isOneSided)
      : node(node), isInverse(isInverse), isOneSided(isOneSided) {}

  NodeImporter &node;
  /// The length, a scalar; that of the result of a real inverse.
  mlir::Value length;
  bool isInverse;
  /// The result of a forward transform, or the input of an inverse one, is what
  /// belongs to a real signal: length / 2 + 1 elements.
  bool isOneSided;

  static constexpr int64_t longestMatrix = 512, longestFactor = 64;

  /// The input is cut off or continued by zeros where it has not the length. Gives
  /// [rows, elements, parts], as f64 for f64 and else as f32, or null after an error.
  mlir::Value transform(mlir::Value input);

private:
  using Value = mlir::Value;
  struct Complex {
    Value real, imaginary; // null: 0
  };
  using Entry = llvm::function_ref<double(int64_t, int64_t)>;

  bool givesReal() const { return isInverse && isOneSided; }
  Value multiply(Value input, Value matrix, Value elements, int64_t parts);
  Value buildMatrix(int64_t rows, int64_t parts, int64_t columns);
  Value computeMatrix(Value rows, int64_t parts, Value columns);
  Value transformByFactors(Value input, int64_t parts);
  Complex transformRows(Complex x, int64_t n);
  Complex transformShort(Complex x, int64_t n);
  Complex twist(Complex x, int64_t rows, int64_t columns);
  Complex completeSpectrum(Complex x, int64_t known);
  Complex each(Complex x, llvm::function_ref<Value(Value)> function);
  Value createTable(llvm::ArrayRef<int64_t> shape, llvm::function_ref<double(int64_t)> entry);

  GraphMath g{node};
  mlir::Type type;
  std::optional<int64_t> knownLength;
};

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_FOURIER_H
