#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Elementwise.h"
#include "lib/Export/Exporters.h"
#include "lib/Export/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

template <typename Op> static OnnxNode &setPool(OnnxNode &node, Op op) {
  setWindows(node, op, op.getPads());
  return node.set("kernel_shape", op.getKernel()).set("ceil_mode", op.getCeilMode());
}

/// The op that says where the maxima of `op` are: ONNX's MaxPool gives both.
static MaxPoolIndicesOp findIndices(PoolOp op) {
  for (Operation *user : op.getInput().getUsers()) {
    auto indices = dyn_cast<MaxPoolIndicesOp>(user);
    if (indices && indices->getBlock() == op->getBlock() &&
        indices.getKernel() == op.getKernel() &&
        indices.getStrides() == op.getStrides() &&
        indices.getDilations() == op.getDilations() &&
        indices.getPads() == op.getPads() &&
        indices.getAutoPad() == op.getAutoPad() &&
        indices.getCeilMode() == op.getCeilMode())
      return indices;
  }
  return {};
}

static void writeMaxPool(PoolOp op, NodeExporter &node) {
  SmallVector<Value> results{op.getResult()};
  MaxPoolIndicesOp indices = findIndices(op);
  if (indices && !node.getModel().isWritten(indices)) {
    results.push_back(indices.getResult());
    node.getModel().markWritten(indices);
  }
  OnnxNode onnx = node.writeAs("MaxPool", {op.getInput()}, results);
  setPool(onnx, op);
  if (results.size() > 1)
    onnx.set("storage_order", indices.getColumnMajor());
}

LogicalResult graphopt::exportOp(MaxPoolIndicesOp op, NodeExporter &node) {
  OnnxNode onnx = node.writeAs("MaxPool", {op.getInput()}, {Value(), op.getResult()});
  Type type = cast<RankedTensorType>(op.getInput().getType()).getElementType();
  onnx.setOutput(0, node.createName("maxima", type));
  setPool(onnx, op).set("storage_order", op.getColumnMajor());
  return success();
}

/// The exponent of a power of `value` that is a constant; 1 if `value` is none.
static std::pair<Value, double> splitPower(Value value) {
  auto power = value.getDefiningOp<BinaryOp>();
  if (!power || power.getKind() != BinaryKind::Pow)
    return {value, 1};
  std::optional<SmallVector<double>> exponent = getConstantFloats(power.getRhs());
  if (!exponent || exponent->size() != 1)
    return {value, 1};
  return {power.getLhs(), exponent->front()};
}

/// sum(|x|^p)^(1/p), the only sum over windows that ONNX has.
static LogicalResult writeLpPool(PoolOp op, NodeExporter &node) {
  auto [base, p] = splitPower(op.getInput());
  auto magnitude = base.getDefiningOp<UnaryOp>();
  if (!magnitude || magnitude.getKind() != UnaryKind::Abs || p < 1 ||
      p != int64_t(p))
    return node.refuse("a sum of what may be negative");
  Value result = op.getResult();
  if (p > 1) {
    auto root = op->hasOneUse() ? dyn_cast<BinaryOp>(*op->user_begin()) : BinaryOp();
    auto [sum, exponent] = root ? splitPower(root.getResult()) : std::pair(Value(), 0.0);
    if (sum != op.getResult() || std::abs(exponent * p - 1) > 1e-3 ||
        root->getBlock() != op->getBlock())
      return node.refuse("a sum of powers without its root");
    node.getModel().markWritten(root);
    result = root.getResult();
  }
  OnnxNode onnx = node.writeAs("LpPool", {magnitude.getInput()}, result);
  setPool(onnx, op).set("p", int64_t(p));
  return success();
}

LogicalResult graphopt::exportOp(PoolOp op, NodeExporter &node) {
  if (op.getChannelsLast())
    return node.refuse("its channels are last");
  if (op.getKind() == PoolKind::Sum)
    return writeLpPool(op, node);
  if (op.getKind() == PoolKind::Max) {
    writeMaxPool(op, node);
    return success();
  }
  OnnxNode onnx = node.write("AveragePool", {op.getInput()});
  setPool(onnx, op).set("count_include_pad",
                        op.getKind() == PoolKind::AverageWithPads);
  return success();
}
