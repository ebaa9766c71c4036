//===- TaskMetric.h - How good a model is at its task ---------------------===//

#ifndef GRAPHOPT_COMPRESS_TASKMETRIC_H
#define GRAPHOPT_COMPRESS_TASKMETRIC_H

#include "graphopt/Compress/Metrics.h"
#include <string>

namespace graphopt {

/// A metric of one output against labels that samples have.
struct MetricOptions {
  enum Kind {
    Spearman, ///< rank correlation of a score with the labels
    Accuracy  ///< share of rows whose greatest element the label names
  };
  /// How an item of several rows, such as a sequence of tokens, becomes one.
  enum Pool { Mean, First };

  Kind kind = Spearman;
  Pool pool = Mean;
  std::string output; ///< name; empty: the model's first
};

llvm::StringRef metricName(MetricOptions::Kind kind);

/// What the model says and what is right, of all samples so far.
struct TaskScores {
  std::vector<double> predicted, labels;

  /// Adds a sample. For `spearman`, an item is what the first dimension counts. As
  /// many labels as items of one element: the elements are the scores. Half as many
  /// labels: the cosine of item i and item i + n is the score of pair i. For
  /// `accuracy`, a label a row; negative ones do not count.
  ///
  /// \param keep  flags of rows, as for compareRows().
  /// \returns an error if the numbers do not fit.
  llvm::Error add(const HostTensor &output, const HostTensor &labels,
                  llvm::ArrayRef<uint8_t> keep, const MetricOptions &options);
};

double measureTask(const TaskScores &scores, MetricOptions::Kind kind);

/// The metric of a model and how much it is better than the original's, both of the
/// same labels: in 95 of 100 drawings of the labels with replacement, always the
/// same, it is within the interval.
struct TaskComparison {
  Estimate value, difference;
};
TaskComparison compareTask(const TaskScores &scores, const TaskScores &original,
                           MetricOptions::Kind kind);

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_TASKMETRIC_H
