#include "dialects/Graph/Linear.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(MatMulOp op, NodeExporter &node) {
  bool ofBytes = op.getLhs().getType().getElementType().isInteger(8);
  node.write(ofBytes ? "MatMulInteger" : "MatMul", {op.getLhs(), op.getRhs()});
  return success();
}

LogicalResult graphopt::exportOp(GemmOp op, NodeExporter &node) {
  node.write("Gemm", {op.getLhs(), op.getRhs(), op.getBias()})
      .set("transA", op.getTransA())
      .set("transB", op.getTransB())
      .set("alpha", op.getAlpha())
      .set("beta", op.getBeta());
  return success();
}

LogicalResult graphopt::exportOp(EinsumOp op, NodeExporter &node) {
  SmallVector<NodeInput> inputs(op.getInputs().begin(), op.getInputs().end());
  node.write("Einsum", inputs).set("equation", op.getEquation());
  return success();
}

LogicalResult graphopt::exportOp(DetOp op, NodeExporter &node) {
  node.write("Det", {op.getInput()});
  return success();
}
