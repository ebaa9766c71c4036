//===- Metrics.h - How near a compressed model is to the original ---------===//

#ifndef GRAPHOPT_COMPRESS_METRICS_H
#define GRAPHOPT_COMPRESS_METRICS_H

#include "graphopt/Support/HostTensor.h"
#include "llvm/Support/JSON.h"
#include <vector>

namespace graphopt {

/// One output of two models on one sample: the sums that the metrics are made of.
/// A row is a vector along the last dimension; rows of padding do not count.
struct OutputAgreement {
  double rows = 0;
  double cosine = 0;      ///< sum over the rows; of two zero rows it is 1
  double signal = 0;      ///< sum of squares of the original
  /// Sum of squared differences. Infinite if one is NaN or infinite where the
  /// other is not the same, or if they have other sizes.
  double noise = 0;
  double maxAbs = 0;      ///< largest difference
  double sameTop1 = 0;    ///< rows whose greatest element is the same
};

OutputAgreement compareRows(const HostTensor &value, const HostTensor &original,
                            llvm::ArrayRef<uint8_t> keep);

/// What a row of an output is.
enum class RowKind {
  Values,       ///< any numbers, as of an embedding
  Logits,       ///< of classes: what a softmax is made of
  Probabilities ///< of classes
};
inline bool isOfClasses(RowKind kind) { return kind != RowKind::Values; }

/// How far the distribution of classes in each row is from the original's, in the
/// sum of the rows (Kullback-Leibler divergence); infinite if a number is NaN.
double measureDivergence(const HostTensor &value, const HostTensor &original,
                         RowKind kind, llvm::ArrayRef<uint8_t> keep);

/// Of two vectors; 1 if both are zeros, 0 if one is.
double cosine(llvm::ArrayRef<double> x, llvm::ArrayRef<double> y);

/// A mean and the interval in which it lies in 95 of 100 drawings of the samples
/// with replacement (bootstrap, 1000 drawings, always the same).
struct Estimate {
  double mean = 0, low = 0, high = 0;

  llvm::json::Object toJson() const;
};

/// numerator / denominator, each summed over the samples drawn.
Estimate bootstrap(llvm::ArrayRef<double> numerators,
                   llvm::ArrayRef<double> denominators);

/// Spearman's correlation: that of the ranks, equal values sharing a mean rank.
double spearman(llvm::ArrayRef<double> x, llvm::ArrayRef<double> y);

/// Agreement of an output, or of any value, over samples.
struct OutputMetrics {
  Estimate cosine, top1;
  /// 10 log10(signal / noise): infinity if they are equal, -infinity if the noise
  /// is infinite.
  double sqnrDb = 0;
  double maxAbs = 0; ///< largest difference
  /// Of the cosines between all pairs of rows (of the first 400), after and
  /// before: what search and clustering see.
  double spearman = 0;
  int64_t samples = 0, rows = 0;

  /// Infinities are null; `sqnr_db` with a null `max_abs` is -infinity.
  llvm::json::Object toJson() const;
  /// Reads what toJson() wrote.
  static OutputMetrics fromJson(const llvm::json::Object &object);
};

/// All but the Spearman correlation, from the agreement on each sample.
OutputMetrics summarizeSamples(llvm::ArrayRef<OutputAgreement> samples);

/// \param values     the output on each sample; `originals` in the same order.
/// \param keep       flags a sample, as for compareRows().
OutputMetrics measureOutput(llvm::ArrayRef<const HostTensor *> values,
                            llvm::ArrayRef<const HostTensor *> originals,
                            llvm::ArrayRef<std::vector<uint8_t>> keep);

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_METRICS_H
