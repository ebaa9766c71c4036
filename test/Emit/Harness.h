// Models from MLIR on tensors or memrefs, down the rest of the road, and
// programs that use them.
#pragma once

#include "graphopt/Emit/Emit.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

/// A folder that goes with its object.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string operator/(const std::string &name) const {
    return path + "/" + name;
  }
  /// Names of what is in it, sorted, space-separated.
  std::string list() const;

  std::string path;
};

/// A module in the LLVM dialect, with its context.
class LoweredModule {
public:
  /// `source` may start with any name; `@main` and graph.model make it a model.
  explicit LoweredModule(const std::string &source);
  mlir::ModuleOp get() const { return *module; }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Options for the least x86-64 CPU, so that the tests' bytes don't depend on
/// the machine.
graphopt::LibraryOptions intoFolder(const TemporaryFolder &folder);

/// emitLibrary, expected to succeed.
std::vector<std::string> emit(const std::string &source,
                              const graphopt::LibraryOptions &options);

/// Exit code of a shell command, its output printed if it is not 0.
int shell(const std::string &command);

std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &text);

/// Compiles `program` (C99 without a warning) with the archives of `folder`,
/// runs it and returns its exit code; -1 if it does not compile.
int runC(const TemporaryFolder &folder, const std::string &program,
         const std::string &archives);
/// The same in C++17.
int runCpp(const TemporaryFolder &folder, const std::string &program,
           const std::string &archives);
