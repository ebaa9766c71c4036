#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importConstantOfShape(NodeImporter &node) {
  TypedAttr value = node.getBuilder().getF32FloatAttr(0);
  if (node.hasAttribute("value")) {
    Value tensor = node.getTensor("value");
    if (!tensor)
      return failure();
    DenseElementsAttr elements;
    if (!matchPattern(tensor, m_Constant(&elements)) ||
        elements.getNumElements() != 1)
      return node.emitError() << "value must have one element";
    value = cast<TypedAttr>(*elements.value_begin<Attribute>());
  }
  return node.finish<ConstantOfShapeOp>(getListOfDims(node, 0), value);
}

/// Lists of one number are taken for it, as ONNX Runtime does.
LogicalResult graphopt::importRange(NodeImporter &node) {
  SmallVector<Value> numbers;
  for (size_t i = 0; i < 3; ++i) {
    numbers.push_back(node.getInput(i));
    if (node.getInputType(i).getShape() == ArrayRef<int64_t>{1})
      numbers.back() = node.create<SqueezeOp>(numbers.back(), SmallVector<int64_t>{0});
  }
  return node.finish<RangeOp>(numbers[0], numbers[1], numbers[2]);
}

LogicalResult graphopt::importTrilu(NodeImporter &node) {
  return node.finish<TriluOp>(node.getInput(0), node.getInput(1),
                              node.getInt("upper") != 0);
}

/// Ones of the input's shape, of which both sides of diagonal `k` go.
LogicalResult graphopt::importEyeLike(NodeImporter &node) {
  RankedTensorType type = node.getInputType(0);
  if (type.getRank() != 2)
    return node.emitError() << "input has rank " << type.getRank() << ", not 2";
  Type element = node.getElementType("dtype", type.getElementType());
  if (!element)
    return failure();
  Builder &builder = node.getBuilder();
  TypedAttr one;
  if (isa<FloatType>(element))
    one = builder.getFloatAttr(element, 1);
  else
    one = builder.getIntegerAttr(element, 1);
  Value shape = node.create<ShapeOp>(node.getInput(0));
  Value ones = node.create<ConstantOfShapeOp>(shape, one);
  Value k = node.createScalar(builder.getI64Type(), node.getInt("k"));
  Value above = node.create<TriluOp>(ones, k, /*upper=*/true);
  return node.finish<TriluOp>(above, k, /*upper=*/false);
}

/// Any number as i64, whose fraction is cut off.
static Value castToI64(NodeImporter &node, Value value) {
  Type i64 = node.getBuilder().getI64Type();
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() == i64)
    return value;
  // So that inference sees it.
  if (auto floats = node.getConstantFloats(value);
      floats && type.getNumElements() == 1)
    return node.createInts(static_cast<int64_t>(floats->front()));
  return node.create<CastOp>(value, i64);
}

LogicalResult graphopt::importOneHot(NodeImporter &node) {
  Value indices = castToI64(node, node.getInput(0));
  Value depth = castToI64(node, node.getInput(1));
  if (!indices || !depth)
    return failure();
  return node.finish<OneHotOp>(indices, depth, node.getInput(2),
                               node.getInt("axis", -1));
}
