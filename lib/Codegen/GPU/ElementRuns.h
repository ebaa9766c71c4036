//===- ElementRuns.h - Neighbours that one thread computes ----------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_ELEMENTRUNS_H
#define GRAPHOPT_LIB_CODEGEN_GPU_ELEMENTRUNS_H

#include "BlockBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace graphopt::cuda {

/// Emits an element-wise op as a parallel loop whose turns compute some neighbours, which
/// are read and written at once; where nothing is broadcast it is one loop over all
/// elements. False if `op` is no such op or its neighbours cannot be read so.
bool emitRuns(mlir::linalg::LinalgOp op, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
