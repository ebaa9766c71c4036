#include "Diagnostics.h"
#include "llvm/ADT/TypeSwitch.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace mlir;

/// "node 'encoder/MatMul_3': " where the location is a node's name, as the
/// importer sets it; "model.mlir:3:5: " for text.
static std::string describe(Location loc) {
  return llvm::TypeSwitch<LocationAttr, std::string>(loc)
      .Case([](NameLoc name) {
        return fmt::format("node '{}': ", name.getName().str());
      })
      .Case([](FileLineColLoc file) {
        return fmt::format("{}:{}:{}: ", file.getFilename().str(),
                           file.getLine(), file.getColumn());
      })
      .Case([](CallSiteLoc call) { return describe(call.getCallee()); })
      .Case([](FusedLoc fused) {
        for (Location part : fused.getLocations())
          if (std::string text = describe(part); !text.empty())
            return text;
        return std::string();
      })
      .Default([](LocationAttr) { return std::string(); });
}

DiagnosticCollector::DiagnosticCollector(MLIRContext &context,
                                         CompileObserver *observer)
    : observer(observer), handler(&context, [this](Diagnostic &diagnostic) {
        collect(diagnostic);
        return success();
      }) {
  context.printOpOnDiagnostic(false);
}

void DiagnosticCollector::collect(Diagnostic &diagnostic) {
  std::string text = describe(diagnostic.getLocation()) + diagnostic.str();
  for (Diagnostic &note : diagnostic.getNotes())
    text += "\n  note: " + describe(note.getLocation()) + note.str();
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    errors += (errors.empty() ? "" : "\n") + text;
    return;
  case DiagnosticSeverity::Warning:
    if (observer)
      observer->warn(text);
    return;
  case DiagnosticSeverity::Note:
  case DiagnosticSeverity::Remark:
    if (observer)
      observer->remark(text);
    return;
  }
}

llvm::Error DiagnosticCollector::takeError(llvm::StringRef fallback) {
  std::string text = errors.empty() ? fallback.str() : std::move(errors);
  errors.clear();
  return llvm::createStringError(text);
}

llvm::Error graphopt::runQuietly(PassManager &passes, ModuleOp module,
                                 llvm::StringRef what) {
  std::string problems;
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
          problems += (problems.empty() ? "" : "; ") + diagnostic.str();
        return success();
      });
  if (succeeded(passes.run(module)))
    return llvm::Error::success();
  return llvm::createStringError(what + ": " + problems);
}
