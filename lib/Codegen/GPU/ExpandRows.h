//===- ExpandRows.h - Sums and other reductions of rows -------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDROWS_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDROWS_H

#include "BlockBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace graphopt::cuda {

/// Emits a reduction whose threads read neighbours of one row: a warp a row, or a block
/// for a long one. False if `op` is none, or one that threads cannot share.
bool emitRows(mlir::linalg::LinalgOp op, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
