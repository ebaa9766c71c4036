#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Shape.h"
#include "lib/Export/Exporters.h"
#include "mlir/IR/Matchers.h"

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

LogicalResult graphopt::exportOp(RandomOp op, NodeExporter &node) {
  Type element = op.getElement();
  std::string name = op.getNormal() ? "RandomNormal" : "RandomUniform";
  DenseIntElementsAttr shape;
  auto write = [&]() -> OnnxNode {
    if (matchPattern(op.getShape(), m_Constant(&shape)))
      return node.write(name, {}).set(
          "shape", ArrayRef(llvm::to_vector(shape.getValues<int64_t>())));
    if (auto known = op.getShape().getDefiningOp<ShapeOp>())
      return node.write(name + "Like", {known.getInput()});
    // A shape that the run computes has no other way into the operator.
    OnnxNode like = node.insert("ConstantOfShape", {op.getShape()}, "like", element);
    like.setElement("value", Builder(op.getContext()).getFloatAttr(element, 0));
    return node.write(name + "Like", {like.getOutput()});
  };
  OnnxNode random = write();
  double offset = op.getOffset().convertToDouble(),
         scale = op.getScale().convertToDouble();
  random.set(op.getNormal() ? "mean" : "low", APFloat(float(offset)))
      .set(op.getNormal() ? "scale" : "high",
           APFloat(float(op.getNormal() ? scale : offset + scale)))
      .setType("dtype", element);
  if (op.getSeed())
    random.set("seed", *op.getSeed());
  return success();
}
