//===- LLVMPipeline.cpp - Buffers to the LLVM dialect ---------------------===//

#include "CudaPipeline.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Pipeline/Pipelines.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// Loops over vectors, threads, the C interface.
static void addLoops(OpPassManager &pm, const graphopt::CpuModel &cpu,
                     const graphopt::LLVMOptions &options) {
  // Before constants are copied from pass to pass.
  graphopt::ExtractWeightsOptions weights;
  weights.separate = options.separateWeights;
  pm.addPass(graphopt::createExtractWeights(weights));
  // Before loops multiply the code.
  pm.addPass(graphopt::createOutlineKernels());
  if (options.profile) // while the kernels say what they compute
    pm.addPass(graphopt::createProfileCalls());
  graphopt::ExpandKernelsOptions expand;
  expand.cpu = cpu.name;
  pm.addNestedPass<func::FuncOp>(graphopt::createExpandKernels(expand));
  graphopt::VectorizeLinalgOptions vectorize;
  vectorize.vectorBits = cpu.vectorBytes * 8;
  pm.addNestedPass<func::FuncOp>(graphopt::createVectorizeLinalg(vectorize));
  // Emitters write plain arithmetic on constants.
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  // Addresses and broadcasts leave the inner loops.
  pm.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
  pm.addPass(createForallToParallelLoopPass());
  pm.addPass(graphopt::createOutlineParallel());
  // Loops that meet no thread of their own.
  pm.addPass(createParallelForToNestedForsPass());
  // While arguments are memrefs still.
  pm.addPass(graphopt::createDescribePorts());
}

/// Everything a CPU lacks becomes what it has.
static void addArithmetic(OpPassManager &pm, const graphopt::CpuModel &cpu) {
  graphopt::ApproximateMathOptions approximate;
  approximate.cpu = cpu.name;
  pm.addNestedPass<func::FuncOp>(graphopt::createApproximateMath(approximate));
  // LLVM would call compiler-rt for arithmetic on small floats.
  arith::ArithEmulateUnsupportedFloatsOptions floats;
  floats.sourceTypeStrs = {"bf16", "f16"};
  floats.targetTypeStr = "f32";
  pm.addNestedPass<func::FuncOp>(
      arith::createArithEmulateUnsupportedFloats(floats));
  // Extensions that meet truncations.
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  graphopt::ExpandHalfFloatsOptions halfs;
  halfs.cpu = cpu.name;
  pm.addNestedPass<func::FuncOp>(graphopt::createExpandHalfFloats(halfs));
}

static void addLowering(OpPassManager &pm, bool onGpu) {
  pm.addPass(graphopt::createLowerRuntimeCalls());
  OpPassManager &views = pm.nest<func::FuncOp>();
  // Views become offsets and strides: affine arithmetic.
  views.addPass(graphopt::createLowerOpenReshapes());
  views.addPass(memref::createExpandStridedMetadataPass());
  views.addPass(createLowerAffinePass());
  // What an emitter wrote as 1-D transfers.
  views.addPass(createConvertVectorToSCFPass());
  views.addPass(createSCFToControlFlowPass());
  // Powers of integers.
  pm.addPass(createConvertMathToFuncs());
  // Functions that LLVM has as intrinsics, then those of the C library, which
  // are called for each lane of a vector.
  pm.addNestedPass<func::FuncOp>(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  OpPassManager &arithmetic = pm.nest<func::FuncOp>();
  arithmetic.addPass(createConvertVectorToLLVMPass());
  // Ceiling divisions and the like; LLVM would call compiler-rt to round to bf16.
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  arithmetic.addPass(arith::createArithExpandOpsPass(expand));
  arithmetic.addPass(createArithToLLVMConversionPass());
  arithmetic.addPass(createConvertIndexToLLVMPass());
  // Padding of transfers.
  arithmetic.addPass(createUBToLLVMConversionPass());
  if (onGpu) // while it is known what lies there
    pm.addPass(graphopt::createBindDevice());
  FinalizeMemRefToLLVMConversionPassOptions memref;
  memref.useAlignedAlloc = true;
  pm.addPass(createFinalizeMemRefToLLVMConversionPass(memref));
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addNestedPass<LLVM::LLVMFuncOp>(createReconcileUnrealizedCastsPass());
}

static void addDebugInfo(OpPassManager &pm, const std::string &listing) {
  graphopt::LocateNodesOptions locate;
  locate.suffix = listing;
  pm.addPass(graphopt::createLocateNodes(locate));
  LLVM::DIScopeForLLVMFuncOpPassOptions scopes;
  scopes.emissionKind = LLVM::DIEmissionKind::Full; // functions have entries
  pm.addPass(LLVM::createDIScopeForLLVMFuncOpPass(scopes));
}

void graphopt::buildLLVMPipeline(OpPassManager &pm, const CpuModel &cpu,
                                 const LLVMOptions &options) {
  if (options.onGpu) {
    addCudaKernels(pm, cpu, options);
    pm.addPass(createDescribePorts());
  } else {
    addLoops(pm, cpu, options);
  }
  addArithmetic(pm, cpu);
  addLowering(pm, options.onGpu);
  pm.addPass(createEmitEntry());
  // After the entry, which gets the run from the caller.
  pm.addPass(createBindRuntime());
  if (!options.onGpu) { // GPUs have all of them
    graphopt::RetypeHalfFloatsOptions halfs;
    halfs.cpu = cpu.name;
    pm.addPass(graphopt::createRetypeHalfFloats(halfs));
  }
  // Descriptors that are built and taken apart again.
  pm.addNestedPass<LLVM::LLVMFuncOp>(createCanonicalizerPass());
  pm.addNestedPass<LLVM::LLVMFuncOp>(createCSEPass());
  if (!options.listing.empty())
    addDebugInfo(pm, options.listing);
  pm.addPass(createVerifyLLVM());
}
