//===- QuantTrials.cpp - Runs of a model with grids of any kind -----------===//

#include "QuantizedLayers.h"
#include "UnitFlow.h"
#include "UnitRewriting.h"
#include "dialects/Graph/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Ops whose numbers a run may change.
class TrialBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return BinaryOp::create(*this, kind, lhs, rhs);
  }
  Value constant(ArrayRef<int64_t> shape, ArrayRef<float> values) {
    return createConstant(*this, getLoc(),
                          RankedTensorType::get(shape, getF32Type()), values);
  }

  /// What integers from `least` to `most`, of any scale and zero point, stand for.
  Value byGrid(Value value, Value scale, Value zero, float least, float most) {
    value = binary(BinaryKind::Div, value, scale);
    value = UnaryOp::create(*this, UnaryKind::Round, value);
    value = binary(BinaryKind::Add, value, zero);
    value = binary(BinaryKind::Max, value, constant({}, {least}));
    value = binary(BinaryKind::Min, value, constant({}, {most}));
    return binary(BinaryKind::Mul, binary(BinaryKind::Sub, value, zero), scale);
  }
};
} // namespace

llvm::Expected<QuantTrials> QuantTrials::prepare(const QuantModel &model,
                                                 const ModelRunner &runner) {
  IRMapping mapping;
  ModuleOp original = model.module;
  OwningOpRef<ModuleOp> copy(
      cast<ModuleOp>(original.getOperation()->clone(mapping)));
  QuantTrials trials(model);
  SmallVector<Operation *> products;
  for (const QuantLayer &layer : model.layers)
    products.push_back(mapping.lookup(layer.op));
  SmallVector<Bypass> bypasses;
  SmallVector<Value> constants;
  auto addConstant = [&](Value value) {
    constants.push_back(value);
    return constants.size() - 1;
  };
  for (const QuantInput &input : model.inputs) {
    Numbers &numbers = trials.numbers.emplace_back();
    if (!roundsInputs(input.scheme))
      continue;
    Operation *first = products[input.layers.front()];
    OpBuilder builder(first);
    TrialBuilder b(first->getLoc(), builder);
    Value value = mapping.lookup(input.value);
    if (input.isSmooth) {
      int64_t extent = typeOf(value).getShape().back();
      Value factors =
          b.constant({extent}, std::vector<float>(size_t(extent), 1.0f));
      numbers.factors = addConstant(factors);
      value = b.binary(BinaryKind::Mul, value, factors);
    }
    Value rounded;
    if (isStatic(input.scheme)) {
      bool isByte = input.scheme == QuantScheme::Int8Static;
      Value scale = b.constant({}, {1.0f}), zero = b.constant({}, {0.0f});
      numbers.scale = addConstant(scale);
      numbers.zero = addConstant(zero);
      rounded = b.byGrid(value, scale, zero, isByte ? 0 : -32768, isByte ? 255 : 32767);
    } else {
      rounded = quantizeInput(b, b.getLoc(), value, input, {}, {});
    }
    Value byRows;
    if (input.hasRows && model.mixedScheme == QuantScheme::Int8Dynamic) {
      QuantInput dynamic = input;
      dynamic.scheme = QuantScheme::Int8Dynamic;
      byRows = quantizeInput(b, b.getLoc(), value, dynamic, {}, {});
    }
    // A value that only these products read.
    Value whole = CastOp::create(b, value, b.getF32Type());
    numbers.bypass = bypasses.size();
    bypasses.push_back({rounded, whole});
    if (byRows) {
      whole = CastOp::create(b, whole, b.getF32Type());
      numbers.byRows = bypasses.size();
      bypasses.push_back({byRows, whole});
    }
    for (size_t layer : input.layers)
      products[layer]->setOperand(0, whole);
  }
  auto prepared = runner.prepareTrials(*copy, products, bypasses, constants);
  if (!prepared)
    return prepared.takeError();
  trials.trials = std::move(*prepared);
  return trials;
}

void QuantTrials::addSmall(Candidate &candidate, const QuantNumbers &chosen,
                           size_t input, bool byRows) const {
  const Numbers &where = numbers[input];
  if (auto bypass = byRows ? where.byRows : where.bypass)
    candidate.bypasses.push_back(*bypass);
  if (where.factors && !chosen.factors[input].empty())
    candidate.constants.push_back({*where.factors, chosen.factors[input]});
  if (where.scale) {
    const ByteGrid &grid = chosen.grids[input];
    candidate.constants.push_back({*where.scale, {grid.scale}});
    candidate.constants.push_back({*where.zero, {float(grid.zero)}});
  }
  for (size_t number : model->inputs[input].layers) {
    const QuantLayer &layer = model->layers[number];
    const std::vector<double> &bias = chosen.biases[number];
    candidate.products.push_back(
        {number,
         toOperandOrder(layer.op, layer.weights, chosen.weights[number].restored),
         std::vector<float>(bias.begin(), bias.end())});
  }
}

Candidate QuantTrials::makeCandidate(const QuantNumbers &chosen,
                                     ArrayRef<size_t> inputs,
                                     ArrayRef<size_t> mixed) const {
  Candidate candidate;
  for (size_t input : inputs)
    addSmall(candidate, chosen, input, /*byRows=*/false);
  for (size_t input : mixed)
    if (numbers[input].byRows)
      addSmall(candidate, chosen, input, /*byRows=*/true);
  return candidate;
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

static std::vector<double> meanOf(const ValueStatistics &seen) {
  std::vector<double> mean = seen.channelSum;
  for (double &sum : mean)
    sum /= double(std::max<int64_t>(seen.rows, 1));
  return mean;
}

llvm::Expected<std::vector<std::vector<double>>>
graphopt::measureLostMeans(const QuantModel &model, const QuantNumbers &numbers,
                           const ModelRunner &runner) {
  IRMapping mapping;
  ModuleOp original = model.module;
  OwningOpRef<ModuleOp> copy(
      cast<ModuleOp>(original.getOperation()->clone(mapping)));
  struct Pair {
    size_t layer;
    Value before, after;
  };
  std::vector<Pair> pairs;
  std::vector<StatisticRequest> requests;
  for (auto [i, input] : llvm::enumerate(model.inputs)) {
    Operation *first = mapping.lookup(model.layers[input.layers.front()].op);
    OpBuilder b(first);
    Value small =
        quantizeInput(b, first->getLoc(), mapping.lookup(input.value), input,
                      numbers.factors[i], numbers.grids[i]);
    for (size_t number : input.layers) {
      const QuantLayer &layer = model.layers[number];
      Operation *before = mapping.lookup(layer.op);
      b.setInsertionPoint(before);
      Operation *after = b.clone(*before);
      after->setOperand(0, small);
      replaceWeights(after, toOperandOrder(layer.op, layer.weights,
                                           numbers.weights[number].restored));
      pairs.push_back({number, before->getResult(0), after->getResult(0)});
      for (Value value : {pairs.back().before, pairs.back().after})
        requests.push_back(
            {value, ValueStatistics::Channels, getChannelAxis(layer.op)});
    }
  }
  ValueNames names(copy->lookupSymbol<func::FuncOp>("main"));
  auto statistics = runner.collect(*copy, requests);
  if (!statistics)
    return statistics.takeError();
  std::vector<std::vector<double>> lost(model.layers.size());
  for (const Pair &pair : pairs) {
    auto mean = [&](Value value) {
      return meanOf(statistics->values.at(names.get(value).str()));
    };
    std::vector<double> before = mean(pair.before), after = mean(pair.after);
    for (auto [a, b] : llvm::zip_equal(before, after))
      lost[pair.layer].push_back(a - b);
  }
  return lost;
}
