#include "graphopt/Driver/Report.h"
#include "llvm/Support/JSON.h"
#include <fmt/format.h>

using namespace graphopt;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// "4.09 G"
static std::string formatCount(double count) {
  static constexpr const char *units[] = {"", " k", " M", " G", " T", " P"};
  size_t unit = 0;
  while (count >= 1000 && unit + 1 < std::size(units)) {
    count /= 1000;
    ++unit;
  }
  int digits = unit == 0 ? 0 : count < 10 ? 2 : count < 100 ? 1 : 0;
  return fmt::format("{:.{}f}{}", count, digits, units[unit]);
}

static std::string formatMiB(double bytes) {
  return fmt::format("{:.2f} MiB", bytes / (1 << 20));
}

template <typename Format>
static std::string formatAmount(const Amount &amount, Format format) {
  if (amount.number)
    return format(double(*amount.number));
  return amount.formula.empty() ? "only the run knows" : amount.formula;
}

/// Columns of numbers; with open dimensions the formula of the MACs behind them.
static void printRows(llvm::raw_ostream &os, llvm::ArrayRef<CostReport> rows,
                      const Amount &totalMacs, bool areNodes) {
  size_t width = 8;
  for (const CostReport &row : rows)
    width = std::max(width, std::min<size_t>(row.name.size(), 48));
  os << fmt::format("  {:<{}} {:>6} {:>10} {:>10} {:>6} {:>12}\n", "", width, "ops",
                    "parameters", "MACs", "share", "results");
  for (const CostReport &row : rows) {
    auto number = [](const Amount &amount, auto format) {
      return amount.number ? format(double(*amount.number)) : std::string("*");
    };
    std::string share =
        totalMacs.order > 0
            ? fmt::format("{:.1f}%", 100 * row.macs.order / totalMacs.order)
            : "";
    os << fmt::format("  {:<{}} {:>6} {:>10} {:>10} {:>6} {:>12}", row.name, width,
                      row.nodes, formatCount(double(row.parameters)),
                      number(row.macs, formatCount), share,
                      number(row.bytes, formatMiB));
    if (areNodes)
      os << "  " << row.operators;
    if (!row.macs.number)
      os << "  * " << formatAmount(row.macs, formatCount);
    os << '\n';
  }
}

void ModelReport::print(llvm::raw_ostream &os) const {
  os << model << (opset ? fmt::format(", opset {}", opset) : "") << '\n';
  for (const PortReport &port : inputs)
    os << "  input " << port.name << ": " << port.type << '\n';
  for (const PortReport &port : outputs)
    os << "  output " << port.name << ": " << port.type << '\n';
  os << fmt::format("  parameters {} ({}), weights {}\n", total.parameters,
                    formatCount(double(total.parameters)), formatMiB(weightBytes));
  os << "  MACs " << formatAmount(total.macs, formatCount) << '\n';
  os << "  results " << formatAmount(total.bytes, formatMiB) << '\n';
  if (peakBytes)
    os << "  at one time " << formatMiB(*peakBytes) << " of values at least\n";
  else
    os << "  at one time: needs all sizes, give them by --shape\n";
  os << "\nBy operator:\n";
  printRows(os, operators, total.macs, /*areNodes=*/false);
  auto shown = llvm::ArrayRef(nodes).take_front(std::max(top, 0));
  if (shown.empty())
    return;
  os << fmt::format("\nBy node, {} of {}:\n", shown.size(), nodes.size());
  printRows(os, shown, total.macs, /*areNodes=*/true);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// A number, a formula as a string, or null.
static void writeAmount(llvm::json::OStream &json, llvm::StringRef name,
                        const Amount &amount) {
  if (amount.number)
    json.attribute(name, *amount.number);
  else if (amount.formula.empty())
    json.attribute(name, nullptr);
  else
    json.attribute(name, amount.formula);
}

static void writeCost(llvm::json::OStream &json, const CostReport &cost) {
  json.attribute("ops", cost.nodes);
  json.attribute("parameters", cost.parameters);
  writeAmount(json, "macs", cost.macs);
  writeAmount(json, "result_bytes", cost.bytes);
}

void ModelReport::printJson(llvm::raw_ostream &os) const {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  auto writePorts = [&](llvm::StringRef name, llvm::ArrayRef<PortReport> ports) {
    json.attributeArray(name, [&] {
      for (const PortReport &port : ports)
        json.object([&] {
          json.attribute("name", port.name);
          json.attribute("type", port.type);
        });
    });
  };
  auto writeRows = [&](llvm::StringRef name, llvm::ArrayRef<CostReport> rows) {
    json.attributeArray(name, [&] {
      for (const CostReport &row : rows)
        json.object([&] {
          json.attribute("name", row.name);
          json.attribute("operators", row.operators);
          writeCost(json, row);
        });
    });
  };
  json.object([&] {
    json.attribute("model", model);
    json.attribute("opset", opset);
    writePorts("inputs", inputs);
    writePorts("outputs", outputs);
    writeCost(json, total);
    json.attribute("weight_bytes", weightBytes);
    if (peakBytes)
      json.attribute("peak_bytes", *peakBytes);
    else
      json.attribute("peak_bytes", nullptr);
    writeRows("operators", operators);
    writeRows("nodes", nodes);
  });
  os << '\n';
}
