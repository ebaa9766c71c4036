#ifndef GRAPHOPT_LIB_DRIVER_MODELTIMING_H
#define GRAPHOPT_LIB_DRIVER_MODELTIMING_H

#include "HostRunner.h"

namespace graphopt {

/// Of a run, in milliseconds: least and median of all rounds, each the mean of the
/// samples.
struct ModelTime {
  double min = 0, median = 0;
};

/// Times models of one interface against each other, in a child process, on a few of
/// the samples: CPU time, so that others on the machine do not
/// count; the time on the clock with several threads, which may wait for each other.
llvm::Expected<std::vector<ModelTime>>
timeModels(llvm::ArrayRef<const CompiledCopy *> models, const HostRunner &runner,
           graph::Split split, const TimingOptions &options);

} // namespace graphopt
#endif
