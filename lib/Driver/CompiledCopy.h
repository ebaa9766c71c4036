//===- CompiledCopy.h - A model compiled to be run on samples -------------===//

#ifndef GRAPHOPT_LIB_DRIVER_COMPILEDCOPY_H
#define GRAPHOPT_LIB_DRIVER_COMPILEDCOPY_H

#include "Samples.h"
#include "graphopt/Driver/Library.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/JSON.h"

namespace graphopt {

/// A folder that lives as long as this.
class ScratchFolder {
public:
  static llvm::Expected<std::unique_ptr<ScratchFolder>> create();
  ~ScratchFolder();

  std::string file(llvm::StringRef name) const;
  llvm::StringRef name() const { return path; }

private:
  llvm::SmallString<128> path;
};

/// Flags of rows, 0 for those of padding.
using RowFlags = std::vector<uint8_t>;

/// A sample, its inputs named as the model's.
struct LoadedSample {
  std::vector<HostTensor> inputs;
  RowFlags mask; ///< one flag an element of the mask; empty without a mask
  std::optional<HostTensor> labels; ///< what is right, for a metric
};

/// A copy of the model, compiled for this machine and loaded. What its runs find
/// out is left in its folder.
struct CompiledCopy {
  std::shared_ptr<ScratchFolder> folder;
  std::unique_ptr<Library> library;
  int64_t libraryBytes = 0;

  /// \param module  of the graph dialect; used up.
  static llvm::Expected<CompiledCopy>
  compile(mlir::OwningOpRef<mlir::ModuleOp> module);

  /// The same code and weights once more, elsewhere in memory.
  llvm::Expected<CompiledCopy> loadAgain() const;

  /// Runs `body` in a child process with limits, whose error it returns.
  llvm::Error runIsolated(llvm::function_ref<llvm::Error()> body) const;
  /// The same of what has a result.
  llvm::Expected<llvm::json::Value>
  runForJson(llvm::function_ref<llvm::Expected<llvm::json::Value>()> body) const;

  /// \param more  how many of the last inputs are not the sample's.
  /// \param mask  the input that tells padding; empty: attention_mask, if any.
  llvm::Expected<LoadedSample> load(const std::string &file, size_t more,
                                    llvm::StringRef mask) const;

  llvm::Expected<std::unique_ptr<Session>>
  start(const std::string &file, std::vector<HostTensor> inputs,
        int threads) const;
};

llvm::Expected<std::vector<HostTensor>>
cloneAll(llvm::ArrayRef<HostTensor> tensors);

/// An error if there are none.
llvm::Error requireSamples(llvm::ArrayRef<std::string> files,
                           llvm::StringRef purpose);

} // namespace graphopt
#endif
