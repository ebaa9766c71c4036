//===- GraphPipeline.cpp - On the graph dialect, and out of it ------------===//

#include "graphopt/Conversion/Passes.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void graphopt::buildGraphPipeline(OpPassManager &pm, const CpuModel &cpu) {
  // Folds shape subgraphs: what the other passes know of sizes comes from here.
  pm.addNestedPass<func::FuncOp>(createInferShapes());
  pm.addPass(createCanonicalizerPass());
  // Kernels want neighbouring channels; transposes stay where images end.
  pm.addNestedPass<func::FuncOp>(createMoveChannelsLast());
  // Exporters write the same subgraph (masks, positions) once a layer.
  pm.addPass(createCSEPass());
}

void graphopt::buildKernelPipeline(OpPassManager &pm, const CpuModel &cpu) {
  pm.addPass(createGraphToLinalg());
  buildTensorPipeline(pm, cpu);
}
