//===- graphopt-opt.cpp - Runs single passes and pipelines on MLIR --------===//

#include "graphopt/Codegen/CPU/Passes.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Conversion/Passes.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

void registerDialects(mlir::DialectRegistry &registry);
void registerUpstreamPasses();

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  registerUpstreamPasses();
  graphopt::registerGraphOptCodegenCPUPasses();
  graphopt::registerGraphOptCodegenCommonPasses();
  graphopt::registerGraphOptConversionPasses();
  graphopt::registerGraphOptTransformsPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "graphopt pass driver\n", registry));
}
