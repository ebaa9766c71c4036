#include "dialects/Graph/Cumulation.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Cumulation.cpp.inc"

void GraphDialect::registerCumulation() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Cumulation.cpp.inc"
      >();
}

LogicalResult
CumulateOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                         Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &axis = shapes.get(op.getAxis());
  std::optional<SmallVector<int64_t>> shape = axis.getStaticShape();
  if (!shape || ShapedType::getNumElements(*shape) != 1) // C1
    return emitOptionalError(loc, "axis must have one element, but its type is ",
                             op.getAxis().getType());
  if (input.getRank() == 0) // C1
    return emitOptionalError(loc, "a scalar has no axis");
  if (auto value = axis.getConstantElements())
    if (failed(normalizeAxis(loc, value->front(), input.getRank()))) // C1
      return failure();
  Type type = input.elementType;
  if (!type.isIntOrFloat() || (!isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32)) // C2
    return emitOptionalError(loc, "Cum", stringifyCumKind(op.getKind()),
                             " is not defined for ", type);
  results.push_back({type, input.dims});
  return success();
}
