#include "dialects/Graph/Generator.h"
#include "lib/Import/Importers.h"
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
  return node.finish<ConstantOfShapeOp>(node.getInput(0), value);
}

LogicalResult graphopt::importRange(NodeImporter &node) {
  return node.finish<RangeOp>(node.getInput(0), node.getInput(1),
                              node.getInput(2));
}
