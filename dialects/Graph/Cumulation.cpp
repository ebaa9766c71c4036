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
  if (failed(normalizeAxis(loc, op.getAxis(), input.getRank()))) // C1
    return failure();
  Type type = input.elementType;
  if (!isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32) // C2
    return emitOptionalError(loc, "Cum", stringifyCumKind(op.getKind()),
                             " is not defined for ", type);
  results.push_back({type, input.dims});
  return success();
}
