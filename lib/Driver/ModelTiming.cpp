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
                     const HostRunner &runner, const TimingOptions &options) {
  std::vector<std::string> files =
      chooseFiles(runner.getSamples().get(graph::Split::Evaluate),
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
