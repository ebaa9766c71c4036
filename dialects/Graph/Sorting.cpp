#include "dialects/Graph/Sorting.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Sorting.cpp.inc"

void GraphDialect::registerSorting() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Sorting.cpp.inc"
      >();
}

LogicalResult TopKOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput()),
                       &k = shapes.get(op.getK());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), input.getRank()); // C1
  if (failed(axis))
    return failure();
  std::optional<SmallVector<int64_t>> shape = k.getStaticShape();
  if (!shape || ShapedType::getNumElements(*shape) != 1) // C2
    return emitOptionalError(loc, "k must have one element, but its type is ",
                             op.getK().getType());
  AffineExpr count = k.elements ? k.elements->front() : AffineExpr();
  std::optional<int64_t> wanted = getConstant(count),
                         extent = getConstant(input.dims[*axis]);
  if (wanted && *wanted < 0) // C3
    return emitOptionalError(loc, "k is ", *wanted);
  if (wanted && extent && *wanted > *extent) // C3
    return emitOptionalError(loc, "k is ", *wanted, ", but a row has ", *extent,
                             " elements");
  InferredTensor values{input.elementType, input.dims};
  values.dims[*axis] = count;
  InferredTensor indices{IntegerType::get(shapes.getContext(), 64), values.dims};
  results.push_back(std::move(values));
  results.push_back(std::move(indices));
  return success();
}
