#include "dialects/Graph/Reduction.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(ReduceOp op, NodeExporter &node) {
  SmallVector<NodeInput> inputs{op.getInput()};
  // All dimensions of a scalar are none.
  bool hasAxes = cast<RankedTensorType>(op.getInput().getType()).getRank() > 0;
  if (hasAxes)
    inputs.push_back(node.createInts("axes", op.getAxes()));
  node.write(("Reduce" + stringifyReduceKind(op.getKind())).str(), inputs)
      .set("keepdims", op.getKeepdims())
      .set("noop_with_empty_axes", hasAxes && op.getAxes().empty());
  return success();
}

LogicalResult graphopt::exportOp(ArgOp op, NodeExporter &node) {
  node.write(("Arg" + stringifyArgKind(op.getKind())).str(), {op.getInput()})
      .set("axis", op.getAxis())
      .set("keepdims", op.getKeepdims())
      .set("select_last_index", op.getLast());
  return success();
}
