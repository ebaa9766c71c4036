//===- QuantJudge.h - Which of two models of small numbers is better ------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_QUANTJUDGE_H
#define GRAPHOPT_LIB_TRANSFORMS_QUANTJUDGE_H

#include "dialects/Graph/ModelRunner.h"

namespace graphopt {

/// Judges by what the model is for: the user's labels as far as they can tell two
/// models apart, else the distributions of classes, if the model has outputs of
/// classes, else the power of the noise.
class QuantJudge {
public:
  QuantJudge(mlir::ModuleOp module, const graph::ModelRunner *runner);

  graph::OutputReading getReading() const {
    return {rows, /*byLabels=*/metric != nullptr};
  }
  bool isBetter(const graph::Nearness &near, const graph::Nearness &other) const;
  /// By the outputs alone: an order.
  static bool isNearer(const graph::Nearness &near, const graph::Nearness &other) {
    return near.divergence ? *near.divergence < *other.divergence
                           : near.sqnrDb > other.sqnrDb;
  }
  /// metric, classes or sqnr.
  llvm::StringRef getName() const;
  llvm::json::Object describe(const graph::Nearness &near) const;

private:
  llvm::SmallVector<RowKind> rows; ///< of outputs
  const MetricOptions *metric;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_QUANTJUDGE_H
