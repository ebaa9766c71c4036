//===- MemoryPipeline.cpp - Tensors to buffers in one workspace -----------===//

#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Pipeline/Pipelines.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

static bufferization::OneShotBufferizePassOptions bufferizeOptions() {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  // Callers have dense tensors.
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  // A loop may hand on a buffer that its body allocates.
  options.allowReturnAllocsFromLoops = true;
  options.bufferAlignment = 64; // GRAPHOPT_ALIGNMENT
  return options;
}

void graphopt::buildMemoryPipeline(OpPassManager &pm, const CpuModel &cpu,
                                   llvm::StringRef gpus) {
  // The caller's buffers are known before buffers are chosen.
  pm.addPass(createBindResults());
  // Parts of a larger tensor can be computed in their place.
  pm.addNestedPass<func::FuncOp>(createDecomposeTensorOps());
  // Sizes must not keep tensors alive that are needed for nothing else.
  pm.addPass(memref::createResolveShapedTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  // Each op computes in the place its result ends up in: no copy of results.
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createOneShotBufferizePass(bufferizeOptions()));
  // Copies of a buffer to itself go; sizes become those of allocations.
  pm.addPass(createCanonicalizerPass());
  // One value a size.
  pm.addPass(createCSEPass());
  // What bufferization could not compute in place.
  pm.addNestedPass<func::FuncOp>(createForwardCopies());
  // Views of parts: sizes of results of views are functions of the inputs', too.
  pm.addPass(memref::createResolveShapedTypeResultDimsPass());
  // What loops carry has its place in the plan, too.
  pm.addNestedPass<func::FuncOp>(createDoubleBufferLoops());
  if (!gpus.empty()) {
    SplitDepthOptions split;
    split.sm = gpus.str();
    pm.addNestedPass<func::FuncOp>(createSplitDepth(split));
    pm.addNestedPass<func::FuncOp>(createGroupRows());
  }
  pm.addPass(createPlanMemory());
  // The plan repeats arithmetic, and with fixed shapes it folds.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyMemory());
}
