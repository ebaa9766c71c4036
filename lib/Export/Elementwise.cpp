#include "dialects/Graph/Elementwise.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Most cases are called as their operators.
LogicalResult graphopt::exportOp(UnaryOp op, NodeExporter &node) {
  if (op.getKind() == UnaryKind::GeluTanh) {
    node.write("Gelu", {op.getInput()}).set("approximate", "tanh");
    return success();
  }
  // Swish came with opset 24 only.
  if (op.getKind() == UnaryKind::Swish) {
    std::string gate = node.insert("Sigmoid", {op.getInput()}, "gate",
                                   op.getType().getElementType())
                           .getOutput();
    node.write("Mul", {op.getInput(), gate});
    return success();
  }
  node.write(stringifyUnaryKind(op.getKind()), {op.getInput()});
  return success();
}

LogicalResult graphopt::exportOp(BinaryOp op, NodeExporter &node) {
  BinaryKind kind = op.getKind();
  auto write = [&](StringRef name) {
    return node.write(name, {op.getLhs(), op.getRhs()});
  };
  if (kind == BinaryKind::FMod)
    write("Mod").set("fmod", 1);
  else if (kind == BinaryKind::BitShiftLeft)
    write("BitShift").set("direction", "LEFT");
  else if (kind == BinaryKind::BitShiftRight)
    write("BitShift").set("direction", "RIGHT");
  else
    write(stringifyBinaryKind(kind));
  return success();
}

LogicalResult graphopt::exportOp(WhereOp op, NodeExporter &node) {
  node.write("Where", {op.getCondition(), op.getOnTrue(), op.getOnFalse()});
  return success();
}

LogicalResult graphopt::exportOp(CastOp op, NodeExporter &node) {
  auto written = node.write("Cast", {op.getInput()});
  written.setType("to", op.getTo());
  if (op.getUnsaturated())
    written.set("saturate", 0);
  if (op.getRounding() != Rounding::Up)
    written.set("round_mode", stringifyRounding(op.getRounding()));
  return success();
}

LogicalResult graphopt::exportOp(BitcastOp op, NodeExporter &node) {
  node.write("BitCast", {op.getInput()}).setType("to", op.getTo());
  return success();
}
