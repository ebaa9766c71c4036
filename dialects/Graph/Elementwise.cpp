#include "dialects/Graph/Elementwise.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Elementwise.cpp.inc"

void GraphDialect::registerElementwise() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Elementwise.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Applies `function` to each element of the broadcast of `operands`, if all of
/// them have elements.
static std::optional<SmallVector<AffineExpr>>
mapElements(ArrayRef<AffineExpr> resultDims,
            ArrayRef<const InferredTensor *> operands,
            llvm::function_ref<AffineExpr(ArrayRef<AffineExpr>)> function) {
  int64_t count = 1;
  for (AffineExpr dim : resultDims) {
    std::optional<int64_t> size = getConstant(dim);
    if (!size || *size > InferredTensor::maxElements)
      return std::nullopt;
    count *= *size;
  }
  if (count > InferredTensor::maxElements)
    return std::nullopt;
  for (const InferredTensor *operand : operands)
    if (!operand->elements)
      return std::nullopt;

  SmallVector<AffineExpr> elements;
  for (int64_t linear = 0; linear < count; ++linear) {
    SmallVector<AffineExpr> values;
    for (const InferredTensor *operand : operands) {
      // The operand's index, from its last dimension to its first.
      int64_t rest = linear, index = 0, stride = 1;
      for (int64_t fromEnd = 1; fromEnd <= operand->getRank(); ++fromEnd) {
        int64_t extent = *getConstant(resultDims[resultDims.size() - fromEnd]);
        int64_t own = *getConstant(operand->dims[operand->getRank() - fromEnd]);
        if (own != 1)
          index += rest % extent * stride;
        rest /= extent;
        stride *= own;
      }
      values.push_back((*operand->elements)[index]);
    }
    elements.push_back(llvm::is_contained(values, AffineExpr())
                           ? AffineExpr()
                           : function(values));
  }
  return elements;
}

/// Both operands constant.
static std::optional<int64_t> evaluate(BinaryKind kind, int64_t lhs,
                                       int64_t rhs) {
  int64_t value;
  switch (kind) {
  case BinaryKind::Add:
    return llvm::AddOverflow(lhs, rhs, value) ? std::nullopt
                                              : std::optional(value);
  case BinaryKind::Sub:
    return llvm::SubOverflow(lhs, rhs, value) ? std::nullopt
                                              : std::optional(value);
  case BinaryKind::Mul:
    return llvm::MulOverflow(lhs, rhs, value) ? std::nullopt
                                              : std::optional(value);
  case BinaryKind::Div:
    if (rhs == 0 || (lhs == INT64_MIN && rhs == -1))
      return std::nullopt;
    return lhs / rhs;
  case BinaryKind::Mod:
    if (rhs == 0 || rhs == -1)
      return std::nullopt;
    value = lhs % rhs;
    return value != 0 && (value < 0) != (rhs < 0) ? value + rhs : value;
  case BinaryKind::Max:
    return std::max(lhs, rhs);
  case BinaryKind::Min:
    return std::min(lhs, rhs);
  case BinaryKind::Equal:
    return lhs == rhs;
  case BinaryKind::Greater:
    return lhs > rhs;
  case BinaryKind::GreaterOrEqual:
    return lhs >= rhs;
  case BinaryKind::Less:
    return lhs < rhs;
  case BinaryKind::LessOrEqual:
    return lhs <= rhs;
  case BinaryKind::And:
    return lhs && rhs;
  case BinaryKind::Or:
    return lhs || rhs;
  case BinaryKind::Xor:
    return (lhs != 0) != (rhs != 0);
  default:
    return std::nullopt;
  }
}

/// One element of a binary op on shape values, or null.
static AffineExpr evaluate(ShapeInference &shapes, BinaryKind kind,
                           AffineExpr lhs, AffineExpr rhs) {
  std::optional<int64_t> left = getConstant(lhs), right = getConstant(rhs);
  if (left && right) {
    std::optional<int64_t> value = evaluate(kind, *left, *right);
    return value ? shapes.constant(*value) : AffineExpr();
  }
  bool nonNegative = shapes.isNonNegative(lhs) && shapes.isNonNegative(rhs);
  switch (kind) {
  case BinaryKind::Add:
    return shapes.add(lhs, rhs);
  case BinaryKind::Sub:
    return shapes.sub(lhs, rhs);
  case BinaryKind::Mul:
    return shapes.mul(lhs, rhs);
  case BinaryKind::Div:
    return nonNegative ? shapes.floorDiv(lhs, rhs) : AffineExpr();
  case BinaryKind::Mod:
    return nonNegative && right.value_or(0) > 0 ? lhs % rhs : AffineExpr();
  case BinaryKind::Max:
    return shapes.max(lhs, rhs);
  case BinaryKind::Min:
    return shapes.min(lhs, rhs);
  case BinaryKind::Equal:
    if (lhs == rhs)
      return shapes.constant(1);
    // A size is never -1.
    if ((left && *left < 0 && shapes.isNonNegative(rhs)) ||
        (right && *right < 0 && shapes.isNonNegative(lhs)))
      return shapes.constant(0);
    return {};
  default:
    return {};
  }
}

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

/// Whether anything computes with elements of `type`; others are only converted.
static bool isComputed(Type type) {
  return type.isInteger(1) ||
         (!isSmallFloat(type) && type.isIntOrFloat() && type.getIntOrFloatBitWidth() >= 8);
}

/// Whether ONNX defines `kind` on elements of `type`.
static bool isDefined(UnaryKind kind, Type type) {
  if (!isComputed(type))
    return false;
  switch (kind) {
  case UnaryKind::Not:
    return type.isInteger(1);
  case UnaryKind::BitwiseNot:
    return type.isInteger() && !type.isInteger(1);
  case UnaryKind::Abs:
  case UnaryKind::Neg:
  case UnaryKind::Relu:
  case UnaryKind::Sign:
    return !type.isInteger(1);
  default:
    return isa<FloatType>(type);
  }
}

LogicalResult UnaryOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location> loc, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  UnaryKind kind = op.getKind();
  if (!isDefined(kind, input.elementType)) // C1
    return emitOptionalError(loc, stringifyUnaryKind(kind),
                             " is not defined for ", input.elementType);
  Type elementType = kind == UnaryKind::IsNaN
                         ? IntegerType::get(shapes.getContext(), 1)
                         : input.elementType;
  InferredTensor result{elementType, input.dims};
  result.elements = mapElements(
      input.dims, &input, [&](ArrayRef<AffineExpr> values) -> AffineExpr {
        std::optional<int64_t> value = getConstant(values[0]);
        if (kind == UnaryKind::Neg)
          return -values[0];
        if (kind == UnaryKind::Abs && shapes.isNonNegative(values[0]))
          return values[0];
        if (kind == UnaryKind::Not && value)
          return shapes.constant(!*value);
        return {};
      });
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

static bool isComparison(BinaryKind kind) {
  switch (kind) {
  case BinaryKind::Equal:
  case BinaryKind::Greater:
  case BinaryKind::GreaterOrEqual:
  case BinaryKind::Less:
  case BinaryKind::LessOrEqual:
    return true;
  default:
    return false;
  }
}

static bool isDefined(BinaryKind kind, Type type) {
  if (!isComputed(type))
    return false;
  switch (kind) {
  case BinaryKind::And:
  case BinaryKind::Or:
  case BinaryKind::Xor:
    return type.isInteger(1);
  case BinaryKind::BitShiftLeft:
  case BinaryKind::BitShiftRight:
  case BinaryKind::BitwiseAnd:
  case BinaryKind::BitwiseOr:
  case BinaryKind::BitwiseXor:
    return type.isInteger() && !type.isInteger(1);
  case BinaryKind::Equal:
    return true;
  default:
    return !type.isInteger(1);
  }
}

LogicalResult BinaryOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &lhs = shapes.get(op.getLhs());
  const InferredTensor &rhs = shapes.get(op.getRhs());
  BinaryKind kind = op.getKind();
  if (lhs.elementType != rhs.elementType && kind != BinaryKind::Pow) // C1
    return emitOptionalError(loc, stringifyBinaryKind(kind),
                             " has operands of types ", lhs.elementType,
                             " and ", rhs.elementType);
  if (!isDefined(kind, lhs.elementType)) // C2
    return emitOptionalError(loc, stringifyBinaryKind(kind),
                             " is not defined for ", lhs.elementType);
  FailureOr<SmallVector<AffineExpr>> dims =
      inferBroadcast(shapes, loc, {lhs.dims, rhs.dims}); // C3
  if (failed(dims))
    return failure();
  Type elementType = isComparison(kind)
                         ? IntegerType::get(shapes.getContext(), 1)
                         : lhs.elementType;
  InferredTensor result{elementType, std::move(*dims)};
  result.elements = mapElements(
      result.dims, {&lhs, &rhs}, [&](ArrayRef<AffineExpr> values) {
        return evaluate(shapes, kind, values[0], values[1]);
      });
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Where, Cast
//===----------------------------------------------------------------------===//

LogicalResult WhereOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location> loc, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &condition = shapes.get(op.getCondition());
  const InferredTensor &onTrue = shapes.get(op.getOnTrue());
  const InferredTensor &onFalse = shapes.get(op.getOnFalse());
  if (onTrue.elementType != onFalse.elementType) // C1
    return emitOptionalError(loc, "chooses between types ", onTrue.elementType,
                             " and ", onFalse.elementType);
  FailureOr<SmallVector<AffineExpr>> dims =
      inferBroadcast(shapes, loc, {condition.dims, onTrue.dims, onFalse.dims}); // C2
  if (failed(dims))
    return failure();
  InferredTensor result{onTrue.elementType, std::move(*dims)};
  result.elements = mapElements(
      result.dims, {&condition, &onTrue, &onFalse},
      [](ArrayRef<AffineExpr> values) -> AffineExpr {
        std::optional<int64_t> chosen = getConstant(values[0]);
        if (chosen)
          return values[*chosen ? 1 : 2];
        return values[1] == values[2] ? values[1] : AffineExpr();
      });
  results.push_back(std::move(result));
  return success();
}

LogicalResult CastOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  InferredTensor result{op.getTo(), input.dims};
  Type to = op.getTo();
  if (to.isInteger())
    result.elements = mapElements(
        input.dims, &input, [&](ArrayRef<AffineExpr> values) -> AffineExpr {
          std::optional<int64_t> value = getConstant(values[0]);
          if (to.isInteger(1))
            return value ? shapes.constant(*value != 0) : AffineExpr();
          // Sizes fit into 32 bits or the model does not run; constants must.
          if (to.getIntOrFloatBitWidth() < 32)
            return {};
          bool fits = !value || to.isInteger(64) || llvm::isInt<32>(*value);
          return fits ? values[0] : AffineExpr();
        });
  results.push_back(std::move(result));
  return success();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getType() == getInput().getType() ? OpFoldResult(getInput()) : nullptr;
}

LogicalResult BitcastOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                                      Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  auto countBits = [](Type type) {
    if (!type.isIntOrFloat())
      return 0u;
    return type.isInteger(1) ? 8u : type.getIntOrFloatBitWidth();
  };
  if (countBits(input.elementType) != countBits(op.getTo())) // C1
    return emitOptionalError(loc, "reads the bits of ", input.elementType, " as ", op.getTo(),
                             ", which has another number of them");
  results.push_back({op.getTo(), input.dims});
  return success();
}

OpFoldResult BitcastOp::fold(FoldAdaptor) {
  return getType() == getInput().getType() ? OpFoldResult(getInput()) : nullptr;
}
