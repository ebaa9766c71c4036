#include "Primitives.h"
#include "dialects/Graph/Shape.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

std::optional<Scaled> graphopt::matchWithNumber(BinaryOp op) {
  bool commutes =
      op.getKind() == BinaryKind::Add || op.getKind() == BinaryKind::Mul;
  for (bool isSwapped : {false, true}) {
    Value value = op->getOperand(isSwapped), number = op->getOperand(!isSwapped);
    if ((isSwapped && !commutes) || value.getType() != op.getType())
      continue;
    if (std::optional<double> splat = getSplat(number))
      return Scaled{value, *splat};
  }
  return std::nullopt;
}

std::optional<Scaled> graphopt::matchMultiple(Value value) {
  auto op = value.getDefiningOp<BinaryOp>();
  if (!op ||
      (op.getKind() != BinaryKind::Mul && op.getKind() != BinaryKind::Div))
    return std::nullopt;
  std::optional<Scaled> scaled = matchWithNumber(op);
  if (scaled && op.getKind() == BinaryKind::Div)
    scaled->number = 1 / scaled->number;
  return scaled;
}

Operation *graphopt::getOnlyReader(Value value) {
  Operation *reader = nullptr;
  for (Operation *user : value.getUsers()) {
    if (isa<ShapeOp>(user) || user == reader)
      continue;
    if (reader)
      return nullptr;
    reader = user;
  }
  return reader;
}
