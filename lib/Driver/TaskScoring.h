#ifndef GRAPHOPT_LIB_DRIVER_TASKSCORING_H
#define GRAPHOPT_LIB_DRIVER_TASKSCORING_H

#include "HostRunner.h"

namespace graphopt {

/// Adds what a run of the model on a sample says to `scores`.
///
/// \returns an error if the model has no output of the metric's name, or the sample
///          no labels that fit it.
llvm::Error addScores(const Library &library, llvm::ArrayRef<HostTensor> outputs,
                      const LoadedSample &sample, const MetricOptions &metric,
                      TaskScores &scores);

/// An array of numbers.
std::vector<double> readNumbers(const llvm::json::Value &array);

/// Of all samples to evaluate with, run in a child process.
llvm::Expected<TaskScores> scoreModel(const CompiledCopy &model,
                                      const HostRunner &runner,
                                      const MetricOptions &metric);

} // namespace graphopt
#endif
