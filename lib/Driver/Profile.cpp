#include "graphopt/Driver/Profile.h"
#include "llvm/ADT/STLExtras.h"
#include <fmt/format.h>

using namespace graphopt;

static double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  llvm::sort(values);
  size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle]
                           : (values[middle - 1] + values[middle]) / 2;
}

Profile Profiler::summarize() const {
  auto medianMs = [&](auto &&nsOf) {
    std::vector<double> values;
    for (const Run &run : runs)
      values.push_back(double(nsOf(run)) / 1e6);
    return median(std::move(values));
  };
  Profile profile;
  profile.peakGflops = measurePeakGflops() * threads;
  profile.runMs = medianMs([](const Run &run) { return run.ns; });
  profile.unattributedMs = medianMs([](const Run &run) {
    int64_t rest = run.ns;
    for (const Counter &counter : run.counters)
      rest -= counter.ns;
    return rest;
  });
  for (size_t i = 0; i < calls().size(); ++i) {
    const graphopt_call &call = calls()[i];
    if (runs.empty() || !runs.back().counters[i].calls)
      continue;
    const Counter &last = runs.back().counters[i]; // all runs do the same
    CallProfile &row = profile.calls.emplace_back();
    row.function = call.function;
    row.nodes.assign(call.nodes, call.nodes + call.node_count);
    row.calls = last.calls;
    row.operations = last.operations;
    row.bytes = last.bytes;
    row.ms = medianMs([&](const Run &run) { return run.counters[i].ns; });
  }
  llvm::sort(profile.calls, [](auto &a, auto &b) { return a.ms > b.ms; });
  return profile;
}

/// Per second, in units of 1e9; 0 for what takes no time.
static double gigaPerSecond(int64_t count, double ms) {
  return ms > 0 ? double(count) / (ms * 1e6) : 0;
}

static std::string describeNodes(llvm::ArrayRef<std::string> nodes) {
  constexpr size_t kMost = 3;
  std::string text = llvm::join(nodes.take_front(kMost), ", ");
  if (nodes.size() > kMost)
    text += fmt::format(", and {} more", nodes.size() - kMost);
  return text;
}

void Profile::print(llvm::raw_ostream &os) const {
  auto share = [&](double ms) { return runMs > 0 ? 100 * ms / runMs : 0; };
  os << fmt::format(
      "  {:>9} {:>5} {:>6} {:>8} {:>6} {:>8} {:>7}  {:<24} nodes\n", "ms", "%",
      "calls", "GFLOP/s", "% peak", "MB", "GB/s", "function");
  auto printRow = [&](double ms, int64_t calls, int64_t operations,
                      int64_t bytes, llvm::StringRef function,
                      const std::string &nodes) {
    double gflops = gigaPerSecond(operations, ms);
    os << fmt::format(
        "  {:>9.4f} {:>5.1f} {:>6} {:>8.1f} {:>6.1f} {:>8.2f} {:>7.1f}  "
        "{:<24} {}\n",
        ms, share(ms), calls, gflops,
        peakGflops > 0 ? 100 * gflops / peakGflops : 0, double(bytes) / 1e6,
        gigaPerSecond(bytes, ms), function.str(), nodes);
  };
  CallProfile all;
  for (const CallProfile &call : calls) {
    printRow(call.ms, call.calls, call.operations, call.bytes, call.function,
             describeNodes(call.nodes));
    all.calls += call.calls;
    all.operations += call.operations;
    all.bytes += call.bytes;
  }
  printRow(runMs, all.calls, all.operations, all.bytes, "total", "");
  os << fmt::format("  {:>9.4f} {:>5.1f}  between calls\n", unattributedMs,
                    share(unattributedMs));
  os << fmt::format("  peak {:.1f} GFLOP/s of f32 multiply-adds, measured\n",
                    peakGflops);
}

void Profile::printJson(llvm::json::OStream &json) const {
  json.object([&] {
    json.attribute("run_ms", runMs);
    json.attribute("unattributed_ms", unattributedMs);
    json.attribute("peak_gflops", peakGflops);
    json.attributeArray("calls", [&] {
      for (const CallProfile &call : calls)
        json.object([&] {
          json.attribute("function", call.function);
          json.attributeArray("nodes", [&] {
            for (const std::string &node : call.nodes)
              json.value(node);
          });
          json.attribute("calls", call.calls);
          json.attribute("ms", call.ms);
          json.attribute("operations", call.operations);
          json.attribute("bytes", call.bytes);
          json.attribute("gflops", gigaPerSecond(call.operations, call.ms));
          json.attribute("gigabytes_per_second",
                         gigaPerSecond(call.bytes, call.ms));
        });
    });
  });
}
