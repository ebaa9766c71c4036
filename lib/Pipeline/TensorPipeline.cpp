//===- TensorPipeline.cpp - linalg and kernel ops on tensors --------------===//

#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Pipeline/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void graphopt::buildTensorPipeline(OpPassManager &pm, const CpuModel &cpu,
                                   const KernelOptions &options) {
  // Sizes become functions of the inputs' sizes; equal ones become one value.
  pm.addPass(memref::createResolveShapedTypeResultDimsPass());
  // Conversion leaves constants and casts that fold.
  pm.addPass(createCanonicalizerPass());
  // Equal subexpressions have one buffer, equal bodies merge.
  pm.addPass(createCSEPass());
  // While transposes are ops of their own.
  pm.addNestedPass<func::FuncOp>(createFoldTransposes());
  // What makes a factor rounds it.
  if (options.onGpu) {
    RoundFactorsOptions round;
    round.precision = precisionName(options.precision).str();
    pm.addPass(createRoundFactors(round));
  }
  // Fewer passes over memory; consumers move next to kernels.
  pm.addNestedPass<func::FuncOp>(createFuseElementwise());
  // Merging leaves unused producers and double inputs.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Bias, activation, residual: computed while the sums are in registers.
  pm.addNestedPass<func::FuncOp>(createFuseEpilogues());
  // Fused kernels keep their epilogue.
  if (options.winograd && !options.onGpu) {
    SelectWinogradOptions winograd;
    winograd.cpu = cpu.name;
    pm.addPass(createSelectWinograd(winograd));
  }
  // After fusion: a weight that two kernels share is packed once.
  PackConstantsOptions pack;
  pack.cpu = cpu.name;
  pack.whole = options.onGpu;
  pm.addPass(createPackConstants(pack));
  // Sizes that only fused consumers needed.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}
