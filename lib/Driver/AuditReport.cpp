#include "graphopt/Driver/Audit.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <fmt/format.h>

using namespace graphopt;
namespace json = llvm::json;

llvm::StringRef graphopt::verdictName(Verdict verdict) {
  switch (verdict) {
  case Verdict::Pass:
    return "pass";
  case Verdict::Expected:
    return "expected";
  case Verdict::Warn:
    return "warn";
  case Verdict::Fail:
    return "fail";
  }
}

Verdict AuditReport::verdict() const {
  Verdict worst = Verdict::Pass;
  for (const OutputAudit &output : outputs)
    worst = std::max(worst, output.verdict);
  return worst;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string formatDb(double db) {
  return std::isinf(db) ? (db > 0 ? "equal" : "-inf") : fmt::format("{:.1f}", db);
}

template <typename Rows>
static size_t widthOf(const Rows &rows, llvm::StringRef title) {
  size_t width = title.size();
  for (const auto &row : rows)
    width = std::max(width, row.name.size());
  return std::min<size_t>(width, 56);
}

static void printOutputs(llvm::raw_ostream &os, const AuditReport &report) {
  size_t width = widthOf(report.outputs, "output");
  os << fmt::format("{:<{}} {:>8} {:>8} {:>8} {:>8} {:>10}  {}\n", "output", width,
                    "rows", "SQNR dB", "cosine", "top-1", "max error", "verdict");
  for (const OutputAudit &output : report.outputs) {
    const OutputMetrics &metrics = output.metrics;
    os << fmt::format("{:<{}} {:>8} {:>8} {:>8.5f} {:>8.4f} {:>10.2e}  {}\n",
                      output.name, width, metrics.rows, formatDb(metrics.sqnrDb),
                      metrics.cosine.mean, metrics.top1.mean, metrics.maxAbs,
                      verdictName(output.verdict).str());
  }
}

static void printLayers(llvm::raw_ostream &os, const AuditReport &report) {
  auto shown = llvm::ArrayRef(report.layers).take_front(std::max(report.top, 0));
  size_t width = widthOf(shown, "layer, worst first");
  os << fmt::format("\n{:<{}} {:>8} {:>10} {:>8} {:>10}\n", "layer, worst first",
                    width, "alone dB", "in all dB", "cosine", "max error");
  for (const LayerAudit &layer : shown)
    os << fmt::format("{:<{}} {:>8} {:>10} {:>8.5f} {:>10.2e}{}\n", layer.name,
                      width, formatDb(layer.isolated.sqnrDb),
                      formatDb(layer.cumulative.sqnrDb),
                      layer.cumulative.cosine.mean, layer.cumulative.maxAbs,
                      layer.isolated.sqnrDb < report.sensitiveDb ? "  sensitive"
                                                                 : "");
  os << fmt::format("{} of {} layers; {} not compared\n", shown.size(),
                    report.layers.size(), report.others.size());
  for (const auto &[name, reason] : report.others)
    os << fmt::format("  {}: {}\n", name, reason);
}

void AuditReport::print(llvm::raw_ostream &os) const {
  printOutputs(os, *this);
  if (hasLayers)
    printLayers(os, *this);
  os << fmt::format("\nverdict: {}", verdictName(verdict()).str());
  if (verdict() >= Verdict::Warn && !layers.empty())
    os << fmt::format("; the worst layer by itself is {} ({}), {} dB",
                      layers.front().name, layers.front().op,
                      formatDb(layers.front().isolated.sqnrDb));
  os << '\n';
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

json::Object AuditReport::toJson() const {
  json::Array outputList, layerList, otherList;
  for (const OutputAudit &output : outputs) {
    json::Object object = output.metrics.toJson();
    object["name"] = output.name;
    object["verdict"] = verdictName(output.verdict);
    outputList.push_back(std::move(object));
  }
  for (const LayerAudit &layer : layers)
    layerList.push_back(
        json::Object{{"name", layer.name},
                     {"operator", layer.op},
                     {"sensitive", layer.isolated.sqnrDb < sensitiveDb},
                     {"isolated", layer.isolated.toJson()},
                     {"cumulative", layer.cumulative.toJson()}});
  for (const auto &[name, reason] : others)
    otherList.push_back(json::Object{{"name", name}, {"reason", reason}});
  json::Object root{{"graphopt_audit", 1},
                    {"first", first},
                    {"second", second},
                    {"verdict", verdictName(verdict())},
                    {"outputs", std::move(outputList)}};
  if (hasLayers) {
    root["layers"] = std::move(layerList);
    root["not_compared"] = std::move(otherList);
  }
  return root;
}

void AuditReport::printJson(llvm::raw_ostream &os) const {
  os << llvm::formatv("{0:1}\n", json::Value(toJson()));
}
