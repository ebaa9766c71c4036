#include "dialects/Graph/Shape.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(ShapeOp op, NodeExporter &node) {
  node.write("Shape", {op.getInput()});
  return success();
}

LogicalResult graphopt::exportOp(SizeOp op, NodeExporter &node) {
  node.write("Size", {op.getInput()});
  return success();
}

LogicalResult graphopt::exportOp(TransposeOp op, NodeExporter &node) {
  node.write("Transpose", {op.getInput()}).set("perm", op.getPermutation());
  return success();
}

LogicalResult graphopt::exportOp(ReshapeOp op, NodeExporter &node) {
  node.write("Reshape", {op.getInput(), op.getShape()})
      .set("allowzero", op.getAllowZero());
  return success();
}

LogicalResult graphopt::exportOp(ConcatOp op, NodeExporter &node) {
  SmallVector<NodeInput> inputs(op.getInputs().begin(), op.getInputs().end());
  node.write("Concat", inputs).set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(SqueezeOp op, NodeExporter &node) {
  node.write("Squeeze", {op.getInput(), node.createInts("axes", op.getAxes())});
  return success();
}

LogicalResult graphopt::exportOp(UnsqueezeOp op, NodeExporter &node) {
  node.write("Unsqueeze", {op.getInput(), node.createInts("axes", op.getAxes())});
  return success();
}

LogicalResult graphopt::exportOp(ExpandOp op, NodeExporter &node) {
  node.write("Expand", {op.getInput(), op.getShape()});
  return success();
}

LogicalResult graphopt::exportOp(TileOp op, NodeExporter &node) {
  node.write("Tile", {op.getInput(), op.getRepeats()});
  return success();
}

LogicalResult graphopt::exportOp(SplitOp op, NodeExporter &node) {
  OnnxNode onnx = node.write("Split", {op.getInput(), op.getSizes()});
  onnx.set("axis", op.getAxis());
  if (!op.getSizes())
    onnx.set("num_outputs", op.getParts());
  return success();
}
