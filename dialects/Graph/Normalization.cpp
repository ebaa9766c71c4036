#include "dialects/Graph/Normalization.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Normalization.cpp.inc"

void GraphDialect::registerNormalization() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Normalization.cpp.inc"
      >();
}

/// The result is like the input; `axis` must be one of its dimensions.
static LogicalResult inferLikeInput(ShapeInference &shapes,
                                    std::optional<Location> loc, Value value,
                                    int64_t axis,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(value);
  if (failed(normalizeAxis(loc, axis, input.getRank()))) // C1
    return failure();
  results.push_back({input.elementType, input.dims});
  return success();
}

LogicalResult
SoftmaxOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                        Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  return inferLikeInput(shapes, loc, op.getInput(), op.getAxis(), results);
}

LogicalResult
LogSoftmaxOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                           Adaptor op,
                           SmallVectorImpl<InferredTensor> &results) {
  return inferLikeInput(shapes, loc, op.getInput(), op.getAxis(), results);
}

LogicalResult
HardmaxOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                        Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  return inferLikeInput(shapes, loc, op.getInput(), op.getAxis(), results);
}

LogicalResult
LpNormalizationOp::inferResults(ShapeInference &shapes,
                                std::optional<Location> loc, Adaptor op,
                                SmallVectorImpl<InferredTensor> &results) {
  if (op.getP() != 1 && op.getP() != 2) // C2
    return emitOptionalError(loc, "p is ", op.getP(), ", not 1 or 2");
  return inferLikeInput(shapes, loc, op.getInput(), op.getAxis(), results);
}

/// Checks that `value` can be repeated to have the shape `dims`.
static LogicalResult checkBroadcastsTo(std::optional<Location> loc,
                                       ShapeInference &shapes, Value value,
                                       ArrayRef<AffineExpr> dims) {
  ArrayRef<AffineExpr> own = shapes.get(value).dims;
  bool fits = own.size() <= dims.size();
  for (size_t fromEnd = 1; fits && fromEnd <= own.size(); ++fromEnd) {
    std::optional<int64_t> from = getConstant(own[own.size() - fromEnd]);
    std::optional<int64_t> to = getConstant(dims[dims.size() - fromEnd]);
    fits = !from || !to || from == 1 || from == to;
  }
  return fits ? success()
              : emitOptionalError(loc, value.getType(),
                                  " does not broadcast to the input's shape");
}

LogicalResult
LayerNormalizationOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  if (failed(inferLikeInput(shapes, loc, op.getInput(), op.getAxis(),
                            results))) // C1
    return failure();
  InferredTensor row{Float32Type::get(shapes.getContext()), results[0].dims};
  if (op.getStash())
    row.elementType = *op.getStash();
  for (Value value : {op.getScale(), op.getBias()}) {
    if (!value)
      continue;
    Type elementType = shapes.get(value).elementType;
    if (elementType != results[0].elementType) // C2
      return emitOptionalError(loc, "scale or bias has elements of type ",
                               elementType, ", the input of type ",
                               results[0].elementType);
    if (failed(checkBroadcastsTo(loc, shapes, value, row.dims))) // C3
      return failure();
  }
  int64_t axis = *normalizeAxis(loc, op.getAxis(), row.getRank());
  for (AffineExpr &dim : MutableArrayRef(row.dims).drop_front(axis))
    dim = shapes.constant(1);
  results.append({row, row});
  return success();
}

LogicalResult
RMSNormalizationOp::inferResults(ShapeInference &shapes,
                                 std::optional<Location> loc, Adaptor op,
                                 SmallVectorImpl<InferredTensor> &results) {
  if (failed(inferLikeInput(shapes, loc, op.getInput(), op.getAxis(),
                            results)) || // C1
      failed(checkBroadcastsTo(loc, shapes, op.getScale(),
                               results[0].dims))) // C2
    return failure();
  results[0].elementType = shapes.get(op.getScale()).elementType;
  return success();
}

/// Checks that `value` is a vector with one element for each extent of
/// `channels`.
static LogicalResult checkPerChannel(std::optional<Location> loc,
                                     const InferredTensor &value,
                                     AffineExpr channels) {
  std::optional<int64_t> expected = getConstant(channels);
  if (value.getRank() == 1) {
    std::optional<int64_t> size = getConstant(value.dims[0]);
    if (!size || !expected || size == expected)
      return success();
  }
  return emitOptionalError(loc, value.getType(),
                           " has not one element for each of ",
                           expected.value_or(-1), " channels");
}

LogicalResult
BatchNormalizationOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  if (failed(inferLikeInput(shapes, loc, op.getInput(), op.getAxis(),
                            results))) // C1
    return failure();
  int64_t axis =
      *normalizeAxis(std::nullopt, op.getAxis(), results[0].getRank());
  AffineExpr channels = results[0].dims[axis];
  for (Value value :
       {op.getScale(), op.getBias(), op.getMean(), op.getVariance()})
    if (failed(checkPerChannel(loc, shapes.get(value), channels))) // C2
      return failure();
  const InferredTensor &mean = shapes.get(op.getMean());
  Type varianceType = shapes.get(op.getVariance()).elementType;
  if (mean.elementType != varianceType) // C3
    return emitOptionalError(loc, "mean has element type ", mean.elementType,
                             ", variance ", varianceType);
  InferredTensor statistic{mean.elementType, mean.dims};
  results.append({statistic, statistic});
  return success();
}

LogicalResult
GroupNormalizationOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  if (failed(inferLikeInput(shapes, loc, op.getInput(), op.getAxis(),
                            results))) // C1
    return failure();
  int64_t axis =
      *normalizeAxis(std::nullopt, op.getAxis(), results[0].getRank());
  if (axis == 0) // C1
    return emitOptionalError(loc, "axis 0 is the batch");
  AffineExpr channels = results[0].dims[axis];
  for (Value value : {op.getScale(), op.getBias()}) {
    const InferredTensor &input = shapes.get(value);
    if (input.elementType != results[0].elementType) // C2
      return emitOptionalError(loc, "scale or bias has elements of type ",
                               input.elementType, ", the input of type ",
                               results[0].elementType);
    if (failed(checkPerChannel(loc, input, channels))) // C2
      return failure();
  }
  int64_t groups = op.getGroups();
  std::optional<int64_t> count = getConstant(channels);
  if (groups < 0 || (groups > 0 && count && *count % groups != 0)) // C3
    return emitOptionalError(loc, groups, " groups do not divide ",
                             count.value_or(-1), " channels");
  return success();
}

LogicalResult LRNOp::inferResults(ShapeInference &shapes,
                                  std::optional<Location> loc, Adaptor op,
                                  SmallVectorImpl<InferredTensor> &results) {
  if (op.getSize() < 1) // C2
    return emitOptionalError(loc, "size is ", op.getSize());
  return inferLikeInput(shapes, loc, op.getInput(), op.getAxis(),
                        results); // C1
}
