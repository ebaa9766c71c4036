#include "dialects/Graph/Recurrent.h"
#include "dialects/Graph/Shape.h"
#include "lib/Export/Exporters.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Writes a direction as an LSTM, GRU or RNN of one direction, which in ONNX is a
/// dimension of weights, states and results.
class RecurrentExporter {
public:
  RecurrentExporter(RecurrentOp op, NodeExporter &node) : op(op), node(node) {}

  LogicalResult write() {
    bool isLSTM = op.getKind() == RecurrentKind::LSTM;
    SmallVector<NodeInput> inputs{
        op.getInput(), expand(op.getWeights(), "W"), expand(op.getRecurrence(), "R"),
        expand(op.getBias(), "B"), op.getLengths(),
        expand(op.getInitialHidden(), "initial_h")};
    if (isLSTM) {
      inputs.push_back(expand(op.getInitialCell(), "initial_c"));
      inputs.push_back(expand(op.getPeepholes(), "P"));
    }
    SmallVector<Value> results, rest;
    for (Value result : op.getResults()) {
      Value expanded = findExpanded(result, getAxis(result));
      results.push_back(expanded);
      rest.push_back(expanded || result.use_empty() ? Value() : result);
    }
    OnnxNode onnx = node.writeAs(stringifyRecurrentKind(op.getKind()), inputs, results);
    setAttributes(onnx);
    for (auto [i, result] : llvm::enumerate(rest))
      if (result)
        squeeze(onnx, i, result);
    return success();
  }

private:
  /// The results' dimension for the direction.
  int64_t getAxis(Value result) { return result == op.getStates() ? 1 : 0; }

  /// `value` with a first dimension of extent 1.
  NodeInput expand(Value value, StringRef what) {
    if (!value)
      return value;
    if (auto squeezed = value.getDefiningOp<SqueezeOp>()) {
      auto type = cast<RankedTensorType>(squeezed.getInput().getType());
      if (squeezed.getAxes() == ArrayRef<int64_t>{0} && type.getDimSize(0) == 1)
        return squeezed.getInput();
    }
    auto type = cast<RankedTensorType>(value.getType());
    DenseResourceElementsAttr constant;
    if (matchPattern(value, m_Constant(&constant))) {
      SmallVector<int64_t> shape(type.getShape());
      shape.insert(shape.begin(), 1);
      return node.createTensor(what, DenseResourceElementsAttr::get(
                                         type.clone(shape), constant.getRawHandle()));
    }
    return node
        .insert("Unsqueeze", {value, node.createInts("axis", {0})}, what,
                type.getElementType())
        .getOutput();
  }

  /// The only use of `result` if it is what ONNX gives.
  Value findExpanded(Value result, int64_t axis) {
    auto expanded =
        result.hasOneUse() ? dyn_cast<UnsqueezeOp>(*result.user_begin()) : UnsqueezeOp();
    if (!expanded || expanded.getAxes() != ArrayRef(axis) ||
        expanded->getBlock() != op->getBlock())
      return {};
    node.getModel().markWritten(expanded);
    return expanded.getResult();
  }

  void squeeze(OnnxNode &onnx, unsigned index, Value result) {
    Type type = cast<RankedTensorType>(result.getType()).getElementType();
    std::string name = node.createName("Y", type);
    onnx.setOutput(index, name);
    node.writeAs("Squeeze",
                 {name, node.createInts("direction", ArrayRef(getAxis(result)))},
                 result);
  }

  void setAttributes(OnnxNode &onnx) {
    RecurrentKind kind = op.getKind();
    auto recurrence = cast<RankedTensorType>(op.getRecurrence().getType());
    onnx.set("hidden_size", recurrence.getDimSize(1))
        .set("direction", op.getReverse() ? "reverse" : "forward");
    SmallVector<StringRef> activations = llvm::map_to_vector(
        op.getActivations().getAsRange<StringAttr>(),
        [](StringAttr name) { return name.getValue(); });
    onnx.set("activations", ArrayRef(activations));
    setParameters(onnx, activations);
    if (std::optional<APFloat> clip = op.getClip())
      onnx.set("clip", *clip);
    if (kind == RecurrentKind::LSTM)
      onnx.set("input_forget", op.getInputForget());
    if (kind == RecurrentKind::GRU)
      onnx.set("linear_before_reset", op.getLinearBeforeReset());
  }

  /// ONNX lists the parameters of the functions that have some.
  void setParameters(OnnxNode &onnx, ArrayRef<StringRef> activations) {
    static constexpr StringRef withBoth[] = {"Affine", "ScaledTanh", "HardSigmoid"};
    static constexpr StringRef withAlpha[] = {"LeakyRelu", "ThresholdedRelu", "Elu"};
    SmallVector<float> alphas, betas;
    for (auto [i, name] : llvm::enumerate(activations)) {
      bool hasBoth = llvm::is_contained(withBoth, name);
      if (hasBoth || llvm::is_contained(withAlpha, name))
        alphas.push_back(op.getAlpha()[i]);
      if (hasBoth)
        betas.push_back(op.getBeta()[i]);
    }
    if (!alphas.empty())
      onnx.set("activation_alpha", ArrayRef<float>(alphas));
    if (!betas.empty())
      onnx.set("activation_beta", ArrayRef<float>(betas));
  }

  RecurrentOp op;
  NodeExporter &node;
};
} // namespace

LogicalResult graphopt::exportOp(RecurrentOp op, NodeExporter &node) {
  return RecurrentExporter(op, node).write();
}
