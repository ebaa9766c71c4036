//===- CudaPipeline.h - What GPUs do in the place of loops ----------------===//

#ifndef GRAPHOPT_LIB_PIPELINE_CUDAPIPELINE_H
#define GRAPHOPT_LIB_PIPELINE_CUDAPIPELINE_H

#include "graphopt/Pipeline/Pipelines.h"
#include "mlir/Pass/PassManager.h"

namespace graphopt {

/// Ops on buffers to kernels in the LLVM dialect and launches of them. `cpu` is the
/// host.
void addCudaKernels(mlir::OpPassManager &pm, const CpuModel &cpu, const LLVMOptions &options);

} // namespace graphopt

#endif // GRAPHOPT_LIB_PIPELINE_CUDAPIPELINE_H
