#ifndef GRAPHOPT_DRIVER_RUN_H
#define GRAPHOPT_DRIVER_RUN_H

#include "graphopt/Driver/Compare.h"
#include "graphopt/Driver/Profile.h"
#include "llvm/Support/raw_ostream.h"

namespace graphopt {

struct RunOptions {
#define RUN_OPTION(type, field, flag, initial, value, help)                    \
  type field = initial;
#include "graphopt/Driver/Options.def"
};

struct OutputReport {
  std::string name, type; // "logits", "float 1x96x35"
  Summary summary;
  std::optional<Comparison> comparison;
};

struct RunReport {
  std::vector<OutputReport> outputs;
  std::optional<Profile> profile; // if asked for

  /// False if any output differs from its reference.
  bool passed() const;
  void print(llvm::raw_ostream &os) const;
};

/// Reads tensors from an .npz, .npy or .pb file, or the .pb files of a folder
/// whose names begin with `prefix` ("input", "output").
llvm::Expected<std::vector<HostTensor>>
readTensors(llvm::ArrayRef<std::string> files, llvm::StringRef prefix);

/// Runs a compiled model once and compares its outputs with the references, if
/// there are any. A difference is no error; see RunReport::passed().
///
/// \param path  the folder that `compile` wrote, or the library in it.
llvm::Expected<RunReport> runModel(llvm::StringRef path,
                                   const RunOptions &options);

} // namespace graphopt
#endif
