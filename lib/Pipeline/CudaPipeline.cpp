//===- CudaPipeline.cpp - Buffers to kernels and launches -----------------===//

#include "CudaPipeline.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Codegen/GPU/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// Functions of @main's kernels to loops, then to GPU kernels.
static void addKernels(OpPassManager &pm, const graphopt::CpuModel &cpu,
                       const graphopt::LLVMOptions &options) {
  // All of them: kernels read no constant of the host's.
  graphopt::ExtractWeightsOptions weights;
  weights.separate = true;
  weights.minimumBytes = 0;
  weights.all = true;
  pm.addPass(graphopt::createExtractWeights(weights));
  // What reads or writes a buffer is a kernel, be it as small as it may.
  graphopt::OutlineKernelsOptions outline;
  outline.tiny = true;
  pm.addPass(graphopt::createOutlineKernels(outline));
  if (options.profile) { // while the kernels say what they compute
    graphopt::ProfileCallsOptions profile;
    profile.onGpu = true;
    pm.addPass(graphopt::createProfileCalls(profile));
  }
  OpPassManager &functions = pm.nest<func::FuncOp>();
  graphopt::ExpandGpuKernelsOptions expand;
  expand.sm = options.gpus;
  expand.precision = graphopt::precisionName(options.precision).str();
  functions.addPass(graphopt::createExpandGpuKernels(expand));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  // GPUs have no functions of a library but what NVIDIA's bitcode holds.
  graphopt::ApproximateMathOptions approximate;
  approximate.cpu = cpu.name;
  functions.addPass(graphopt::createApproximateMath(approximate));
  // Arithmetic on small floats is that of f32, as on CPUs.
  arith::ArithEmulateUnsupportedFloatsOptions floats;
  floats.sourceTypeStrs = {"bf16", "f16"};
  floats.targetTypeStr = "f32";
  functions.addPass(arith::createArithEmulateUnsupportedFloats(floats));
  functions.addPass(createCanonicalizerPass());
  // Powers of integers.
  pm.addPass(createConvertMathToFuncs());
  pm.addPass(graphopt::createMapToGpu());
}

/// The module of kernels to the LLVM dialect.
static void addKernelLowering(OpPassManager &pm) {
  OpPassManager &kernels = pm.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createSCFToControlFlowPass());
  // Ceiling divisions and the like.
  kernels.addPass(arith::createArithExpandOpsPass());
  kernels.addPass(graphopt::createConvertToNvvm());
  // What LLVM has no intrinsic for is text of PTX.
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
}

void graphopt::addCudaKernels(OpPassManager &pm, const CpuModel &cpu,
                              const LLVMOptions &options) {
  addKernels(pm, cpu, options);
  addKernelLowering(pm);
}
