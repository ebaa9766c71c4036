#include "dialects/Graph/Slicing.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(SliceOp op, NodeExporter &node) {
  node.write("Slice", {op.getInput(), op.getStarts(), op.getEnds(),
                       op.getAxes(), op.getSteps()});
  return success();
}

LogicalResult graphopt::exportOp(PadOp op, NodeExporter &node) {
  node.write("Pad", {op.getInput(), op.getPads(), op.getValue(), op.getAxes()})
      .set("mode", stringifyPadMode(op.getMode()));
  return success();
}

LogicalResult graphopt::exportOp(CompressOp op, NodeExporter &node) {
  node.write("Compress", {op.getInput(), op.getCondition()})
      .set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(ReverseSequenceOp op, NodeExporter &node) {
  node.write("ReverseSequence", {op.getInput(), op.getLengths()})
      .set("batch_axis", op.getBatchAxis())
      .set("time_axis", op.getTimeAxis());
  return success();
}
