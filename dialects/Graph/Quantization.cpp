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
  bool isGrid = isSmallFloat(to) ? !isa<Float8E8M0FNUType>(to)
                                 : to.isInteger() && to.getIntOrFloatBitWidth() <= 16;
  if (!isGrid ||
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
  if (!(from.isInteger() || isSmallFloat(from)) || !isa<FloatType>(op.getTo()) ||
      isSmallFloat(op.getTo()) ||
      (op.getZero() && shapes.get(op.getZero()).elementType != from)) // C1
    return emitOptionalError(loc, "cannot dequantize ", from, " to ", op.getTo());
  if (failed(checkGrid(shapes, loc, op)))
    return failure();
  results.push_back({op.getTo(), shapes.get(op.getInput()).dims});
  return success();
}

/// A static matrix, its dimensions the other way round if `isTurned`.
static std::optional<std::pair<int64_t, int64_t>> getMatrix(const InferredTensor &tensor,
                                                            bool isTurned) {
  if (tensor.getRank() != 2)
    return std::nullopt;
  std::optional<int64_t> rows = getConstant(tensor.dims[isTurned]);
  std::optional<int64_t> columns = getConstant(tensor.dims[!isTurned]);
  if (!rows || !columns)
    return std::nullopt;
  return std::pair(*rows, *columns);
}

LogicalResult GridMatMulOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                                         Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &lhs = shapes.get(op.getLhs()), &rhs = shapes.get(op.getRhs());
  const InferredTensor &scale = shapes.get(op.getScale());
  auto isFew = [](Type type) {
    return type.isInteger() && type.getIntOrFloatBitWidth() <= 8;
  };
  bool hasZero(op.getZero());
  bool isHalf = (rhs.elementType.isBF16() || rhs.elementType.isF16()) && !hasZero;
  if (lhs.elementType.isF64() || scale.elementType.isF64() ||
      (!isFew(rhs.elementType) && !isHalf) ||
      (hasZero && shapes.get(op.getZero()).elementType != rhs.elementType)) // C1
    return emitOptionalError(loc, "cannot multiply ", lhs.elementType, " with ",
                             rhs.elementType, " on a grid of ", scale.elementType);
  auto weights = getMatrix(rhs, op.getTransB());
  if (lhs.getRank() < 2 || !weights || weights->first < 1 || weights->second < 1) // C2
    return emitOptionalError(loc, "multiplies matrices, the right one static and not empty");
  int64_t block = op.getBlockSize();
  if (block < 1) // C3
    return emitOptionalError(loc, "has blocks of ", block);
  auto [depth, columns] = *weights;
  std::pair<int64_t, int64_t> grid(llvm::divideCeil(depth, block), columns);
  if (getMatrix(scale, op.getTransB()) != grid ||
      (hasZero && getMatrix(shapes.get(op.getZero()), op.getTransB()) != grid)) // C3
    return emitOptionalError(loc, "needs scales and zero points for ", grid.first,
                             " blocks of ", columns, " columns");
  std::optional<int64_t> have = getConstant(lhs.dims.back());
  if (have && have != depth) // C4
    return emitOptionalError(loc, "lhs has ", *have, " columns, but rhs has ", depth, " rows");
  SmallVector<AffineExpr> dims(lhs.dims);
  dims.back() = shapes.constant(columns);
  results.push_back({lhs.elementType, std::move(dims)});
  return success();
}
