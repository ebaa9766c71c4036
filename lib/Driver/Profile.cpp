#include "graphopt/Driver/Profile.h"
#include "llvm/ADT/STLExtras.h"
#include <fmt/format.h>

using namespace graphopt;

/// Of sorted values.
static double median(const std::vector<double> &values) {
  size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle]
                           : (values[middle - 1] + values[middle]) / 2;
}

Profile Profiler::summarize() const {
  Profile profile;
  if (runs.empty())
    return profile;
  auto sortedMs = [&](auto &&nsOf) {
    std::vector<double> values;
    for (const Run &run : runs)
      values.push_back(double(nsOf(run)) / 1e6);
    llvm::sort(values);
    return values;
  };
  if (!library.model().device_open)
    profile.peakGflops = measurePeakGflops() * threads;
  auto rest = sortedMs([](const Run &run) {
    int64_t rest = run.ns;
    for (const Counter &counter : run.counters)
      rest -= counter.ns;
    return rest;
  });
  profile.unattributedMs = profile.runMs = rest.front();
  for (size_t i = 0; i < calls().size(); ++i) {
    const graphopt_call &call = calls()[i];
    std::vector<std::string> nodes(call.nodes, call.nodes + call.node_count);
    if (call.function[0] == '\0')
      profile.unattributedNodes = std::move(nodes);
    if (!runs.back().counters[i].calls)
      continue;
    const Counter &last = runs.back().counters[i]; // all runs do the same
    CallProfile &row = profile.calls.emplace_back();
    row.function = call.function;
    row.nodes = std::move(nodes);
    row.calls = last.calls;
    row.operations = last.operations;
    row.bytes = last.bytes;
    auto times = sortedMs([&](const Run &run) { return run.counters[i].ns; });
    row.ms = times.front();
    row.medianMs = median(times);
    profile.runMs += row.ms;
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
  os << fmt::format("  {:>9.4f} {:>5.1f} {:>40}  {:<24} {}\n", unattributedMs,
                    share(unattributedMs), "", "between calls",
                    describeNodes(unattributedNodes));
  if (peakGflops > 0)
    os << fmt::format("  peak {:.1f} GFLOP/s of f32 multiply-adds, measured\n",
                      peakGflops);
}

static void printJson(llvm::json::OStream &json, llvm::StringRef key,
                      llvm::ArrayRef<std::string> nodes) {
  json.attributeArray(key, [&] {
    for (const std::string &node : nodes)
      json.value(node);
  });
}

void Profile::printJson(llvm::json::OStream &json) const {
  json.object([&] {
    json.attribute("run_ms", runMs);
    json.attribute("unattributed_ms", unattributedMs);
    ::printJson(json, "unattributed_nodes", unattributedNodes);
    json.attribute("peak_gflops", peakGflops);
    json.attributeArray("calls", [&] {
      for (const CallProfile &call : calls)
        json.object([&] {
          json.attribute("function", call.function);
          ::printJson(json, "nodes", call.nodes);
          json.attribute("calls", call.calls);
          json.attribute("ms", call.ms);
          json.attribute("median_ms", call.medianMs);
          json.attribute("operations", call.operations);
          json.attribute("bytes", call.bytes);
          json.attribute("gflops", gigaPerSecond(call.operations, call.ms));
          json.attribute("gigabytes_per_second",
                         gigaPerSecond(call.bytes, call.ms));
        });
    });
  });
}
