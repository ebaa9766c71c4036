//===- GraphPipeline.cpp - On the graph dialect, and out of it ------------===//

#include "graphopt/Conversion/Passes.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void graphopt::buildModelPipeline(OpPassManager &pm, const GraphOptions &options) {
  // Before anything is spent on what nobody reads.
  EliminateDeadNodesOptions dead;
  dead.outputs.assign(options.outputs.begin(), options.outputs.end());
  dead.report = true;
  pm.addPass(createEliminateDeadNodes(dead));
  // Folds shape subgraphs: what the other passes know of sizes comes from here.
  pm.addNestedPass<func::FuncOp>(createInferShapes());
  // Conditions on sizes are known now.
  dead.outputs.clear();
  pm.addPass(createEliminateDeadNodes(dead));
  // While tensors are those that the model names: equal ones are one afterwards.
  pm.addNestedPass<func::FuncOp>(createDifferentiate());
  pm.addNestedPass<func::FuncOp>(createInferShapes());
  pm.addPass(createCanonicalizerPass());
}

void graphopt::buildGraphPipeline(OpPassManager &pm, const CpuModel &cpu,
                                  const GraphOptions &options) {
  buildModelPipeline(pm, options);
  if (!options.portable) {
    // While it is known what bytes stand for.
    pm.addNestedPass<func::FuncOp>(createPropagateQuantization());
    if (cpu.dotInt8 || cpu.dotInt16 || options.onGpu) {
      FuseQuantizedOptions fuse;
      fuse.bytes = cpu.dotInt8 || options.onGpu;
      fuse.pairs = cpu.dotInt16 || options.onGpu;
      pm.addNestedPass<func::FuncOp>(createFuseQuantized(fuse));
    }
    FuseLowBitWeightsOptions weights;
    weights.bfloat16 = !cpu.dotBFloat16 && !options.onGpu;
    pm.addNestedPass<func::FuncOp>(createFuseLowBitWeights(weights));
    pm.addNestedPass<func::FuncOp>(createDecomposeQuantization());
  }
  // While weights are where the model has them.
  pm.addNestedPass<func::FuncOp>(createFoldAffine());
  pm.addNestedPass<func::FuncOp>(createFoldPads());
  if (!options.portable) {
    // Kernels want neighbouring channels; transposes stay where images end.
    pm.addNestedPass<func::FuncOp>(createMoveChannelsLast());
    // While its weights are computed while compiling, too.
    pm.addNestedPass<func::FuncOp>(createSplitTransposedConvs());
  }
  // Exporters write the same subgraph (masks, positions) once a layer.
  pm.addPass(createCSEPass());
  // Once all that is constant is one subgraph: it is compiled for this machine.
  EvaluateConstantsOptions evaluate;
  evaluate.evaluateMs = options.evaluateMs;
  evaluate.keepHalves = options.portable;
  evaluate.report = true;
  pm.addPass(createEvaluateConstants(evaluate));
  // Scales and masks that were computed are constants only now. Each layer gets
  // its mask in the same form.
  pm.addNestedPass<func::FuncOp>(createFuseNormalization());
  pm.addNestedPass<func::FuncOp>(createFuseActivation());
  pm.addNestedPass<func::FuncOp>(createFuseAttention());
  pm.addPass(createCSEPass());
  // A constant may be a shape.
  pm.addNestedPass<func::FuncOp>(createInferShapes());
  pm.addPass(createCanonicalizerPass());
  if (options.listNodes)
    pm.addPass(createListNodes());
}

void graphopt::buildKernelPipeline(OpPassManager &pm, const CpuModel &cpu,
                                   const KernelOptions &options) {
  pm.addPass(createGraphToLinalg());
  buildTensorPipeline(pm, cpu, options);
}
