#ifndef GRAPHOPT_LIB_DRIVER_HOSTRUNNER_H
#define GRAPHOPT_LIB_DRIVER_HOSTRUNNER_H

#include "CompiledCopy.h"
#include "Samples.h"
#include "graphopt/Compress/Recipe.h"
#include "graphopt/Driver/CollectStatistics.h"
#include "mlir/IR/OwningOpRef.h"

namespace graphopt {

struct HostRunnerOptions {
  std::string mask; ///< input that tells padding; empty: attention_mask, if any
  int threads = 1;  ///< of each run
  int jobs = 1;     ///< runs at the same time, where they are many; 0: one a CPU
  std::optional<MetricOptions> metric = {}; ///< if samples have labels
  TimingOptions timing = {};
};

/// Compiles copies of a model for this machine and runs them on samples, in child
/// processes: a run that traps is an error.
class HostRunner : public graph::ModelRunner {
public:
  HostRunner(mlir::Dialect *dialect, Samples samples, HostRunnerOptions options,
             RunProgress *progress)
      : ModelRunner(dialect), samples(std::move(samples)),
        options(std::move(options)), progress(progress) {}

  llvm::Expected<Statistics>
  collect(mlir::ModuleOp module,
          llvm::ArrayRef<graph::StatisticRequest> requests) const override;
  llvm::Expected<std::unique_ptr<graph::Trials>>
  prepareTrials(mlir::ModuleOp module,
                llvm::ArrayRef<mlir::Operation *> products,
                llvm::ArrayRef<graph::Bypass> bypasses,
                llvm::ArrayRef<mlir::Value> constants) const override;
  llvm::Expected<graph::RunTime>
  timeChanged(mlir::ModuleOp module,
              llvm::function_ref<void()> change) const override;
  bool canSelect() const override {
    return !samples.get(graph::Split::Select).empty();
  }
  const MetricOptions *getMetric() const override {
    return options.metric ? &*options.metric : nullptr;
  }
  void report(llvm::StringRef pass, llvm::json::Object what) const override;

  /// What times are shares of; it must live as long as passes run.
  void setOriginal(mlir::ModuleOp module) {
    original = module;
    compiledOriginal.reset();
  }

  /// How near the outputs of `changed` are to those of `original`, on the samples
  /// to evaluate with: a JSON object an output.
  llvm::Expected<llvm::json::Object> compare(const CompiledCopy &original,
                                             const CompiledCopy &changed) const;

  const Samples &getSamples() const { return samples; }
  const HostRunnerOptions &getOptions() const { return options; }
  void showProgress(llvm::StringRef task, size_t done, size_t total) const {
    if (progress)
      progress->show(task, done, total);
  }
  /// What passes reported, in order.
  llvm::json::Array takeReports() const { return std::move(reports); }

private:
  friend class HostTrials;

  Samples samples;
  HostRunnerOptions options;
  RunProgress *progress;
  mlir::ModuleOp original;
  mutable std::optional<CompiledCopy> compiledOriginal; ///< when it was needed
  mutable llvm::json::Array reports;
};

} // namespace graphopt
#endif
