//===- Statistics.cpp - Statistics as a file ------------------------------===//

#include "graphopt/Compress/Statistics.h"
#include "graphopt/Support/Npz.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>

using namespace graphopt;
using llvm::StringRef;
namespace json = llvm::json;

static constexpr int formatVersion = 1;

llvm::Expected<const ValueStatistics *> Statistics::find(StringRef value,
                                                         unsigned kinds) const {
  auto found = values.find(value.str());
  if (found == values.end())
    return llvm::createStringError("there are no statistics of '" + value + "'");
  if ((found->second.kinds & kinds) != kinds)
    return llvm::createStringError("the statistics of '" + value +
                                   "' lack what is asked for");
  return &found->second;
}

//===----------------------------------------------------------------------===//
// Arrays of a value: their names, and where they are
//===----------------------------------------------------------------------===//

/// Calls `visit(name, vector, dims)` for each array that `value` has.
template <typename Value, typename Visit>
static void forEachArray(Value &value, Visit &&visit) {
  int64_t channels = value.channels;
  if (value.kinds & ValueStatistics::Summary)
    visit("histogram", value.histogram.bins, {int64_t(Histogram::binCount)});
  if (value.kinds & (ValueStatistics::Channels | ValueStatistics::Gram)) {
    visit("channel_sum", value.channelSum, {channels});
    visit("channel_squares", value.channelSquares, {channels});
    visit("channel_min", value.channelMin, {channels});
    visit("channel_max", value.channelMax, {channels});
  }
  if (value.kinds & ValueStatistics::Gram)
    visit("gram", value.gram, {channels, channels});
  for (auto &[name, product] : value.cross) {
    int64_t columns = channels > 0 ? int64_t(product.size()) / channels : 0;
    visit("cross/" + name, product, {channels, columns});
  }
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static json::Object toJson(const ValueStatistics &value) {
  json::Object object{{"kinds", int64_t(value.kinds)}};
  if (value.kinds & ValueStatistics::Summary) {
    object["count"] = value.count;
    object["non_finite"] = value.nonFinite;
    object["sum"] = value.sum;
    object["mean"] = value.mean();
    object["min"] = value.min;
    object["max"] = value.max;
    object["histogram_limit"] = value.histogram.limit;
  }
  if (value.kinds & (ValueStatistics::Channels | ValueStatistics::Gram)) {
    object["rows"] = value.rows;
    object["channels"] = value.channels;
  }
  json::Array cross;
  for (auto &[name, product] : value.cross)
    cross.push_back(name);
  if (!cross.empty())
    object["cross"] = std::move(cross);
  json::Object cosines;
  for (auto &[name, rows] : value.cosines)
    cosines[name] = json::Object{{"sum", rows.sum}, {"rows", rows.rows}};
  if (!cosines.empty())
    object["cosines"] = std::move(cosines);
  return object;
}

llvm::Error Statistics::save(StringRef base) const {
  base.consume_back(".json");
  std::vector<HostTensor> arrays;
  json::Object all;
  llvm::Error error = llvm::Error::success();
  for (auto &[name, value] : values) {
    all[name] = toJson(value);
    forEachArray(value, [&, &name = name](std::string array, auto &elements,
                                          llvm::ArrayRef<int64_t> dims) {
      auto tensor = HostTensor::create(name + "/" + array, DType::Float64, dims);
      if (!tensor) {
        error = llvm::joinErrors(std::move(error), tensor.takeError());
        return;
      }
      llvm::copy(elements, tensor->template elements<double>().begin());
      arrays.push_back(std::move(*tensor));
    });
  }
  if (error)
    return error;
  std::vector<const HostTensor *> tensors;
  for (const HostTensor &array : arrays)
    tensors.push_back(&array);
  if (llvm::Error error = writeNpz((base + ".npz").str(), tensors))
    return error;
  json::Value root = json::Object{{"graphopt_statistics", formatVersion},
                                  {"model", model},
                                  {"mask", mask},
                                  {"samples", samples},
                                  {"values", std::move(all)}};
  return writeOutputFile((base + ".json").str(), [&](llvm::raw_ostream &os) {
    os << llvm::formatv("{0:1}\n", root);
    return llvm::Error::success();
  });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace graphopt {
/// Found by json::ObjectMapper.
static bool fromJSON(const json::Value &from, ValueStatistics::RowCosines &to,
                     json::Path path) {
  json::ObjectMapper map(from, path);
  return map && map.map("sum", to.sum) && map.map("rows", to.rows);
}
} // namespace graphopt

static llvm::Error parseValue(const json::Value &from, StringRef name,
                              ValueStatistics &to) {
  json::Path::Root root(name);
  json::ObjectMapper map(from, root);
  int64_t kinds = 0;
  std::vector<std::string> cross;
  if (!map || !map.map("kinds", kinds) || !map.mapOptional("count", to.count) ||
      !map.mapOptional("non_finite", to.nonFinite) ||
      !map.mapOptional("sum", to.sum) || !map.mapOptional("min", to.min) ||
      !map.mapOptional("max", to.max) ||
      !map.mapOptional("histogram_limit", to.histogram.limit) ||
      !map.mapOptional("rows", to.rows) ||
      !map.mapOptional("channels", to.channels) ||
      !map.mapOptional("cross", cross) ||
      !map.mapOptional("cosines", to.cosines))
    return root.getError();
  to.kinds = unsigned(kinds);
  for (const std::string &name : cross)
    to.cross[name];
  return llvm::Error::success();
}

static llvm::Error fillArrays(const llvm::StringMap<const HostTensor *> &arrays,
                              StringRef name, ValueStatistics &value) {
  llvm::Error error = llvm::Error::success();
  forEachArray(value, [&](std::string array, std::vector<double> &elements,
                          llvm::ArrayRef<int64_t> dims) {
    std::string full = (name + "/" + array).str();
    const HostTensor *tensor = arrays.lookup(full);
    bool isCross = StringRef(array).starts_with("cross/");
    bool fits = tensor && tensor->dtype() == DType::Float64 &&
                tensor->dims().size() == dims.size() &&
                (isCross ? tensor->dims().take_front() == dims.take_front()
                         : tensor->dims() == dims);
    if (!fits) {
      error = llvm::joinErrors(
          std::move(error),
          llvm::createStringError("array '" + full +
                                  "' is missing or of another shape"));
      return;
    }
    auto from = tensor->elements<double>();
    elements.assign(from.begin(), from.end());
  });
  return error;
}

static llvm::Error parse(const json::Value &root, llvm::ArrayRef<HostTensor> arrays,
                         Statistics &to) {
  json::Path::Root path("statistics");
  json::ObjectMapper map(root, path);
  int64_t version = 0;
  if (!map || !map.map("graphopt_statistics", version) ||
      !map.map("model", to.model) || !map.map("mask", to.mask) ||
      !map.map("samples", to.samples))
    return path.getError();
  if (version != formatVersion)
    return llvm::createStringError(
        fmt::format("statistics of format {}, this is {}", version, formatVersion));
  llvm::StringMap<const HostTensor *> byName;
  for (const HostTensor &array : arrays)
    byName[array.name()] = &array;
  const json::Object *values = root.getAsObject()->getObject("values");
  if (!values)
    return llvm::createStringError("it has no \"values\"");
  for (auto &[key, value] : *values) {
    ValueStatistics &entry = to.values[key.str()];
    if (llvm::Error error = parseValue(value, key, entry))
      return error;
    if (llvm::Error error = fillArrays(byName, key, entry))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<Statistics> Statistics::load(StringRef base) {
  base.consume_back(".json");
  std::string file = (base + ".json").str();
  auto text = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!text)
    return llvm::createFileError(file, text.getError());
  llvm::Expected<json::Value> root = json::parse((*text)->getBuffer());
  if (!root)
    return llvm::createFileError(file, root.takeError());
  auto arrays = readNumpyFile((base + ".npz").str());
  if (!arrays)
    return arrays.takeError();
  Statistics statistics;
  if (llvm::Error error = parse(*root, *arrays, statistics))
    return llvm::createFileError(file, std::move(error));
  return statistics;
}
