#include "dialects/Graph/Pooling.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Pooling.cpp.inc"

void GraphDialect::registerPooling() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Pooling.cpp.inc"
      >();
}

template <typename Op>
static SmallVector<Window> getPoolWindows(ShapeInference &shapes, Op op) {
  SmallVector<AffineExpr> kernel;
  for (int64_t extent : op.getKernel())
    kernel.push_back(shapes.constant(extent));
  SmallVector<Window> windows = graphopt::graph::getWindows(op, kernel);
  for (Window &window : windows)
    window.ceilMode = op.getCeilMode();
  return windows;
}

/// `result` is the input, and gets the spatial extents of the result.
template <typename Adaptor>
static LogicalResult inferPool(ShapeInference &shapes,
                               std::optional<Location> loc, Adaptor op,
                               bool channelsLast, InferredTensor &result) {
  if (failed(checkWindows(loc, result.getRank(), op.getStrides(),
                          op.getDilations(), op.getPads()))) // C1, C2
    return failure();
  if (static_cast<int64_t>(op.getKernel().size()) != result.getRank() - 2 ||
      llvm::any_of(op.getKernel(), [](int64_t k) { return k < 1; })) // C4
    return emitOptionalError(loc, "needs a positive kernel extent for each of ",
                             result.getRank() - 2, " spatial dimensions");
  return inferWindowCounts(shapes, loc, getPoolWindows(shapes, op),
                           channelsLast, result); // C3
}

LogicalResult PoolOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  if (op.getKind() != PoolKind::Max && !isa<FloatType>(input.elementType)) // C5
    return emitOptionalError(loc, stringifyPoolKind(op.getKind()),
                             " is not defined for ", input.elementType);
  InferredTensor result{input.elementType, input.dims};
  if (failed(inferPool(shapes, loc, op, op.getChannelsLast(), result)))
    return failure();
  results.push_back(std::move(result));
  return success();
}

SmallVector<Window> PoolOp::getWindows(ShapeInference &shapes) {
  return getPoolWindows(shapes, *this);
}

LogicalResult
MaxPoolIndicesOp::inferResults(ShapeInference &shapes,
                               std::optional<Location> loc, Adaptor op,
                               SmallVectorImpl<InferredTensor> &results) {
  InferredTensor result{IntegerType::get(shapes.getContext(), 64),
                        shapes.get(op.getInput()).dims};
  if (failed(inferPool(shapes, loc, op, /*channelsLast=*/false, result)))
    return failure();
  results.push_back(std::move(result));
  return success();
}

SmallVector<Window> MaxPoolIndicesOp::getWindows(ShapeInference &shapes) {
  return getPoolWindows(shapes, *this);
}
