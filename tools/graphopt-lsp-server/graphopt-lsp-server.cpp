// MLIR's language server with our dialects, for editors.
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/LogicalResult.h"

void registerDialects(mlir::DialectRegistry &registry);

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  return llvm::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
