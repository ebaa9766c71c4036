#include "dialects/Graph/Scattering.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static std::string nameReduction(std::optional<BinaryKind> kind) {
  return kind ? stringifyBinaryKind(*kind).lower() : "none";
}

LogicalResult graphopt::exportOp(ScatterElementsOp op, NodeExporter &node) {
  node.write("ScatterElements", {op.getData(), op.getIndices(), op.getUpdates()})
      .set("axis", op.getAxis())
      .set("reduction", StringRef(nameReduction(op.getReduction())));
  return success();
}

LogicalResult graphopt::exportOp(ScatterNDOp op, NodeExporter &node) {
  node.write("ScatterND", {op.getData(), op.getIndices(), op.getUpdates()})
      .set("reduction", StringRef(nameReduction(op.getReduction())));
  return success();
}

LogicalResult graphopt::exportOp(TensorScatterOp op, NodeExporter &node) {
  node.write("TensorScatter", {op.getData(), op.getUpdates(), op.getStarts()})
      .set("axis", op.getAxis())
      .set("mode", op.getCircular() ? "circular" : "linear");
  return success();
}
