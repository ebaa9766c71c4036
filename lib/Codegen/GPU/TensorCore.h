//===- TensorCore.h - Products of fragments by tensor cores ---------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_TENSORCORE_H
#define GRAPHOPT_LIB_CODEGEN_GPU_TENSORCORE_H

#include "BlockBuilder.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace graphopt::cuda {

/// What tensor cores multiply.
struct Factor {
  mlir::NVVM::MMATypes kind, rightKind; ///< they differ in their signs only
  int64_t perWord;                      ///< numbers in 32 bits

  /// A vector of numbers as words.
  mlir::Value toWords(mlir::Value run, BlockBuilder &b) const;
  /// As the instruction wants a word: of halves, as these.
  mlir::Value toOperand(mlir::Value word, BlockBuilder &b) const;
};

// An instruction multiplies 16 rows by 8 columns. It reads 8 words of 32 bits along the
// depth, whatever they hold: a tf32, two halves, four bytes. With g for the lane / 4 and t for the
// lane % 4, a lane has
//   of the left side  words (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4),
//   of the right one  words (t, g), (t + 4, g),
//   of the result     numbers (g, 2 t), (g, 2 t + 1), (g + 8, 2 t), (g + 8, 2 t + 1).
constexpr int64_t kFragmentRows = 16, kFragmentColumns = 8, kFragmentWords = 8;

/// A lane's part of a side.
using Fragment = mlir::SmallVector<mlir::Value>;

/// Adds a product to a lane's four `sums`.
void multiplyFragments(const Factor &factor, mlir::ValueRange left, mlir::ValueRange right,
                       mlir::MutableArrayRef<mlir::Value> sums, BlockBuilder &b);

/// Four matrices of 8 x 8 halves in shared memory: lane l tells where row l % 8 of matrix
/// l / 8 begins. Of each a lane gets the word (g, t), or (t, g) if they are transposed.
Fragment loadMatrices(const Factor &factor, mlir::Value memory, mlir::ValueRange at, bool transpose,
                      BlockBuilder &b);

} // namespace graphopt::cuda

#endif
