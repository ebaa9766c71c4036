#include "dialects/Graph/Reduction.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Reduction.cpp.inc"

void GraphDialect::registerReduction() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Reduction.cpp.inc"
      >();
}

static bool isDefined(ReduceKind kind, Type type) {
  switch (kind) {
  case ReduceKind::Max:
  case ReduceKind::Min:
    return true;
  case ReduceKind::LogSum:
  case ReduceKind::LogSumExp:
    return isa<FloatType>(type);
  default:
    return type.isIntOrFloat() &&
           (isa<FloatType>(type) || type.getIntOrFloatBitWidth() >= 32);
  }
}

/// All elements of a shape combined, or null.
static AffineExpr reduceElements(ShapeInference &shapes, ReduceKind kind,
                                 ArrayRef<AffineExpr> elements) {
  if (kind == ReduceKind::Prod)
    return shapes.product(elements);
  if (kind == ReduceKind::Sum) {
    AffineExpr sum = shapes.constant(0);
    for (AffineExpr element : elements)
      sum = shapes.add(sum, element);
    return sum;
  }
  if (elements.empty() || (kind != ReduceKind::Max && kind != ReduceKind::Min))
    return {};
  std::optional<int64_t> best;
  for (AffineExpr element : elements) {
    std::optional<int64_t> value = getConstant(element);
    if (!value)
      return {};
    if (!best || (kind == ReduceKind::Max ? *value > *best : *value < *best))
      best = value;
  }
  return shapes.constant(*best);
}

LogicalResult ReduceOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  if (!isDefined(op.getKind(), input.elementType)) // C1
    return emitOptionalError(loc, stringifyReduceKind(op.getKind()),
                             " is not defined for ", input.elementType);
  FailureOr<SmallVector<int64_t>> axes =
      normalizeAxes(loc, op.getAxes(), input.getRank()); // C2
  if (failed(axes))
    return failure();
  InferredTensor result{input.elementType, {}};
  for (auto [i, dim] : llvm::enumerate(input.dims)) {
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i)))
      result.dims.push_back(dim);
    else if (op.getKeepdims())
      result.dims.push_back(shapes.constant(1));
  }
  if (input.elements && input.getRank() == 1 && axes->size() == 1)
    result.elements = SmallVector<AffineExpr>{
        reduceElements(shapes, op.getKind(), *input.elements)};
  results.push_back(std::move(result));
  return success();
}

LogicalResult ArgOp::inferResults(ShapeInference &shapes,
                                  std::optional<Location> loc, Adaptor op,
                                  SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), input.getRank()); // C1
  if (failed(axis))
    return failure();
  InferredTensor result{IntegerType::get(shapes.getContext(), 64), input.dims};
  AffineExpr extent = input.dims[*axis];
  if (op.getKeepdims())
    result.dims[*axis] = shapes.constant(1);
  else
    result.dims.erase(result.dims.begin() + *axis);
  bool isFull = llvm::all_of(result.dims, [](AffineExpr dim) {
    return getConstant(dim).value_or(0) > 0;
  });
  if (getConstant(extent) == 0 && isFull) // C2
    return emitOptionalError(loc, "dimension ", *axis, " has no elements");
  results.push_back(std::move(result));
  return success();
}
