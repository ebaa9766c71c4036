#include "dialects/Graph/Graph.h"
#include "dialects/Kernel/Kernel.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

void registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<graphopt::graph::GraphDialect,
                  graphopt::kernel::KernelDialect>();
  graphopt::kernel::registerBufferizationModels(registry);
}
