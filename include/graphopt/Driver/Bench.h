#ifndef GRAPHOPT_DRIVER_BENCH_H
#define GRAPHOPT_DRIVER_BENCH_H

#include "graphopt/Driver/Profile.h"
#include "llvm/Support/raw_ostream.h"

namespace graphopt {

struct BenchOptions {
#define BENCH_OPTION(type, field, flag, initial, value, help)                  \
  type field = initial;
#include "graphopt/Driver/Options.def"
};

struct BenchReport {
  std::string model;
  int threads = 1;
  std::vector<double> runsMs; // in the order they ran, without the warm-up
  double minMs = 0, firstQuartileMs = 0, medianMs = 0, thirdQuartileMs = 0;
  int64_t workspaceBytes = 0, weightsBytes = 0;
  // Of the whole process; the base is its memory before the model was loaded.
  int64_t peakRssBytes = 0, baseRssBytes = 0;
  std::optional<Profile> profile; // if asked for

  void print(llvm::raw_ostream &os) const;
  void printJson(llvm::raw_ostream &os) const;
};

/// Runs a compiled model for a while and tells how long a run takes. A tenth of
/// the time goes into warming up; at least three runs are measured. A trace is
/// written if asked for.
///
/// \param path  the folder that `compile` wrote, or the library in it.
llvm::Expected<BenchReport> benchModel(llvm::StringRef path,
                                       const BenchOptions &options);

/// One tensor for each input of the model, the same on every call: uniform in
/// [-1, 1) for floats, any value for 8-bit integers, 0 or 1 for wider ones, as
/// they are mostly masks and indices.
///
/// \param dims  NAME=SIZE for each open dimension.
llvm::Expected<std::vector<HostTensor>>
makeRandomInputs(const Library &library, llvm::ArrayRef<std::string> dims);

} // namespace graphopt
#endif
