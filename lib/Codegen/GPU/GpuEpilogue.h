//===- GpuEpilogue.h - The end of a kernel: body, extras, stores ----------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_GPUEPILOGUE_H
#define GRAPHOPT_LIB_CODEGEN_GPU_GPUEPILOGUE_H

#include "BlockBuilder.h"
#include "dialects/Kernel/Kernel.h"

namespace graphopt::cuda {

/// What the body of `op` makes of `value`, an element at `at` of its init.
mlir::Value applyEpilogue(kernel::EpilogueOp op, mlir::Value value, mlir::ValueRange at,
                          LoopBuilder &b);

/// Stores what the body of `op` makes of `values`, neighbours in init's last dimension,
/// the first of which is at `at`. Those at `end` or after it are left out. Both are multiples
/// of `run`, so many of which may be stored at once.
void storeNeighbours(kernel::EpilogueOp op, mlir::ValueRange values, mlir::ValueRange at,
                     mlir::Value end, int64_t run, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
