#ifndef GRAPHOPT_LIB_DRIVER_STAGEDUMP_H
#define GRAPHOPT_LIB_DRIVER_STAGEDUMP_H

#include "Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <optional>

namespace graphopt {

/// Writes `<base>.mlir`, text without the weights, and `<base>.mlirbc`, bytecode
/// with them, from which readDump() goes on. Appends both paths to `files`.
llvm::Error writeDump(mlir::ModuleOp module, Stage stage, llvm::StringRef base,
                      std::vector<std::string> &files);

struct Dump {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  Stage stage; // that it was written after
};

/// Reads a dump, or MLIR text by hand with the module attribute graph.stage.
/// Returns no dump if the file's name and content are not MLIR's. The module
/// maps its weights from the file.
llvm::Expected<std::optional<Dump>> readDump(mlir::MLIRContext &context,
                                             llvm::StringRef path,
                                             DiagnosticCollector &diagnostics);

} // namespace graphopt
#endif
