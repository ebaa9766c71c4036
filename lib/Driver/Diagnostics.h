#ifndef GRAPHOPT_LIB_DRIVER_DIAGNOSTICS_H
#define GRAPHOPT_LIB_DRIVER_DIAGNOSTICS_H

#include "graphopt/Driver/Compiler.h"
#include "mlir/IR/Diagnostics.h"

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

} // namespace graphopt
#endif
