#include "dialects/Graph/Recurrent.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Splits an ONNX LSTM, GRU or RNN into one graph.recurrent a direction.
class RecurrentImporter {
public:
  explicit RecurrentImporter(NodeImporter &node)
      : node(node), kind(*symbolizeRecurrentKind(node.getOpType())) {}

  LogicalResult import() {
    direction = node.getString("direction");
    if (direction != "forward" && direction != "reverse" &&
        direction != "bidirectional")
      return node.emitError("unknown direction '") << direction << "'";
    batchFirst = node.getInt("layout") != 0;
    if (failed(readActivations()))
      return failure();
    if (!(recurrence = readRecurrence()))
      return failure();
    input = node.getInput(0);
    if (batchFirst && !(input = transpose(input, {1, 0, 2})))
      return failure();

    int64_t count = direction == "bidirectional" ? 2 : 1;
    SmallVector<Value> outputs[3]; // one a direction: states, hidden, cell
    for (int64_t i = 0; i < count; ++i) {
      RecurrentOp op = importDirection(i);
      if (!op)
        return failure();
      for (auto [output, result] : llvm::zip(outputs, op.getResults()))
        output.push_back(result);
    }
    return bind(outputs);
  }

private:
  template <typename Op, typename... Args> Value build(Args &&...args) {
    Op op = node.create<Op>(std::forward<Args>(args)...);
    return op ? Value(op->getResult(0)) : Value();
  }

  Value transpose(Value value, ArrayRef<int64_t> permutation) {
    return build<TransposeOp>(value, permutation);
  }

  /// R, whose extents follow from the hidden size where they are open.
  Value readRecurrence() {
    Value value = node.getInput(2);
    if (node.getInputRank(2) != 3 || !node.getInputType(2).isDynamicDim(2))
      return value;
    int64_t hidden = node.getInt("hidden_size");
    if (hidden < 1) {
      node.emitError("its hidden size is open: R has type ") << value.getType();
      return {};
    }
    int64_t gates = kind == RecurrentKind::LSTM ? 4 : kind == RecurrentKind::GRU ? 3 : 1;
    int64_t directions = direction == "bidirectional" ? 2 : 1;
    return withShape(node, value, {directions, gates * hidden, hidden});
  }

  /// Direction `i` of an input whose first dimension counts them (the second
  /// if the batch comes first); null for an omitted one.
  FailureOr<Value> select(size_t index, int64_t i, bool isState = false) {
    Value value = index == 2 ? recurrence : node.getInput(index);
    if (!value)
      return Value();
    if (isState && batchFirst && !(value = transpose(value, {1, 0, 2})))
      return failure();
    auto type = cast<RankedTensorType>(value.getType());
    int64_t directions = direction == "bidirectional" ? 2 : 1;
    if (type.getRank() < 1 || (type.getDimSize(0) != directions &&
                               !type.isDynamicDim(0)))
      return node.emitError("input ")
             << index << " of type " << type << " does not have "
             << directions << " directions";
    // The selected row of the first dimension.
    Value row = value;
    if (type.getDimSize(0) != 1)
      row = build<SliceOp>(value, node.createInts(ArrayRef<int64_t>{i}),
                           node.createInts(ArrayRef<int64_t>{i + 1}),
                           node.createInts(ArrayRef<int64_t>{0}), Value());
    row = row ? build<SqueezeOp>(row, ArrayRef<int64_t>{0}) : row;
    if (!row)
      return failure();
    return row;
  }

  LogicalResult readActivations() {
    static constexpr StringRef defaults[] = {"Sigmoid", "Tanh", "Tanh"};
    int64_t gates = kind == RecurrentKind::LSTM  ? 3
                    : kind == RecurrentKind::GRU ? 2
                                                 : 1;
    int64_t directions = direction == "bidirectional" ? 2 : 1;
    activations = node.getStrings("activations");
    if (activations.empty())
      for (int64_t i = 0; i < directions; ++i)
        for (StringRef name : ArrayRef(defaults).take_front(gates))
          activations.push_back(gates == 1 ? StringRef("Tanh") : name);
    // The schema's default of RNN is for two directions.
    if (gates == 1 && directions == 1 && activations.size() == 2)
      activations.pop_back();
    if (static_cast<int64_t>(activations.size()) != gates * directions)
      return node.emitError("has ") << activations.size() << " activations, not "
                                    << gates * directions;
    // The lists hold parameters for the functions that have some, in order.
    SmallVector<float> alphas = node.getFloats("activation_alpha");
    SmallVector<float> betas = node.getFloats("activation_beta");
    size_t nextAlpha = 0, nextBeta = 0;
    for (StringRef &name : activations) {
      Parameters parameters = getDefaults(name);
      if (parameters.hasAlpha && nextAlpha < alphas.size())
        parameters.alpha = alphas[nextAlpha++];
      if (parameters.hasBeta && nextBeta < betas.size())
        parameters.beta = betas[nextBeta++];
      alpha.push_back(parameters.alpha);
      beta.push_back(parameters.beta);
      name = parameters.name;
    }
    return success();
  }

  struct Parameters {
    StringRef name;
    bool hasAlpha = false, hasBeta = false;
    float alpha = 0, beta = 0;
  };
  /// ONNX compares the names without case.
  static Parameters getDefaults(StringRef name) {
    static const Parameters known[] = {
        {"Relu"},
        {"Tanh"},
        {"Sigmoid"},
        {"Affine", true, true, 1, 0},
        {"LeakyRelu", true, false, 0.01f},
        {"ThresholdedRelu", true, false, 1},
        {"ScaledTanh", true, true, 1, 1},
        {"HardSigmoid", true, true, 0.2f, 0.5f},
        {"Elu", true, false, 1},
        {"Softsign"},
        {"Softplus"}};
    for (const Parameters &parameters : known)
      if (name.equals_insensitive(parameters.name))
        return parameters;
    return {name};
  }

  RecurrentOp importDirection(int64_t i) {
    bool isLSTM = kind == RecurrentKind::LSTM;
    auto weights = select(1, i), recurrence = select(2, i), bias = select(3, i);
    auto hidden = select(5, i, /*isState=*/true);
    auto cell = isLSTM ? select(6, i, /*isState=*/true) : FailureOr<Value>(Value());
    auto peepholes = isLSTM ? select(7, i) : FailureOr<Value>(Value());
    if (failed(weights) || failed(recurrence) || failed(bias) ||
        failed(hidden) || failed(cell) || failed(peepholes))
      return {};
    OpBuilder &b = node.getBuilder();
    size_t count = activations.size() / (direction == "bidirectional" ? 2 : 1);
    auto slice = [&](auto &list) {
      return ArrayRef(list).slice(i * count, count);
    };
    SmallVector<StringRef> names(slice(activations));
    FloatAttr clip;
    if (node.hasAttribute("clip"))
      clip = b.getF32FloatAttr(node.getFloat("clip"));
    bool reverse = direction == "reverse" || i == 1;
    bool inputForget = isLSTM && node.getInt("input_forget");
    bool linearBeforeReset =
        kind == RecurrentKind::GRU && node.getInt("linear_before_reset");
    return node.create<RecurrentOp>(
        kind, input, *weights, *recurrence, *bias, node.getInput(4), *hidden,
        *cell, *peepholes, b.getStrArrayAttr(names), slice(alpha), slice(beta),
        clip, reverse, inputForget, linearBeforeReset);
  }

  /// States become [T, directions, B, H], last states [directions, B, H].
  LogicalResult bind(ArrayRef<SmallVector<Value>> outputs) {
    SmallVector<Value> values;
    for (auto [i, parts] : llvm::enumerate(outputs.take_front(node.getNumOutputs()))) {
      if (!node.hasOutput(i)) {
        values.push_back({});
        continue;
      }
      int64_t axis = i == 0 ? 1 : 0;
      SmallVector<Value> expanded;
      for (Value part : parts) {
        Value value = build<UnsqueezeOp>(part, ArrayRef<int64_t>{axis});
        if (!value)
          return failure();
        expanded.push_back(value);
      }
      Value value = expanded.size() == 1
                        ? expanded.front()
                        : build<ConcatOp>(ValueRange(expanded), axis);
      if (value && batchFirst)
        value = i == 0 ? transpose(value, {2, 0, 1, 3}) : transpose(value, {1, 0, 2});
      if (!value)
        return failure();
      values.push_back(value);
    }
    return node.bind(values);
  }

  NodeImporter &node;
  RecurrentKind kind;
  StringRef direction;
  bool batchFirst = false;
  Value input, recurrence;
  SmallVector<StringRef> activations;
  SmallVector<float> alpha, beta;
};
} // namespace

LogicalResult graphopt::importRecurrent(NodeImporter &node) {
  return RecurrentImporter(node).import();
}
