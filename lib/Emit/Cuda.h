//===- Cuda.h - Kernels to PTX and cubins ---------------------------------===//

#ifndef GRAPHOPT_LIB_EMIT_CUDA_H
#define GRAPHOPT_LIB_EMIT_CUDA_H

#include "graphopt/Target/CodeTargets.h"
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
  size_t target; ///< number of the code target that it is for
  std::string bytes;
};

/// The kernels of a model for GPUs; null for one for CPUs.
mlir::gpu::GPUModuleOp findKernels(mlir::ModuleOp module);

/// Where ptxas is: in `bin` of `$CUDA_HOME` or `$CUDA_PATH`, or in PATH.
std::optional<std::string> findPtxas();

/// All kernels, whatever target they are for, in LLVM IR for one, but for functions of NVIDIA's
/// library, which are declared only.
llvm::Expected<std::unique_ptr<llvm::Module>>
lowerKernels(mlir::gpu::GPUModuleOp kernels, const GpuModel &target, llvm::LLVMContext &context);

/// Compiles the kernels in the LLVM dialect for the target of this number: to a cubin by
/// `ptxas`, if it is given, else to PTX.
///
/// \returns an error if a kernel needs a function that GPUs lack, or NVIDIA's library,
///          which is looked for where ptxas is, or if ptxas fails.
llvm::Expected<CudaImage> compileKernels(mlir::gpu::GPUModuleOp kernels,
                                         llvm::ArrayRef<GpuModel> targets, size_t number,
                                         const std::optional<std::string> &ptxas);

/// A cubin for each GPU if there is a `ptxas`, and PTX that all from the least on run.
llvm::Expected<std::vector<CudaImage>>
compileImages(mlir::gpu::GPUModuleOp kernels, llvm::ArrayRef<GpuModel> gpus,
              const std::optional<std::string> &ptxas);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_CUDA_H
