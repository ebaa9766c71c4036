// Constant and Identity.
#include "lib/Import/GraphMath.h"
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
  } else if (node.hasAttribute("value_string")) {
    StringRef text = node.getString("value_string");
    if (text.contains('\0'))
      return node.emitError("value_string has a byte that is 0");
    value = GraphMath{node}.squeeze(node.createStrings(text), {0});
  } else if (node.hasAttribute("value_strings")) {
    value = node.createStrings(node.getStrings("value_strings"));
  } else {
    return node.emitError() << "it has no value that is supported";
  }
  return value ? node.bind(value) : failure();
}

LogicalResult graphopt::importIdentity(NodeImporter &node) {
  return node.bind(node.getInput(0));
}
