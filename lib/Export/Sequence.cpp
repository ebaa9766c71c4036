#include "dialects/Graph/Sequence.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(SequenceEmptyOp op, NodeExporter &node) {
  node.write("SequenceEmpty", {}).setType("dtype", op.getElement());
  return success();
}

LogicalResult graphopt::exportOp(SequenceConstructOp op, NodeExporter &node) {
  node.write("SequenceConstruct", llvm::to_vector_of<NodeInput>(op.getValues()));
  return success();
}

LogicalResult graphopt::exportOp(SequenceInsertOp op, NodeExporter &node) {
  node.write("SequenceInsert", {op.getSequence(), op.getValue(), op.getPosition()});
  return success();
}

LogicalResult graphopt::exportOp(SequenceEraseOp op, NodeExporter &node) {
  node.write("SequenceErase", {op.getSequence(), op.getPosition()});
  return success();
}

LogicalResult graphopt::exportOp(SequenceAtOp op, NodeExporter &node) {
  node.write("SequenceAt", {op.getSequence(), op.getPosition()});
  return success();
}

LogicalResult graphopt::exportOp(SequenceLengthOp op, NodeExporter &node) {
  node.write("SequenceLength", {op.getSequence()});
  return success();
}

LogicalResult graphopt::exportOp(SplitToSequenceOp op, NodeExporter &node) {
  node.write("SplitToSequence", {op.getInput(), op.getSizes()})
      .set("axis", op.getAxis())
      .set("keepdims", op.getKeepDims());
  return success();
}

LogicalResult graphopt::exportOp(ConcatFromSequenceOp op, NodeExporter &node) {
  node.write("ConcatFromSequence", {op.getSequence()})
      .set("axis", op.getAxis())
      .set("new_axis", op.getNewAxis());
  return success();
}

LogicalResult graphopt::exportOp(OptionalSomeOp op, NodeExporter &node) {
  node.write("Optional", {op.getValue()});
  return success();
}

LogicalResult graphopt::exportOp(OptionalNoneOp op, NodeExporter &node) {
  node.write("Optional", {}).setValueType("type", op.getType());
  return success();
}

LogicalResult graphopt::exportOp(OptionalHasElementOp op, NodeExporter &node) {
  node.write("OptionalHasElement", {op.getValue()});
  return success();
}

LogicalResult graphopt::exportOp(OptionalGetElementOp op, NodeExporter &node) {
  node.write("OptionalGetElement", {op.getValue()});
  return success();
}

LogicalResult graphopt::exportOp(RetypeOp op, NodeExporter &node) {
  node.write("Identity", {op.getValue()});
  return success();
}
