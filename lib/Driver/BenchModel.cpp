#include "Timing.h"
#include "graphopt/Driver/Bench.h"
#include "graphopt/Driver/Run.h"
#include "llvm/Support/JSON.h"
#include <fmt/format.h>
#include <sys/resource.h>

using namespace graphopt;
/// The most memory that this process ever held, in bytes.
static int64_t peakRssBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return usage.ru_maxrss * 1024;
#endif
}

/// Runs until the time is over and `minRuns` are done.
static llvm::Error measure(Session &session, Profiler *profiler,
                           double budgetMs, size_t minRuns,
                           std::vector<double> &runsMs) {
  double start = readClockMs(Clock::Wall);
  do {
    double runStart = readClockMs(Clock::Wall);
    if (llvm::Error error = session.run(profiler))
      return error;
    runsMs.push_back(readClockMs(Clock::Wall) - runStart);
  } while (runsMs.size() < minRuns ||
           readClockMs(Clock::Wall) - start < budgetMs);
  return llvm::Error::success();
}

llvm::Expected<BenchReport> graphopt::benchModel(llvm::StringRef path,
                                                 const BenchOptions &options) {
  BenchReport report;
  report.baseRssBytes = peakRssBytes();
  auto library = Library::load(path);
  if (!library)
    return library.takeError();
  auto inputs = options.inputs.empty()
                    ? makeRandomInputs(**library, options.dims)
                    : readTensors(options.inputs, "input");
  if (!inputs)
    return inputs.takeError();
  auto session =
      Session::create(**library, std::move(*inputs), options.threads);
  if (!session)
    return session.takeError();

  auto profiler = createProfiler(**library, options);
  if (!profiler)
    return profiler.takeError();

  std::vector<double> warmUp;
  if (llvm::Error error =
          measure(**session, nullptr, options.budgetMs / 10, 1, warmUp))
    return error;
  if (llvm::Error error = measure(**session, profiler->get(), options.budgetMs,
                                  3, report.runsMs))
    return error;
  if (options.perNode)
    report.profile = (*profiler)->summarize();
  if (!options.traceFile.empty())
    if (llvm::Error error = (*profiler)->writeTrace(options.traceFile))
      return error;

  RunTimes times = summarizeRuns(report.runsMs);
  report.model = (*library)->name().str();
  report.threads = options.threads;
  report.minMs = times.min;
  report.firstQuartileMs = times.firstQuartile;
  report.medianMs = times.median;
  report.thirdQuartileMs = times.thirdQuartile;
  report.workspaceBytes = (*session)->workspaceBytes();
  report.weightsBytes = (*library)->model().weights_bytes;
  report.peakRssBytes = peakRssBytes();
  return report;
}

void BenchReport::print(llvm::raw_ostream &os) const {
  auto mib = [](int64_t bytes) { return double(bytes) / (1 << 20); };
  os << fmt::format("{}, {} thread{}, {} runs\n", model, threads,
                    threads == 1 ? "" : "s", runsMs.size());
  os << fmt::format("  median {:.3f} ms, min {:.3f} ms, quartiles {:.3f} .. "
                    "{:.3f} ms\n",
                    medianMs, minMs, firstQuartileMs, thirdQuartileMs);
  os << fmt::format("  workspace {:.2f} MiB, weights {:.2f} MiB\n",
                    mib(workspaceBytes), mib(weightsBytes));
  os << fmt::format("  peak memory {:.1f} MiB, {:.1f} MiB of it before the "
                    "model was loaded\n",
                    mib(peakRssBytes), mib(baseRssBytes));
  if (profile)
    profile->print(os);
}

void BenchReport::printJson(llvm::raw_ostream &os) const {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("model", model);
    json.attribute("threads", threads);
    json.attribute("median_ms", medianMs);
    json.attribute("min_ms", minMs);
    json.attribute("first_quartile_ms", firstQuartileMs);
    json.attribute("third_quartile_ms", thirdQuartileMs);
    json.attribute("workspace_bytes", workspaceBytes);
    json.attribute("weights_bytes", weightsBytes);
    json.attribute("peak_rss_bytes", peakRssBytes);
    json.attribute("base_rss_bytes", baseRssBytes);
    json.attributeArray("runs_ms", [&] {
      for (double ms : runsMs)
        json.value(ms);
    });
    if (profile) {
      json.attributeBegin("profile");
      profile->printJson(json);
      json.attributeEnd();
    }
  });
  os << '\n';
}
