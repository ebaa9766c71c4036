//===- WeightMatrix.h - The weights of a product, whatever their layout ---===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_WEIGHTMATRIX_H
#define GRAPHOPT_LIB_TRANSFORMS_WEIGHTMATRIX_H

#include "mlir/IR/Operation.h"
#include <optional>
#include <vector>

namespace graphopt {

/// Constant f32 weights of a matmul, gemm or conv without groups as a matrix: a row
/// for each channel that is summed over, a column for each output, of a conv for
/// each output at each place of the kernel, the places of an output together.
struct WeightMatrix {
  int64_t rows = 0, columns = 0;
  int64_t places = 1; ///< of the kernel
  std::vector<double> elements; ///< row-major

  int64_t outputs() const { return columns / places; }
};

/// Nothing if the op has no such weights.
std::optional<WeightMatrix> readWeightMatrix(mlir::Operation *product);

/// `elements` in the place of the op's own, in the order of its operand.
std::vector<float> toOperandOrder(mlir::Operation *product,
                                  const WeightMatrix &matrix,
                                  llvm::ArrayRef<double> elements);

/// One number an output from one a column.
std::vector<double> sumPlaces(const WeightMatrix &matrix,
                              llvm::ArrayRef<double> columns);

/// The dimension of the op's input that is summed over, counted as statistics do.
int64_t getChannelAxis(mlir::Operation *product);

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_WEIGHTMATRIX_H
