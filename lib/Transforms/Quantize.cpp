#include "QuantJudge.h"
#include "QuantizedLayers.h"
#include "UnitFlow.h"
#include "UnitRewriting.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Linear.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

namespace {
class Quantizer {
public:
  Quantizer(ModuleOp module, const QuantizeOptions &options)
      : options(options), runner(findModelRunner(module.getContext())),
        names(module.lookupSymbol<func::FuncOp>("main")), judge(module, runner) {
    model.module = module;
    model.mixedScheme = options.mixedScheme;
  }

  llvm::Error run();
  json::Object describe() const;

private:
  llvm::Error findLayers();
  void addLayer(Operation &op, QuantScheme scheme, WeightMatrix weights);
  void leaveAlone(Operation &op, StringRef reason);
  llvm::Expected<QuantScheme> chooseScheme(Operation &op,
                                           llvm::StringSet<> &used) const;
  /// Whether weights may make up for what those before lose, if that is better.
  bool mayCompensate(const QuantInput &input) const {
    return options.secondOrder && canTry() &&
           model.layers[input.layers.front()].grid.group == 0 &&
           !hasHalves(input.scheme);
  }
  bool canTry() const { return runner && runner->canSelect(); }

  llvm::Error collect();
  const ValueStatistics &seen(const QuantInput &input) const {
    return statistics.values.at(names.get(input.value).str());
  }
  std::vector<float> smooth(const QuantInput &input, double alpha) const;
  ByteGrid findGrid(const QuantInput &input, ArrayRef<float> factors) const;
  QuantizedWeights quantizeWeights(const QuantInput &input,
                                   const QuantLayer &layer,
                                   ArrayRef<float> factors,
                                   bool secondOrder) const;
  QuantNumbers makeNumbers(double alpha) const;

  llvm::Error chooseNumbers();
  llvm::Error chooseAlpha();
  llvm::Error chooseWeights();
  llvm::Error chooseBiases();
  llvm::Error chooseFloats();
  void mix(QuantInput &input);
  llvm::Error measureAlone();
  llvm::Expected<std::vector<Nearness>> measure(ArrayRef<Candidate> candidates,
                                                StringRef task) const {
    return trials->runs().measureNearness(candidates, Split::Select, task,
                                          judge.getReading());
  }
  llvm::Expected<bool> isAboveFloor(const Candidate &candidate);
  llvm::Error explainFailure(const Nearness &best) const;
  SmallVector<size_t> listSmall() const;

  QuantModel model;
  const QuantizeOptions &options;
  const ModelRunner *runner;
  ValueNames names;
  QuantJudge judge;
  Statistics statistics;
  std::optional<QuantTrials> trials;
  QuantNumbers numbers;
  double alpha = 0;
  std::vector<std::pair<double, Nearness>> triedAlphas;
  std::optional<Nearness> result, withoutSecondOrder, withoutBiases;
  bool isSecondOrder = false;
  std::optional<double> metricBefore, metricAfter;
  json::Array leftAlone, tables;
};
} // namespace

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

static StringRef classOf(Operation &op) {
  return isa<ConvOp>(op) ? "conv" : isa<GemmOp>(op) ? "gemm" : "matmul";
}

/// Why a product cannot multiply small numbers; empty if it can.
static StringRef findObstacle(Operation &op, QuantScheme scheme) {
  if (auto conv = dyn_cast<ConvOp>(op)) {
    if (conv.getGroups() != 1)
      return "it has groups";
    if (conv.getInputDilations())
      return "it is a transposed convolution";
    if (scheme == QuantScheme::Int8Dynamic)
      return "convolutions have no rows of their own: they take int8-static";
    if (scheme == QuantScheme::Float16)
      return "convolutions have no weights of f16";
  }
  auto gemm = dyn_cast<GemmOp>(op);
  if (gemm && (!gemm.getAlpha().isExactlyValue(1) ||
               (gemm.getBias() && !gemm.getBeta().isExactlyValue(1))))
    return "it is scaled";
  return {};
}

llvm::Expected<QuantScheme>
Quantizer::chooseScheme(Operation &op, llvm::StringSet<> &used) const {
  std::string node = getNodeName(op.getLoc()).str();
  for (auto &[name, scheme] : options.overrides)
    if (name == node) {
      used.insert(name);
      return scheme;
    }
  for (StringRef name : options.keepFloat)
    if (name == node || name == classOf(op)) {
      used.insert(name);
      return QuantScheme::Float;
    }
  return options.scheme;
}

void Quantizer::leaveAlone(Operation &op, StringRef reason) {
  op.emitRemark("left in floats: ") << reason;
  leftAlone.push_back(
      json::Object{{"node", getNodeName(op.getLoc())}, {"reason", reason}});
}

void Quantizer::addLayer(Operation &op, QuantScheme scheme,
                         WeightMatrix weights) {
  QuantLayer layer{&op, getNodeName(op.getLoc()).str(), std::move(weights), {}};
  bool isConv = isa<ConvOp>(op);
  layer.grid.perTensor = options.perTensor;
  if (scheme == QuantScheme::WeightOnly && !isConv &&
      options.weights != WeightType::S8)
    layer.grid = {options.weights, options.group, /*perTensor=*/false};
  Value value = op.getOperand(0);
  auto input = llvm::find_if(model.inputs, [&](const QuantInput &input) {
    return input.value == value && input.scheme == scheme;
  });
  if (input == model.inputs.end()) {
    bool isSmooth = !isConv && (options.smoothAuto ? canTry() : options.smooth > 0) &&
                    (scheme == QuantScheme::Int8Dynamic ||
                     (scheme == QuantScheme::Int8Static &&
                      options.calibrator == Calibrator::MinMax));
    model.inputs.push_back({value, scheme, {}, isSmooth, options.zeroPoints,
                            scheme == QuantScheme::Int8Static});
    input = std::prev(model.inputs.end());
  }
  input->isSmooth &= !isConv;
  input->hasRows &= !isConv;
  input->layers.push_back(model.layers.size());
  model.layers.push_back(std::move(layer));
}

llvm::Error Quantizer::findLayers() {
  llvm::StringSet<> used;
  for (Operation &op : model.module.lookupSymbol<func::FuncOp>("main").front()) {
    if (!isa<MatMulOp, GemmOp, ConvOp>(op) ||
        !matchPattern(op.getOperand(1), m_Constant()))
      continue;
    auto scheme = chooseScheme(op, used);
    if (!scheme)
      return scheme.takeError();
    if (*scheme == QuantScheme::Float) {
      leaveAlone(op, "the recipe says so");
      continue;
    }
    if (StringRef obstacle = findObstacle(op, *scheme); !obstacle.empty()) {
      leaveAlone(op, obstacle);
      continue;
    }
    auto weights = readWeightMatrix(&op);
    if (weights && !weights->elements.empty())
      addLayer(op, *scheme, std::move(*weights));
    else
      leaveAlone(op, "its weights are no matrix of type f32");
  }
  for (StringRef name : options.keepFloat)
    if (!used.contains(name) && name != "conv" && name != "gemm" &&
        name != "matmul")
      return llvm::createStringError("float: the model has no product '" + name +
                                     "' with constant weights");
  for (auto &[name, scheme] : options.overrides)
    if (!used.contains(name))
      return llvm::createStringError("override: the model has no product '" +
                                     name + "' with constant weights");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

llvm::Error Quantizer::collect() {
  std::vector<StatisticRequest> requests;
  for (const QuantInput &input : model.inputs) {
    const QuantLayer &first = model.layers[input.layers.front()];
    unsigned kinds = 0;
    if (isStatic(input.scheme))
      kinds |= ValueStatistics::Summary;
    if (input.isSmooth)
      kinds |= ValueStatistics::Channels;
    if (mayCompensate(input) || (first.grid.group > 0 && options.secondOrder))
      kinds |= ValueStatistics::Gram;
    if (kinds)
      requests.push_back({input.value, kinds, getChannelAxis(first.op)});
  }
  if (requests.empty())
    return llvm::Error::success();
  return findStatistics(model.module, names, options.statistics, requests)
      .moveInto(statistics);
}

/// Greatest magnitudes of rows of all weights that read the input.
std::vector<float> Quantizer::smooth(const QuantInput &input,
                                     double alpha) const {
  if (!input.isSmooth || alpha == 0)
    return {};
  const ValueStatistics &values = seen(input);
  std::vector<double> largest(values.channels), rows(values.channels, 0);
  for (int64_t channel = 0; channel < values.channels; ++channel) {
    largest[channel] = std::max(-values.channelMin[channel],
                                values.channelMax[channel]);
    for (size_t layer : input.layers) {
      const WeightMatrix &weights = model.layers[layer].weights;
      for (int64_t column = 0; column < weights.columns; ++column)
        rows[channel] = std::max(
            rows[channel],
            std::abs(weights.elements[channel * weights.columns + column]));
    }
  }
  return smoothingFactors(largest, rows, alpha);
}

ByteGrid Quantizer::findGrid(const QuantInput &input,
                             ArrayRef<float> factors) const {
  if (!isStatic(input.scheme))
    return {};
  const ValueStatistics &values = seen(input);
  if (input.scheme == QuantScheme::Int16Static)
    return {makeWordScale(calibrate(values, options.calibrator, options.percentile)), 0};
  if (factors.empty())
    return calibrate(values, options.calibrator, options.percentile);
  double low = 0, high = 0;
  for (auto [channel, factor] : llvm::enumerate(factors)) {
    low = std::min(low, values.channelMin[channel] * factor);
    high = std::max(high, values.channelMax[channel] * factor);
  }
  return makeByteGrid(low, high);
}

QuantizedWeights Quantizer::quantizeWeights(const QuantInput &input,
                                            const QuantLayer &layer,
                                            ArrayRef<float> factors,
                                            bool secondOrder) const {
  std::vector<double> elements = layer.weights.elements;
  if (!factors.empty())
    for (auto [i, element] : llvm::enumerate(elements))
      element /= factors[i / layer.weights.columns];
  if (hasHalves(input.scheme)) {
    QuantizedWeights weights;
    weights.restored = roundToHalf(elements, input.scheme);
    return weights;
  }
  DenseWeights dense = layer.dense(elements);
  if (!secondOrder)
    return quantizeNearest(dense, layer.grid);
  QuantizedWeights made =
      quantizeBySecondOrder({seen(input), elements, layer.weights.columns}, dense,
                            layer.grid, options.damping, factors);
  if (!made.bias.empty())
    made.bias = sumPlaces(layer.weights, made.bias);
  return made;
}

QuantNumbers Quantizer::makeNumbers(double alpha) const {
  QuantNumbers made;
  made.weights.resize(model.layers.size());
  made.biases.resize(model.layers.size());
  for (const QuantInput &input : model.inputs) {
    made.factors.push_back(smooth(input, alpha));
    made.grids.push_back(findGrid(input, made.factors.back()));
    for (size_t number : input.layers) {
      const QuantLayer &layer = model.layers[number];
      made.weights[number] =
          quantizeWeights(input, layer, made.factors.back(),
                          layer.grid.group > 0 && options.secondOrder);
      made.biases[number] = made.weights[number].bias;
    }
  }
  return made;
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

SmallVector<size_t> Quantizer::listSmall() const {
  SmallVector<size_t> small;
  for (auto [i, input] : llvm::enumerate(model.inputs))
    if (!input.isFloat)
      small.push_back(i);
  return small;
}

/// One at a time: each has all weights of the model.
llvm::Error Quantizer::chooseAlpha() {
  bool isOpen = options.smoothAuto && trials &&
                llvm::any_of(model.inputs, [](auto &input) { return input.isSmooth; });
  alpha = options.smooth;
  if (!isOpen) {
    numbers = makeNumbers(alpha);
    return llvm::Error::success();
  }
  std::optional<Nearness> best;
  for (double tried : {0.0, 0.5, 0.6, 0.7, 0.8, 0.9}) {
    QuantNumbers made = makeNumbers(tried);
    auto near = measure(trials->makeCandidate(made, listSmall()), "smoothing");
    if (!near)
      return near.takeError();
    triedAlphas.emplace_back(tried, near->front());
    if (best && !judge.isBetter(near->front(), *best))
      continue;
    best = near->front();
    alpha = tried;
    numbers = std::move(made);
  }
  return llvm::Error::success();
}

/// Of 8 bits; fewer always make up for each other.
llvm::Error Quantizer::chooseWeights() {
  QuantNumbers made = numbers;
  bool isOpen = false;
  for (auto [i, input] : llvm::enumerate(model.inputs)) {
    if (!trials || !mayCompensate(input))
      continue;
    isOpen = true;
    for (size_t number : input.layers) {
      made.weights[number] = quantizeWeights(input, model.layers[number],
                                             made.factors[i], /*secondOrder=*/true);
      made.biases[number] = made.weights[number].bias;
    }
  }
  if (!isOpen)
    return llvm::Error::success();
  auto near = measure({trials->makeCandidate(numbers, listSmall()),
                       trials->makeCandidate(made, listSmall())},
                      "second order");
  if (!near)
    return near.takeError();
  withoutSecondOrder = near->front();
  isSecondOrder = judge.isBetter(near->back(), near->front());
  if (isSecondOrder)
    numbers = std::move(made);
  return llvm::Error::success();
}

llvm::Error Quantizer::chooseBiases() {
  bool isAuto = options.biasCorrection == BiasCorrection::Auto;
  if (options.biasCorrection == BiasCorrection::Never || (isAuto && !trials))
    return llvm::Error::success();
  if (!runner)
    return llvm::createStringError("samples are needed to correct biases "
                                   "(--calib)");
  auto lost = measureLostMeans(model, numbers, *runner);
  if (!lost)
    return lost.takeError();
  if (!isAuto) {
    numbers.biases = std::move(*lost);
    return llvm::Error::success();
  }
  Candidate plain = trials->makeCandidate(numbers, listSmall());
  std::swap(numbers.biases, *lost);
  auto near = measure({plain, trials->makeCandidate(numbers, listSmall())},
                      "bias correction");
  if (!near)
    return near.takeError();
  withoutBiases = near->front();
  if (!judge.isBetter(near->back(), near->front()))
    std::swap(numbers.biases, *lost);
  return llvm::Error::success();
}

llvm::Error Quantizer::measureAlone() {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    candidates.push_back(trials->makeCandidate(numbers, i));
  auto near = measure(candidates, "layers alone");
  if (!near)
    return near.takeError();
  for (auto [input, alone] : llvm::zip_equal(model.inputs, *near))
    input.alone = alone;
  return llvm::Error::success();
}

/// Remembers what the outputs are like.
llvm::Expected<bool> Quantizer::isAboveFloor(const Candidate &candidate) {
  auto near = measure(candidate, "accuracy");
  if (!near)
    return near.takeError();
  result = near->front();
  bool isNear = result->sqnrDb >= options.getMinSqnr() &&
                result->top1 >= options.minTop1;
  if (options.maxMetricDrop == 0)
    return isNear;
  auto metrics = trials->runs().measureTask({Candidate{}, candidate},
                                            Split::Select, "metric");
  if (!metrics)
    return metrics.takeError();
  metricBefore = metrics->front();
  metricAfter = metrics->back();
  return isNear && *metricAfter >= *metricBefore - options.maxMetricDrop;
}

llvm::Error Quantizer::explainFailure(const Nearness &best) const {
  auto &worst = *llvm::min_element(model.inputs, [](auto &a, auto &b) {
    return QuantJudge::isNearer(*b.alone, *a.alone);
  });
  std::string what =
      llvm::formatv("on the samples to select with, outputs have an SQNR of "
                    "{0:f1} dB (at least {1:f1}) and {2:P1} of the greatest "
                    "elements are the same (at least {3:P1})",
                    best.sqnrDb, options.getMinSqnr(), best.top1, options.minTop1)
          .str();
  if (metricBefore)
    what += llvm::formatv("; the metric falls from {0:f4} to {1:f4} (by at most "
                          "{2:f4})",
                          *metricBefore, *metricAfter, options.maxMetricDrop)
                .str();
  return llvm::createStringError(
      llvm::formatv("the model is destroyed: {0}; the worst layer is '{1}', "
                    "{2:f1} dB by itself",
                    what, model.layers[worst.layers.front()].node,
                    worst.alone->sqnrDb)
          .str());
}

/// The mixed scheme, or floats where it is none of the input's.
void Quantizer::mix(QuantInput &input) {
  if (input.hasRows && model.mixedScheme == QuantScheme::Int8Dynamic) {
    input.scheme = QuantScheme::Int8Dynamic;
    return;
  }
  input.isFloat = true;
  for (size_t layer : input.layers)
    leaveAlone(*model.layers[layer].op, "it is among the most sensitive");
}

/// None, and only if that is below the floor the worst one, the worst two, ...
llvm::Error Quantizer::chooseFloats() {
  auto whole = isAboveFloor(trials->makeCandidate(numbers, listSmall()));
  if (!whole)
    return whole.takeError();
  if (*whole)
    return llvm::Error::success();
  if (llvm::Error error = measureAlone())
    return error;
  SmallVector<size_t> order = llvm::to_vector(llvm::seq(model.inputs.size()));
  llvm::stable_sort(order, [&](size_t a, size_t b) {
    return QuantJudge::isNearer(*model.inputs[b].alone, *model.inputs[a].alone);
  });
  size_t most = std::min<size_t>(options.mixed, order.size());
  for (size_t count = 1; count <= most; ++count) {
    ArrayRef<size_t> worst = ArrayRef(order).take_front(count);
    auto found = isAboveFloor(trials->makeCandidate(
        numbers, ArrayRef(order).drop_front(count), worst));
    if (!found)
      return found.takeError();
    if (!*found)
      continue;
    for (size_t i : worst)
      mix(model.inputs[i]);
    return llvm::Error::success();
  }
  return explainFailure(*result);
}

llvm::Error Quantizer::chooseNumbers() {
  if (canTry()) {
    auto prepared = QuantTrials::prepare(model, *runner);
    if (!prepared)
      return prepared.takeError();
    trials.emplace(std::move(*prepared));
  }
  if (llvm::Error error = chooseAlpha())
    return error;
  if (llvm::Error error = chooseWeights())
    return error;
  if (llvm::Error error = chooseBiases())
    return error;
  return trials ? chooseFloats() : llvm::Error::success();
}

llvm::Error Quantizer::run() {
  if (options.maxMetricDrop > 0 && !(canTry() && runner->getMetric()))
    return llvm::createStringError("max_metric_drop needs a metric, and samples "
                                   "to select with");
  if (llvm::Error error = findLayers())
    return error;
  if (model.layers.empty())
    return llvm::Error::success();
  if (llvm::Error error = collect())
    return error;
  if (llvm::Error error = chooseNumbers())
    return error;
  quantizeProducts(model, numbers);
  if (options.shrinksTables())
    tables = quantizeTables(model.module);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Report
//===----------------------------------------------------------------------===//

json::Object Quantizer::describe() const {
  json::Array list, alphas;
  for (const QuantInput &input : model.inputs) {
    json::Object object{
        {"scheme", quantSchemeName(input.isFloat ? QuantScheme::Float : input.scheme)},
        {"nodes", json::Array(llvm::map_range(input.layers, [&](size_t layer) {
           return json::Value(model.layers[layer].node);
         }))}};
    if (input.alone)
      object["alone"] = judge.describe(*input.alone);
    list.push_back(std::move(object));
  }
  for (auto &[tried, near] : triedAlphas) {
    json::Object object = judge.describe(near);
    object["smooth"] = tried;
    alphas.push_back(std::move(object));
  }
  json::Object object{{"scheme", quantSchemeName(options.scheme)},
                      {"weights", weightTypeName(options.weights)},
                      {"judge", judge.getName()},
                      {"smooth", alpha},
                      {"smooth_tried", std::move(alphas)},
                      {"bias_corrected", llvm::any_of(numbers.biases, [](auto &bias) {
                         return !bias.empty();
                       })},
                      {"layers", std::move(list)},
                      {"tables", json::Array(tables)},
                      {"left_alone", json::Array(leftAlone)}};
  if (withoutSecondOrder) {
    object["second_order"] = isSecondOrder;
    object["without_second_order"] = judge.describe(*withoutSecondOrder);
  }
  if (withoutBiases)
    object["without_bias_correction"] = judge.describe(*withoutBiases);
  if (result)
    object["select"] = judge.describe(*result);
  if (metricBefore)
    object["metric"] =
        json::Object{{"before", *metricBefore}, {"after", *metricAfter}};
  return object;
}

llvm::Expected<json::Object> graphopt::quantizeModel(ModuleOp module,
                                                     const QuantizeOptions &options) {
  Quantizer quantizer(module, options);
  if (llvm::Error error = quantizer.run())
    return std::move(error);
  return quantizer.describe();
}
