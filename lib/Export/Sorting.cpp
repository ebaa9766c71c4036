#include "dialects/Graph/Sorting.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(TopKOp op, NodeExporter &node) {
  node.write("TopK", {op.getInput(), op.getK()})
      .set("axis", op.getAxis())
      .set("largest", op.getLargest())
      .set("sorted", op.getSorted());
  return success();
}

LogicalResult graphopt::exportOp(UniqueOp op, NodeExporter &node) {
  node.write("Unique", {op.getInput()}, /*optional=*/1)
      .set("axis", op.getAxis())
      .set("sorted", op.getSorted());
  return success();
}

LogicalResult graphopt::exportOp(NonMaxSuppressionOp op, NodeExporter &node) {
  node.write("NonMaxSuppression", {op.getBoxes(), op.getScores(), op.getMaxBoxes(),
                                   op.getOverlap(), op.getThreshold()})
      .set("center_point_box", op.getCentered());
  return success();
}
