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

/// Whether a tensor may have one element: no other extent than 1 is known.
static bool mayBeScalar(const InferredTensor &tensor) {
  return llvm::all_of(tensor.dims, [](AffineExpr dim) {
    return getConstant(dim).value_or(1) == 1;
  });
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
  if (!mayBeScalar(k)) // C2
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

LogicalResult UniqueOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), input.getRank()); // C1
  if (failed(axis))
    return failure();
  Type i64 = IntegerType::get(shapes.getContext(), 64);
  InferredTensor values{input.elementType, input.dims};
  values.dims[*axis] = {};
  results.push_back(std::move(values));
  results.push_back({i64, {AffineExpr()}});
  results.push_back({i64, {input.dims[*axis]}});
  results.push_back({i64, {AffineExpr()}});
  return success();
}

LogicalResult
NonMaxSuppressionOp::inferResults(ShapeInference &shapes,
                                  std::optional<Location> loc, Adaptor op,
                                  SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &boxes = shapes.get(op.getBoxes()),
                       &scores = shapes.get(op.getScores());
  auto differ = [](AffineExpr lhs, AffineExpr rhs) {
    std::optional<int64_t> left = getConstant(lhs), right = getConstant(rhs);
    return left && right && *left != *right;
  };
  if (boxes.getRank() != 3 || scores.getRank() != 3 ||
      getConstant(boxes.dims[2]).value_or(4) != 4 || differ(boxes.dims[0], scores.dims[0]) ||
      differ(boxes.dims[1], scores.dims[2])) // C1
    return emitOptionalError(loc, "boxes of type ", op.getBoxes().getType(),
                             " and scores of type ", op.getScores().getType(),
                             " are not [batch, box, 4] and [batch, class, box]");
  for (Value scalar : {op.getMaxBoxes(), op.getOverlap(), op.getThreshold()})
    if (scalar && !mayBeScalar(shapes.get(scalar))) // C2
      return emitOptionalError(loc, "a limit must have one element, but its type "
                                    "is ",
                               scalar.getType());
  results.push_back({IntegerType::get(shapes.getContext(), 64),
                     {AffineExpr(), shapes.constant(3)}});
  return success();
}
