//===- ExpandRows.h - What is done row by row -----------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDROWS_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDROWS_H

#include "BlockBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace graphopt::cuda {

/// True if `op` is a reduction whose threads share a row: they read neighbours of it, or rows are
/// long and so few that a thread for each would leave the GPU idle.
bool reducesRows(mlir::linalg::LinalgOp op);

/// What an op makes of each row, whose number is that of its first loops.
enum class RowRole {
  Number,    ///< a number, of others: there are no loops but those
  Reduction, ///< a number, of the row's elements
  Elements   ///< the row's elements
};

/// What `op` does with rows counted by its first `rank` loops. None if its loops or
/// results are in another order, or if its body does more than compute.
std::optional<RowRole> getRowRole(mlir::linalg::LinalgOp op, unsigned rank);

/// Emits ops as one kernel: a warp a row, or a block for a long one, does one op after
/// the other. One of them reduces rows; if there are more, each has a role and rows and
/// elements of the same sizes, and what an op reads of another's it reads where
/// that wrote it.
void emitRows(llvm::ArrayRef<mlir::linalg::LinalgOp> ops, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
