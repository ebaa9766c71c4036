#ifndef GRAPHOPT_DRIVER_COLLECTSTATISTICS_H
#define GRAPHOPT_DRIVER_COLLECTSTATISTICS_H

#include "graphopt/Compress/Statistics.h"
#include "graphopt/Driver/Compiler.h"

namespace graphopt {

struct StatisticsOptions {
#define STATISTICS_OPTION(type, field, flag, initial, value, help)             \
  type field = initial;
#include "graphopt/Driver/Options.def"
};

/// Told of runs over samples, by the process that runs them, which may be a
/// child of this one.
class RunProgress {
public:
  virtual ~RunProgress() = default;
  virtual void show(llvm::StringRef task, size_t done, size_t total) = 0;
};

/// Compiles a copy of the model that gives the values asked for, runs it on all
/// samples in a child process and writes what was seen.
///
/// \param progress  may be null.
/// \returns the files written, or an error that names the file or value.
llvm::Expected<std::vector<std::string>>
collectStatistics(llvm::StringRef modelPath, const StatisticsOptions &options,
                  RunProgress *progress = nullptr);

} // namespace graphopt
#endif
