#include "dialects/Graph/Elementwise.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Cases are called as their operators.
LogicalResult graphopt::exportOp(UnaryOp op, NodeExporter &node) {
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
  node.write("Cast", {op.getInput()}).setType("to", op.getTo());
  return success();
}
