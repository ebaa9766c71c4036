#include "dialects/Graph/Elementwise.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Operators that are called as their enum case.
LogicalResult graphopt::importUnary(NodeImporter &node) {
  std::optional<UnaryKind> kind = symbolizeUnaryKind(node.getOpType());
  assert(kind && "OnnxOps.def has a row for it");
  return node.finish<UnaryOp>(*kind, node.getInput(0));
}

LogicalResult graphopt::importBinary(NodeImporter &node) {
  std::optional<BinaryKind> kind = symbolizeBinaryKind(node.getOpType());
  assert(kind && "OnnxOps.def has a row for it");
  return node.finish<BinaryOp>(*kind, node.getInput(0), node.getInput(1));
}

LogicalResult graphopt::importWhere(NodeImporter &node) {
  return node.finish<WhereOp>(node.getInput(0), node.getInput(1),
                              node.getInput(2));
}

LogicalResult graphopt::importCast(NodeImporter &node) {
  Type to = node.getElementType("to");
  return to ? node.finish<CastOp>(node.getInput(0), to) : failure();
}

LogicalResult graphopt::importCastLike(NodeImporter &node) {
  return node.finish<CastOp>(node.getInput(0),
                             node.getInputType(1).getElementType());
}
