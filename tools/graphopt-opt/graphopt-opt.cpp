//===- graphopt-opt.cpp - The pass driver ---------------------------------===//

#include "dialects/Kernel/Kernel.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<graphopt::kernel::KernelDialect>();
  graphopt::kernel::registerBufferizationModels(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "graphopt pass driver\n", registry));
}
