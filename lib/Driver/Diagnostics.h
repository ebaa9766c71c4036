#ifndef GRAPHOPT_LIB_DRIVER_DIAGNOSTICS_H
#define GRAPHOPT_LIB_DRIVER_DIAGNOSTICS_H

#include "graphopt/Driver/Compiler.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"

namespace graphopt {

/// Collects what the context's passes report while it lives: errors for
/// takeError(), the rest for the observer. MLIR's own printing is off.
class DiagnosticCollector {
public:
  DiagnosticCollector(mlir::MLIRContext &context, CompileObserver *observer);

  /// All errors so far with their notes, one a line; `fallback` if there are
  /// none, which would be our own mistake.
  llvm::Error takeError(llvm::StringRef fallback);

private:
  void collect(mlir::Diagnostic &diagnostic);

  CompileObserver *observer;
  std::string errors;
  mlir::ScopedDiagnosticHandler handler;
};

/// Runs passes on a module that is compiled on the way to another: remarks are of
/// the other's compilation only. An error begins with `what` failed.
llvm::Error runQuietly(mlir::PassManager &passes, mlir::ModuleOp module,
                       llvm::StringRef what);

} // namespace graphopt
#endif
