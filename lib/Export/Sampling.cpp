#include "dialects/Graph/Sampling.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(GridSampleOp op, NodeExporter &node) {
  node.write("GridSample", {op.getInput(), op.getGrid()})
      .set("mode", stringifyInterpolation(op.getMode()))
      .set("padding_mode", stringifyOutsideMode(op.getOutside()))
      .set("align_corners", op.getAlignCorners());
  return success();
}

LogicalResult graphopt::exportOp(Col2ImOp op, NodeExporter &node) {
  node.write("Col2Im", {op.getInput(), op.getImage(), op.getBlock()})
      .set("strides", op.getStrides())
      .set("dilations", op.getDilations())
      .set("pads", op.getPads());
  return success();
}
