#include "dialects/Graph/Quantization.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Quantization.cpp.inc"

void GraphDialect::registerQuantization() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Quantization.cpp.inc"
      >();
}

/// C2 and C3 of both ops.
template <typename Adaptor>
static LogicalResult checkGrid(ShapeInference &shapes, std::optional<Location> loc,
                               Adaptor op) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &scale = shapes.get(op.getScale());
  auto isOne = [](AffineExpr dim) { return getConstant(dim) == 1; };
  bool isScalar = llvm::all_of(scale.dims, isOne);
  int64_t rank = input.getRank(), axis = op.getAxis(), block = op.getBlockSize().value_or(0);
  if (block < 0 || (!isScalar && (axis < 0 || axis >= rank ||
                                  scale.getRank() != (block ? rank : 1)))) // C2
    return emitOptionalError(loc, "a scale of rank ", scale.getRank(), " with axis ", axis,
                             " and block_size ", block, " does not fit an input of rank ",
                             rank);
  if (op.getZero() && shapes.get(op.getZero()).getRank() != scale.getRank()) // C3
    return emitOptionalError(loc, "the zero point has rank ",
                             shapes.get(op.getZero()).getRank(), ", the scale ",
                             scale.getRank());
  if (isScalar || block)
    return success();
  std::optional<int64_t> extent = getConstant(input.dims[axis]);
  std::optional<int64_t> scales = getConstant(scale.dims.front());
  if (extent && scales && extent != scales) // C2
    return emitOptionalError(loc, *scales, " scales for ", *extent, " indices of axis ", axis);
  return success();
}

LogicalResult QuantizeLinearOp::inferResults(ShapeInference &shapes,
                                             std::optional<Location> loc, Adaptor op,
                                             SmallVectorImpl<InferredTensor> &results) {
  Type to = op.getTo();
  if (!to.isInteger() || to.getIntOrFloatBitWidth() > 16 ||
      (op.getZero() && shapes.get(op.getZero()).elementType != to)) // C1
    return emitOptionalError(loc, "quantizes to ", to, ", which is not supported yet");
  if (failed(checkGrid(shapes, loc, op)))
    return failure();
  results.push_back({to, shapes.get(op.getInput()).dims});
  return success();
}

LogicalResult DequantizeLinearOp::inferResults(ShapeInference &shapes,
                                               std::optional<Location> loc, Adaptor op,
                                               SmallVectorImpl<InferredTensor> &results) {
  Type from = shapes.get(op.getInput()).elementType;
  if (!from.isInteger() || !isa<FloatType>(op.getTo()) ||
      (op.getZero() && shapes.get(op.getZero()).elementType != from)) // C1
    return emitOptionalError(loc, "cannot dequantize ", from, " to ", op.getTo());
  if (failed(checkGrid(shapes, loc, op)))
    return failure();
  results.push_back({op.getTo(), shapes.get(op.getInput()).dims});
  return success();
}
