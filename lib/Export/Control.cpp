#include "dialects/Graph/Control.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(IfOp op, NodeExporter &node) {
  OnnxNode onnx = node.write("If", {op.getCondition()});
  node.writeGraph(onnx, "then_branch", op.getThenBranch());
  node.writeGraph(onnx, "else_branch", op.getElseBranch());
  return success();
}

LogicalResult graphopt::exportOp(LoopOp op, NodeExporter &node) {
  SmallVector<NodeInput> inputs{op.getMaxTrips(), op.getCondition()};
  inputs.append(op.getInits().begin(), op.getInits().end());
  OnnxNode onnx = node.write("Loop", inputs);
  node.writeGraph(onnx, "body", op.getBody());
  return success();
}
