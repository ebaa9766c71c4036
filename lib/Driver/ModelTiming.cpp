#include "ModelTiming.h"
#include "Timing.h"

using namespace graphopt;
namespace json = llvm::json;

/// Evenly spaced ones.
static std::vector<std::string> chooseFiles(llvm::ArrayRef<std::string> files,
                                            size_t most) {
  size_t count = std::min(files.size(), most);
  std::vector<std::string> chosen;
  for (size_t i = 0; i < count; ++i)
    chosen.push_back(files[(2 * i + 1) * files.size() / (2 * count)]);
  return chosen;
}

static llvm::Expected<std::vector<std::vector<double>>>
timeSample(llvm::ArrayRef<const CompiledCopy *> models, const std::string &file,
           llvm::StringRef mask, const TimingOptions &options) {
  std::vector<std::unique_ptr<Session>> owned;
  std::vector<Session *> sessions;
  for (const CompiledCopy *model : models) {
    auto sample = model->load(file, 0, mask);
    if (!sample)
      return sample.takeError();
    auto session =
        model->start(file, std::move(sample->inputs), int(options.threads));
    if (!session)
      return session.takeError();
    sessions.push_back(session->get());
    owned.push_back(std::move(*session));
  }
  auto runsMs = timeInTurn(sessions, options.rounds,
                           options.threads == 1 ? Clock::Cpu : Clock::Wall);
  if (!runsMs)
    return llvm::createFileError(file, runsMs.takeError());
  return runsMs;
}

llvm::Expected<std::vector<ModelTime>>
graphopt::timeModels(llvm::ArrayRef<const CompiledCopy *> models,
                     const HostRunner &runner, graph::Split split,
                     const TimingOptions &options) {
  std::vector<std::string> files = chooseFiles(runner.getSamples().get(split),
                                               size_t(options.samples));
  if (llvm::Error error = requireSamples(files, "measure times"))
    return error;
  auto measured = models.front()->runForJson([&]() -> llvm::Expected<json::Value> {
    std::vector<ModelTime> sums(models.size());
    for (auto [done, file] : llvm::enumerate(files)) {
      auto runsMs = timeSample(models, file, runner.getOptions().mask, options);
      if (!runsMs)
        return runsMs.takeError();
      for (auto [sum, runs] : llvm::zip_equal(sums, *runsMs)) {
        RunTimes times = summarizeRuns(runs);
        sum.min += times.min;
        sum.median += times.median;
      }
      runner.showProgress("times", done + 1, files.size());
    }
    json::Array rows;
    for (const ModelTime &sum : sums)
      rows.push_back(json::Array{sum.min / double(files.size()),
                                 sum.median / double(files.size())});
    return rows;
  });
  if (!measured)
    return measured.takeError();
  std::vector<ModelTime> times;
  for (const json::Value &row : *measured->getAsArray())
    times.push_back({*(*row.getAsArray())[0].getAsNumber(),
                     *(*row.getAsArray())[1].getAsNumber()});
  return times;
}

llvm::Expected<graph::RunTime>
HostRunner::timeChanged(mlir::ModuleOp module,
                        llvm::function_ref<void()> change) const {
  auto compile = [](mlir::ModuleOp module) {
    return CompiledCopy::compile(mlir::OwningOpRef<mlir::ModuleOp>(
        mlir::cast<mlir::ModuleOp>(module->clone())));
  };
  if (!compiledOriginal) {
    auto copy = compile(original);
    if (!copy)
      return copy.takeError();
    compiledOriginal = std::move(*copy);
  }
  TimingOptions timing = options.timing;
  timing.rounds = std::max<int64_t>(timing.rounds, 5);
  timing.samples = std::max<int64_t>(timing.samples, 1);
  auto result = compiledOriginal->runForJson([&]() -> llvm::Expected<json::Value> {
    change();
    auto copy = compile(module);
    if (!copy)
      return copy.takeError();
    auto times =
        timeModels({&*compiledOriginal, &*copy}, *this, graph::Split::Select, timing);
    if (!times)
      return times.takeError();
    double before = times->front().min, after = times->back().min;
    return json::Array{after, before > 0 ? after / before : 1};
  });
  if (!result)
    return result.takeError();
  const json::Array &numbers = *result->getAsArray();
  return graph::RunTime{*numbers[0].getAsNumber(), *numbers[1].getAsNumber()};
}
