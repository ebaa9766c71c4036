// Constant and Identity.
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;

LogicalResult graphopt::importConstant(NodeImporter &node) {
  Value value;
  OpBuilder &builder = node.getBuilder();
  if (node.hasAttribute("value_int")) {
    value = node.createConstant(
        DenseElementsAttr::get(RankedTensorType::get({}, builder.getI64Type()),
                               node.getInt("value_int")));
  } else if (node.hasAttribute("value_ints")) {
    value = node.createInts(node.getInts("value_ints"));
  } else if (node.hasAttribute("value_float")) {
    value =
        node.createScalar(builder.getF32Type(), node.getFloat("value_float"));
  } else if (node.hasAttribute("value_floats")) {
    SmallVector<float> floats = node.getFloats("value_floats");
    auto type =
        RankedTensorType::get(int64_t(floats.size()), builder.getF32Type());
    value = node.createConstant(
        DenseElementsAttr::get(type, ArrayRef<float>(floats)));
  } else if (node.hasAttribute("value")) {
    value = node.getTensor("value");
  } else {
    return node.emitError() << "constants of strings are not supported";
  }
  return value ? node.bind(value) : failure();
}

LogicalResult graphopt::importIdentity(NodeImporter &node) {
  return node.bind(node.getInput(0));
}
