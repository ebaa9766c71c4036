#include "dialects/Graph/Generator.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(ConstantOfShapeOp op, NodeExporter &node) {
  node.write("ConstantOfShape", {op.getShape()}).setElement("value", op.getValue());
  return success();
}

LogicalResult graphopt::exportOp(RangeOp op, NodeExporter &node) {
  node.write("Range", {op.getStart(), op.getLimit(), op.getDelta()});
  return success();
}

LogicalResult graphopt::exportOp(TriluOp op, NodeExporter &node) {
  node.write("Trilu", {op.getInput(), op.getK()}).set("upper", op.getUpper());
  return success();
}

LogicalResult graphopt::exportOp(OneHotOp op, NodeExporter &node) {
  node.write("OneHot", {op.getIndices(), op.getDepth(), op.getValues()})
      .set("axis", op.getAxis());
  return success();
}
