//===- Cuda.h - Kernels to PTX and cubins ---------------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_CUDA_H
#define GRAPHOPT_LIB_EMIT_CUDA_H

#include "graphopt/Target/Target.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace graphopt {

/// A module of kernels as the CUDA driver loads it.
struct CudaImage {
  int64_t sm;
  bool isPtx; ///< text, ends in NUL, that the driver compiles for later GPUs, too
  std::string bytes;
};

/// The kernels of a model for GPUs; null for one for CPUs.
mlir::gpu::GPUModuleOp findKernels(mlir::ModuleOp module);

/// Where ptxas is: in `bin` of `$CUDA_HOME` or `$CUDA_PATH`, or in PATH.
std::optional<std::string> findPtxas();

/// The kernels in LLVM IR for a GPU, but for functions of NVIDIA's library, which
/// are declared only.
llvm::Expected<std::unique_ptr<llvm::Module>>
lowerKernels(mlir::gpu::GPUModuleOp kernels, const GpuModel &gpu, llvm::LLVMContext &context);

/// Compiles a module in the LLVM dialect: a cubin for each GPU if there is a
/// `ptxas`, and PTX for the least, which runs on all later ones.
///
/// \returns an error if a kernel needs a function that GPUs lack, or NVIDIA's library,
///          which is looked for where ptxas is, or if ptxas fails.
llvm::Expected<std::vector<CudaImage>>
compileKernels(mlir::gpu::GPUModuleOp kernels, llvm::ArrayRef<GpuModel> gpus,
               const std::optional<std::string> &ptxas);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_CUDA_H
