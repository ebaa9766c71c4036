#include "dialects/Graph/Indexing.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(GatherOp op, NodeExporter &node) {
  node.write("Gather", {op.getData(), op.getIndices()}).set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(GatherElementsOp op, NodeExporter &node) {
  node.write("GatherElements", {op.getData(), op.getIndices()})
      .set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(GatherNDOp op, NodeExporter &node) {
  node.write("GatherND", {op.getData(), op.getIndices()})
      .set("batch_dims", op.getBatchDims());
  return success();
}

LogicalResult graphopt::exportOp(NonZeroOp op, NodeExporter &node) {
  node.write("NonZero", {op.getInput()});
  return success();
}
