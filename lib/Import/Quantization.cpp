#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Builds what products of bytes consist of.
class Quantization {
public:
  explicit Quantization(NodeImporter &node) : node(node) {}

  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    if (!lhs || !rhs)
      return {};
    auto op = node.create<BinaryOp>(kind, lhs, rhs);
    return op ? op.getResult() : Value();
  }
  Value unary(UnaryKind kind, Value input) {
    auto op = input ? node.create<UnaryOp>(kind, input) : UnaryOp();
    return op ? op.getResult() : Value();
  }
  Value cast(Value input, Type type) {
    auto op = input ? node.create<CastOp>(input, type) : CastOp();
    return op ? op.getResult() : Value();
  }

  /// `value` rounded half to even, moved by `zero` (may be null) and saturated.
  Value quantize(Value value, Value zero, Type to) {
    Type wide = Float32Type::get(node.getContext()), sum = IntegerType::get(node.getContext(), 32);
    unsigned width = to.getIntOrFloatBitWidth();
    bool isUnsigned = to.isUnsignedInteger();
    Value low = node.createScalar(wide, isUnsigned ? 0 : -std::ldexp(1.0, width - 1));
    Value high = node.createScalar(wide, std::ldexp(1.0, isUnsigned ? width : width - 1) - 1);
    if (zero) {
      low = binary(BinaryKind::Sub, low, cast(zero, wide));
      high = binary(BinaryKind::Sub, high, cast(zero, wide));
    }
    value = binary(BinaryKind::Min, binary(BinaryKind::Max, value, low), high);
    value = cast(unary(UnaryKind::Round, value), sum);
    if (zero)
      value = binary(BinaryKind::Add, value, cast(zero, sum));
    return cast(value, to);
  }

  /// Input `index`, one number or one for each row (or `isColumn`) of a matrix, so
  /// that it broadcasts against it. Null if it is omitted, or zero for certain.
  Value alongMatrix(size_t index, bool isColumn) {
    Value value = node.getInput(index);
    if (!value)
      return {};
    auto type = mlir::cast<RankedTensorType>(value.getType());
    if (matchPattern(value, m_Zero()))
      return {};
    if (type.getRank() != 1)
      return value;
    if (type.hasStaticShape() && type.getNumElements() == 1)
      return squeeze(value);
    if (isColumn)
      return value;
    auto op = node.create<UnsqueezeOp>(value, SmallVector<int64_t>{1});
    return op ? op.getResult() : Value();
  }

  /// sum_k (lhs - lhsZero) * (rhs - rhsZero) in 32 bits, of inputs of bytes:
  /// lhs * rhs - lhsZero * sum_k rhs - sum_k (lhs - lhsZero) * rhsZero.
  Value multiply(size_t lhs, size_t rhs, Value lhsZero, Value rhsZero) {
    if (node.getInputRank(lhs) < 2 || node.getInputRank(rhs) < 2) {
      node.emitError("vectors of bytes are not supported");
      return {};
    }
    Type sum = IntegerType::get(node.getContext(), 32);
    auto product = node.create<MatMulOp>(node.getInput(lhs), node.getInput(rhs));
    Value value = product ? product.getResult() : Value();
    if (lhsZero) {
      Value columns = addColumns(rhs);
      lhsZero = cast(lhsZero, sum);
      value = binary(BinaryKind::Sub, value, binary(BinaryKind::Mul, lhsZero, columns));
    }
    if (rhsZero) {
      Value rows = cast(node.getInput(lhs), sum);
      if (lhsZero)
        rows = binary(BinaryKind::Sub, rows, lhsZero);
      rows = addUp(rows, node.getInputRank(lhs) - 1);
      value = binary(BinaryKind::Sub, value,
                     binary(BinaryKind::Mul, rows, cast(rhsZero, sum)));
    }
    return value;
  }

private:
  /// A row of ones times input `index`: as 32 bits its numbers would take four times
  /// the memory, too much to be computed while compiling.
  Value addColumns(size_t index) {
    RankedTensorType type = node.getInputType(index);
    int64_t axis = type.getRank() - 2, depth = type.getDimSize(axis);
    if (ShapedType::isDynamic(depth))
      return addUp(cast(node.getInput(index), IntegerType::get(node.getContext(), 32)), axis);
    auto byte = IntegerType::get(node.getContext(), 8, IntegerType::Unsigned);
    auto row = DenseElementsAttr::get(RankedTensorType::get({1, depth}, byte), APInt(8, 1));
    Value ones = node.createConstant(row);
    auto op = node.create<MatMulOp>(ones, node.getInput(index));
    return op ? op.getResult() : Value();
  }

  Value addUp(Value value, int64_t axis) {
    auto op = value ? node.create<ReduceOp>(ReduceKind::Sum, value,
                                            SmallVector<int64_t>{axis}, /*keepdims=*/true)
                    : ReduceOp();
    return op ? op.getResult() : Value();
  }

  Value squeeze(Value value) {
    int64_t rank = mlir::cast<RankedTensorType>(value.getType()).getRank();
    auto op = node.create<SqueezeOp>(value, llvm::to_vector(llvm::seq<int64_t>(0, rank)));
    return op ? op.getResult() : Value();
  }

  NodeImporter &node;
};
} // namespace

/// The axis that a scale belongs to; 0 for one that has one element.
static FailureOr<int64_t> getScaleAxis(NodeImporter &node) {
  RankedTensorType scale = node.getInputType(1);
  if (scale.getRank() == 0 || (scale.hasStaticShape() && scale.getNumElements() == 1))
    return 0;
  return normalizeAxis(node.getLoc(), node.getInt("axis"), node.getInputRank(0));
}

/// The zero point, input 2; one number gets as many dimensions as its scale has.
static Value getZero(NodeImporter &node) {
  Value zero = node.getInput(2);
  if (!zero)
    return zero;
  RankedTensorType type = node.getInputType(2);
  int64_t rank = node.getInputRank(1);
  if (type.getRank() == rank || (type.hasStaticShape() && type.getNumElements() != 1))
    return zero;
  DenseElementsAttr constant; // passes look for it
  if (matchPattern(zero, m_Constant(&constant)))
    return node.createConstant(constant.reshape(type.clone(SmallVector<int64_t>(rank, 1))));
  if (type.getRank() > 0)
    zero = node.create<SqueezeOp>(zero, llvm::to_vector(llvm::seq(type.getRank())));
  if (zero && rank > 0)
    zero = node.create<UnsqueezeOp>(zero, llvm::to_vector(llvm::seq(rank)));
  return zero;
}

/// Null: none.
static IntegerAttr getBlockSize(NodeImporter &node) {
  int64_t size = node.getInt("block_size");
  return size ? node.getBuilder().getI64IntegerAttr(size) : IntegerAttr();
}

LogicalResult graphopt::importDequantizeLinear(NodeImporter &node) {
  FailureOr<int64_t> axis = getScaleAxis(node);
  Type to = node.getInputType(1).getElementType();
  if (failed(axis) || (node.getInt("output_dtype") != 0 && // 0: the scale's
                       !(to = node.getElementType("output_dtype"))))
    return failure();
  return node.finish<DequantizeLinearOp>(node.getInput(0), node.getInput(1), getZero(node),
                                         *axis, getBlockSize(node), to);
}

LogicalResult graphopt::importQuantizeLinear(NodeImporter &node) {
  FailureOr<int64_t> axis = getScaleAxis(node);
  Type to = IntegerType::get(node.getContext(), 8, IntegerType::Unsigned);
  if (node.hasInput(2))
    to = node.getInputType(2).getElementType();
  else if (node.getInt("output_dtype") != 0)
    to = node.getElementType("output_dtype");
  if (failed(axis) || !to)
    return failure();
  return node.finish<QuantizeLinearOp>(node.getInput(0), node.getInput(1), getZero(node),
                                       *axis, getBlockSize(node), to,
                                       isSmallFloat(to) && node.getInt("saturate") == 0);
}

LogicalResult graphopt::importMatMulInteger(NodeImporter &node) {
  Quantization q(node);
  Value value = q.multiply(0, 1, q.alongMatrix(2, /*isColumn=*/false),
                           q.alongMatrix(3, /*isColumn=*/true));
  return value ? node.bind(value) : failure();
}

/// The product, multiplied by lhsScale * rhsScale / scale and quantized.
LogicalResult graphopt::importQLinearMatMul(NodeImporter &node) {
  enum { Lhs, LhsScale, LhsZero, Rhs, RhsScale, RhsZero, Scale, Zero };
  Quantization q(node);
  Type to = node.getInputType(Zero).getElementType();
  if (!to.isInteger(8) || !node.getInputType(Lhs).getElementType().isInteger(8) ||
      !node.getInputType(Rhs).getElementType().isInteger(8))
    return node.emitError("of ") << node.getInputType(Lhs).getElementType()
                                 << " to " << to << " is not supported yet";
  Type wide = Float32Type::get(node.getContext());
  auto scale = [&](size_t index, bool isColumn) {
    return q.cast(q.alongMatrix(index, isColumn), wide);
  };
  Value factor = q.binary(BinaryKind::Mul, scale(LhsScale, false), scale(RhsScale, true));
  factor = q.binary(BinaryKind::Div, factor, scale(Scale, false));
  Value value = q.multiply(Lhs, Rhs, q.alongMatrix(LhsZero, false), q.alongMatrix(RhsZero, true));
  value = q.binary(BinaryKind::Mul, q.cast(value, wide), factor);
  value = q.quantize(value, q.alongMatrix(Zero, false), to);
  return value ? node.bind(value) : failure();
}
