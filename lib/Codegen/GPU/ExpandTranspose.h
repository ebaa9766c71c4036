//===- ExpandTranspose.h - Elements in another order ----------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDTRANSPOSE_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDTRANSPOSE_H

#include "BlockBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace graphopt::cuda {

/// Emits an element-wise op on one buffer whose neighbours are not those of the result:
/// blocks turn squares in shared memory, so that threads beside each other read and write
/// neighbours. False if `op` is none, or has only few of them.
bool emitTranspose(mlir::linalg::LinalgOp op, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
