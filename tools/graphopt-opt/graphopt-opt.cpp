//===- graphopt-opt.cpp - Runs single passes and pipelines on MLIR --------===//
//
// An input that ends in .onnx or .onnxtxt is imported first.
//
//===----------------------------------------------------------------------===//

#include "graphopt/Codegen/CPU/Passes.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "graphopt/Conversion/Passes.h"
#include "graphopt/Driver/HostEvaluator.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

void registerDialects(mlir::DialectRegistry &registry);
void registerUpstreamPasses();
int runOnModel(llvm::StringRef inputPath, llvm::StringRef outputPath,
               mlir::DialectRegistry &registry);

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  graphopt::registerHostEvaluator(registry);
  registerUpstreamPasses();
  graphopt::registerGraphOptCodegenCPUPasses();
  graphopt::registerGraphOptCodegenGPUPasses();
  graphopt::registerGraphOptCodegenCommonPasses();
  graphopt::registerGraphOptConversionPasses();
  graphopt::registerGraphOptTransformsPasses();
  graphopt::registerPipelines();
  auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "graphopt pass driver\n", registry);
  llvm::StringRef path = input;
  if (path.ends_with(".onnx") || path.ends_with(".onnxtxt") || path.ends_with(".mlirbc"))
    return runOnModel(input, output, registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, input, output, registry));
}
