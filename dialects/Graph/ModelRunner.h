//===- ModelRunner.h - Runs the whole model on data while compiling -------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_MODELRUNNER_H
#define GRAPHOPT_DIALECTS_GRAPH_MODELRUNNER_H

#include "dialects/Graph/Graph.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Compress/Statistics.h"
#include "graphopt/Compress/TaskMetric.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectInterface.h"
#include "llvm/Support/JSON.h"

namespace graphopt::graph {

/// A statistic that a pass asks for.
struct StatisticRequest {
  mlir::Value value; ///< of main
  unsigned kinds;    ///< of ValueStatistics
  int64_t channelAxis = -1;
  /// X'Y with this value, if any; the rows' cosines with it if `kinds` says so.
  mlir::Value crossWith = {};
};

/// The user's samples are in one of three parts, none of them in two.
enum class Split {
  Calibrate, ///< from which statistics and refits are made
  Select,    ///< on which alternatives are compared
  Evaluate   ///< for the report, used once
};

/// Other weights for a product with weights, and what to add to its result.
struct ProductWeights {
  size_t product; ///< number in the list that the trials were made for
  std::vector<float> weights, bias;
};

/// Another value for a constant, by its number in the list of the trials.
struct ConstantValue {
  size_t constant;
  std::vector<float> elements;
};

/// A change of the model.
struct Candidate {
  std::vector<ProductWeights> products = {};
  std::vector<size_t> bypasses = {}; ///< those that are taken, by number
  std::vector<ConstantValue> constants = {};
};

/// How near the outputs are to the original's, of the output that is the farthest.
struct Nearness {
  double sqnrDb = HUGE_VAL; ///< infinite if there is no difference
  /// Share of rows whose greatest element is the same: of outputs of classes, if
  /// the model has any.
  double top1 = 1;
  std::optional<double> divergence = {}; ///< mean of the rows of classes
  TaskScores scores = {};                ///< by the user's labels, if asked for
};

/// What outputs are compared by.
struct OutputReading {
  llvm::ArrayRef<RowKind> rows; ///< of each output
  bool byLabels;                ///< by the user's metric, too
};

/// A way around a part of the model: `from` is read where `to` was.
struct Bypass {
  mlir::Value from, to; ///< of one type
};

/// A copy of the model that takes the weights of some products at each run, some
/// constants, and which ways around to take.
class Trials {
public:
  virtual ~Trials() = default;

  /// How far the model's outputs are from the original's for each candidate: the
  /// mean of 1 - cosine over the rows of an output, in the mean of the outputs.
  /// What a candidate does not name stays as it was.
  virtual llvm::Expected<std::vector<double>>
  measure(llvm::ArrayRef<Candidate> candidates, Split split,
          llvm::StringRef task) = 0;

  /// The same by the powers of signal and noise, over all rows.
  virtual llvm::Expected<std::vector<Nearness>>
  measureNearness(llvm::ArrayRef<Candidate> candidates, Split split,
                  llvm::StringRef task, const OutputReading &reading) = 0;

  /// The metric of the user's labels for each candidate: more is better. An error
  /// if none was asked for.
  virtual llvm::Expected<std::vector<double>>
  measureTask(llvm::ArrayRef<Candidate> candidates, Split split,
              llvm::StringRef task) = 0;
};

/// What a run takes.
struct RunTime {
  double ms;
  double share; ///< of the time of the model before all steps
};

/// What compression passes ask to run the model on the user's data. Who has the
/// whole compiler and the data (lib/Driver) attaches one to the graph dialect.
class ModelRunner : public mlir::DialectInterface::Base<ModelRunner> {
public:
  explicit ModelRunner(mlir::Dialect *dialect) : Base(dialect) {}

  /// Statistics of values of `module`'s main on the samples to calibrate with, by
  /// the values' names.
  virtual llvm::Expected<Statistics>
  collect(mlir::ModuleOp module,
          llvm::ArrayRef<StatisticRequest> requests) const = 0;

  /// \param products   matmul, gemm or conv ops of main with constant f32 weights.
  /// \param constants  of main and type f32.
  virtual llvm::Expected<std::unique_ptr<Trials>>
  prepareTrials(mlir::ModuleOp module,
                llvm::ArrayRef<mlir::Operation *> products,
                llvm::ArrayRef<Bypass> bypasses = {},
                llvm::ArrayRef<mlir::Value> constants = {}) const = 0;

  /// Times `module` on samples to select with, compiled after `change` has changed
  /// it: in a child process, here it stays as it is.
  virtual llvm::Expected<RunTime>
  timeChanged(mlir::ModuleOp module, llvm::function_ref<void()> change) const = 0;

  /// Whether there are samples to select with, and the user's metric of their
  /// labels, or null.
  virtual bool canSelect() const = 0;
  virtual const MetricOptions *getMetric() const = 0;

  /// Takes what a pass did and why, for the report.
  virtual void report(llvm::StringRef pass, llvm::json::Object what) const = 0;
};

/// The runner that is attached to the context, or null.
const ModelRunner *findModelRunner(mlir::MLIRContext *context);

/// Statistics of `module`'s values from `file`, if one is given, or from a run.
///
/// \returns an error if the file is of another model or lacks what is asked for,
///          or if there is neither a file nor a runner.
llvm::Expected<Statistics>
findStatistics(mlir::ModuleOp module, const ValueNames &names,
               llvm::StringRef file,
               llvm::ArrayRef<StatisticRequest> requests);

} // namespace graphopt::graph

#endif
