//===- CompressionReport.cpp - What each step of a recipe cost and gained -===//

#include "CompressionReport.h"
#include "ModelTiming.h"
#include "TaskScoring.h"
#include "dialects/Graph/Cost.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace graphopt;
using namespace mlir;
namespace json = llvm::json;

namespace {
/// The model before the first step, or after one.
struct Version {
  graph::ParameterCount parameters;
  std::optional<double> macs; ///< of the mean sample
  CompiledCopy copy;
  int64_t workspaceBytes = 0; ///< the most of all samples

  double parameterCount() const { return double(parameters.others); }
  double peakBytes() const {
    return double(workspaceBytes + copy.library->model().weights_bytes);
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Numbers of one version
//===----------------------------------------------------------------------===//

using InputDims = std::vector<SmallVector<int64_t>>;

/// The extents that a sample gives to each input of main.
static llvm::Expected<InputDims> readInputDims(const std::string &file,
                                               func::FuncOp main) {
  auto tensors = Samples::read(file);
  if (!tensors)
    return tensors.takeError();
  InputDims dims;
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    auto name = main.getArgAttrOfType<StringAttr>(i, "graph.name");
    auto found = llvm::find_if(*tensors, [&](const HostTensor &tensor) {
      return (name && tensor.name() == name.getValue()) ||
             tensor.name() == ("input_" + Twine(i)).str();
    });
    dims.emplace_back();
    if (found != tensors->end())
      llvm::append_range(dims.back(), found->dims());
  }
  return dims;
}

/// The mean of the samples; nothing if it depends on more than their extents.
static std::optional<double> countMacs(func::FuncOp main,
                                       ArrayRef<InputDims> samples) {
  graph::ShapeInference shapes(main.getContext());
  shapes.run(main);
  AffineExpr macs = shapes.constant(0);
  main.walk([&](Operation *op) {
    macs = shapes.add(macs, graph::countMacs(shapes, op));
  });
  double sum = 0;
  for (const InputDims &dims : samples) {
    auto valueOf = [&](const graph::ShapeInference::Symbol &symbol)
        -> std::optional<double> {
      auto argument = dyn_cast<BlockArgument>(symbol.value);
      if (!argument || symbol.isElement ||
          argument.getOwner() != &main.getBody().front() ||
          symbol.index >= int64_t(dims[argument.getArgNumber()].size()))
        return std::nullopt;
      return double(dims[argument.getArgNumber()][symbol.index]);
    };
    std::optional<double> count = graph::evaluate(shapes, macs, valueOf);
    if (!count)
      return std::nullopt;
    sum += *count;
  }
  return samples.empty() ? std::nullopt
                         : std::optional(sum / double(samples.size()));
}

static int64_t findWorkspace(const CompiledCopy &copy,
                             ArrayRef<InputDims> samples) {
  SmallVector<int64_t> sizes(copy.library->dimNames().size());
  int64_t most = 0;
  for (const InputDims &dims : samples) {
    for (auto [port, extents] : llvm::zip_equal(copy.library->inputs(), dims))
      for (auto [declared, extent] :
           llvm::zip(ArrayRef(port.dims, port.rank), extents))
        if (declared < 0)
          sizes[-1 - declared] = extent;
    most = std::max(most, copy.library->model().workspace_bytes(sizes.data()));
  }
  return most;
}

static llvm::Expected<Version> makeVersion(ModuleOp module,
                                           ArrayRef<InputDims> samples) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  Version version;
  version.parameters = graph::countParameters(module);
  version.macs = countMacs(main, samples);
  auto copy = CompiledCopy::compile(
      OwningOpRef<ModuleOp>(cast<ModuleOp>(module->clone())));
  if (!copy)
    return copy.takeError();
  version.copy = std::move(*copy);
  version.workspaceBytes = findWorkspace(version.copy, samples);
  return version;
}

//===----------------------------------------------------------------------===//
// Versions against the original
//===----------------------------------------------------------------------===//

static double ratio(double now, double before) {
  return before > 0 ? now / before : 1;
}

static json::Object describeSize(const Version &version, const Version &original) {
  auto withTables = [](const Version &of) {
    return of.parameterCount() + double(of.parameters.tables);
  };
  json::Object object{
      {"parameters", version.parameters.others},
      {"table_parameters", version.parameters.tables},
      {"p", ratio(version.parameterCount(), original.parameterCount())},
      {"p_with_tables", ratio(withTables(version), withTables(original))},
      {"library_bytes", version.copy.libraryBytes},
      {"weight_bytes", version.copy.library->model().weights_bytes},
      {"workspace_bytes", version.workspaceBytes},
      {"peak_bytes", int64_t(version.peakBytes())},
      {"macs", nullptr},
      {"macs_ratio", nullptr}};
  if (version.macs && original.macs) {
    object["macs"] = *version.macs;
    object["macs_ratio"] = ratio(*version.macs, *original.macs);
  }
  return object;
}

namespace {
/// Times as shares of the original's. What two copies of the original differ by is
/// no gain.
class Gains {
public:
  Gains(ModelTime original, ModelTime secondCopy)
      : original(original), control(shareOf(secondCopy)),
        noise(std::max(std::abs(1 - control.min), std::abs(1 - control.median))) {}

  ModelTime shareOf(ModelTime time) const {
    return {ratio(time.min, original.min), ratio(time.median, original.median)};
  }
  StringRef judge(ModelTime share) const {
    if (share.min < 1 - noise && share.median < 1 - noise)
      return "faster";
    if (share.min > 1 + noise && share.median > 1 + noise)
      return "slower";
    return "none";
  }
  json::Object describeControl() const {
    return json::Object{{"alpha", control.min},
                        {"alpha_median", control.median},
                        {"noise", noise}};
  }

private:
  ModelTime original, control;
  double noise;
};
} // namespace

/// Adds times to `models`, and returns how they were measured.
static llvm::Expected<json::Object> addTimes(ArrayRef<Version> versions,
                                             json::Array &models,
                                             const HostRunner &runner,
                                             const TimingOptions &timing) {
  auto secondCopy = versions.front().copy.loadAgain();
  if (!secondCopy)
    return secondCopy.takeError();
  std::vector<const CompiledCopy *> copies;
  for (const Version &version : versions)
    copies.push_back(&version.copy);
  copies.push_back(&*secondCopy);
  auto times = timeModels(copies, runner, graph::Split::Evaluate, timing);
  if (!times)
    return times.takeError();
  Gains gains(times->front(), times->back());
  for (auto [version, model, time] : llvm::zip(versions, models, *times)) {
    json::Object &object = *model.getAsObject();
    ModelTime share = gains.shareOf(time);
    object["ms"] = time.min;
    object["median_ms"] = time.median;
    object["ns_per_parameter"] =
        time.min * 1e6 / std::max(version.parameterCount(), 1.0);
    object["alpha"] = share.min;
    object["alpha_median"] = share.median;
    if (&version != versions.begin())
      object["gain"] = gains.judge(share);
  }
  size_t files = runner.getSamples().get(graph::Split::Evaluate).size();
  return json::Object{{"rounds", timing.rounds},
                      {"samples", std::min<int64_t>(timing.samples, files)},
                      {"threads", timing.threads},
                      {"clock", timing.threads == 1 ? "cpu" : "wall"},
                      {"control", gains.describeControl()}};
}

/// Adds the metric of the user's labels to `models`.
static llvm::Error addMetric(ArrayRef<Version> versions, json::Array &models,
                             const HostRunner &runner,
                             const MetricOptions &metric) {
  TaskScores original;
  for (auto [version, model] : llvm::zip_equal(versions, models)) {
    auto scores = scoreModel(version.copy, runner, metric);
    if (!scores)
      return scores.takeError();
    if (&version == versions.begin())
      original = *scores;
    TaskComparison task = compareTask(*scores, original, metric.kind);
    (*model.getAsObject())["metric"] =
        json::Object{{"kind", metricName(metric.kind)},
                     {"labels", int64_t(scores->labels.size())},
                     {"value", task.value.toJson()},
                     {"difference", task.difference.toJson()}};
  }
  return llvm::Error::success();
}

llvm::Expected<json::Object>
graphopt::describeVersions(ArrayRef<ModuleOp> modules,
                           const HostRunner &runner) {
  const TimingOptions &timing = runner.getOptions().timing;
  auto main = ModuleOp(modules.front()).lookupSymbol<func::FuncOp>("main");
  std::vector<InputDims> samples;
  for (const std::string &file : runner.getSamples().get(graph::Split::Evaluate)) {
    auto dims = readInputDims(file, main);
    if (!dims)
      return dims.takeError();
    samples.push_back(std::move(*dims));
  }
  std::vector<Version> versions;
  json::Array models;
  json::Object report;
  for (ModuleOp module : modules) {
    auto version = makeVersion(module, samples);
    if (!version)
      return version.takeError();
    versions.push_back(std::move(*version));
    json::Object model = describeSize(versions.back(), versions.front());
    if (versions.size() > 1 && !samples.empty()) {
      auto outputs = runner.compare(versions.front().copy, versions.back().copy);
      if (!outputs)
        return outputs.takeError();
      report["outputs"] = json::Object(*outputs);
      model["outputs"] = std::move(*outputs);
    }
    models.push_back(std::move(model));
  }
  if (const auto &metric = runner.getOptions().metric; metric && !samples.empty())
    if (llvm::Error error = addMetric(versions, models, runner, *metric))
      return error;
  if (timing.rounds > 0 && timing.samples > 0 && !samples.empty()) {
    auto how = addTimes(versions, models, runner, timing);
    if (!how)
      return how.takeError();
    report["timing"] = std::move(*how);
  }
  report["models"] = std::move(models);
  return report;
}
