#include "ConstantSubgraph.h"
#include "FuseQuantized.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_FUSEQUANTIZED
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// A matrix of bytes that stand for (bytes - zero) * scale; `scale` and `zero` (null:
/// none) broadcast against its products.
struct ByteMatrix {
  Value bytes, scale, zero;
};
} // namespace

static bool isScalar(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() && type.getNumElements() == 1;
}

static bool isZero(Value value) { return !value || isEach(value, 0); }

/// True if `grid` has one block in each of its rows.
static bool isPerRow(DequantizeLinearOp grid) {
  auto scale = cast<RankedTensorType>(grid.getScale().getType());
  int64_t rank = grid.getType().getRank();
  return grid.getBlockSize() && scale.getRank() == rank &&
         static_cast<int64_t>(grid.getAxis()) == rank - 1 && scale.getShape().back() == 1;
}

/// The op behind `value`, perhaps under a transpose of the last two dimensions.
static DequantizeLinearOp findGrid(Value value, TransposeOp &transpose) {
  transpose = value.getDefiningOp<TransposeOp>();
  if (transpose) {
    ArrayRef<int64_t> order = transpose.getPermutation();
    if (order.size() != 2 || order[0] != 1)
      return {};
    value = transpose.getInput();
  }
  auto grid = value.getDefiningOp<DequantizeLinearOp>();
  if (!grid || !grid.getTo().isF32() ||
      !grid.getInput().getType().getElementType().isInteger(8) ||
      grid.getType().getRank() < 2)
    return {};
  return grid;
}

namespace {
/// Multiplies what bytes stand for, as products of the bytes:
///
///   sum_k (a - za) * sa * (b - zb) * sb
///     =  (sum_k a * b  -  za * sum_k b  -  zb * sum_k (a - za)) * (sa * sb)
class ByteProduct : ImplicitLocOpBuilder {
public:
  ByteProduct(Operation *op, OpBuilder &b, Products cpu)
      : ImplicitLocOpBuilder(op->getLoc(), b), cpu(cpu) {}

  /// One scale for all, for each row of the left or each column of the right side;
  /// null if not.
  Value build(Value lhs, Value rhs, bool transposesRhs = false) {
    TransposeOp leftTranspose, rightTranspose;
    DequantizeLinearOp left = findGrid(lhs, leftTranspose);
    DequantizeLinearOp right = findGrid(rhs, rightTranspose);
    if (!left || !right || leftTranspose ||
        (!isScalar(left.getScale()) && !isPerRow(left)))
      return {};
    // What is quantized at run time lies in no panels: floats are faster.
    if (right.getInput().getDefiningOp<QuantizeLinearOp>())
      return {};
    bool isTurned = bool(rightTranspose) != transposesRhs;
    int64_t rank = right.getType().getRank();
    int64_t columns = isTurned ? rank - 2 : rank - 1;
    if ((isTurned && rank != 2) ||
        (!isScalar(right.getScale()) && (right.getBlockSize() ||
                                         static_cast<int64_t>(right.getAxis()) != columns)))
      return {};
    ByteMatrix a = take(left), b = take(right);
    if (isTurned)
      b.bytes = TransposeOp::create(*this, b.bytes, ArrayRef<int64_t>{1, 0});
    Value factor = binary(BinaryKind::Mul, a.scale, b.scale);
    return binary(BinaryKind::Mul, toFloat(multiply(a, b)), factor);
  }

  /// sum_k (a - za) * (b - zb)
  Value multiply(ByteMatrix a, ByteMatrix b) {
    a = cpu.widenFor(b.bytes) ? widen(a) : makeUnsigned(a);
    Value sum = MatMulOp::create(*this, a.bytes, b.bytes);
    if (a.zero) { // what is added to sums they begin with
      Value negative = binary(BinaryKind::Sub, constant(getI32Type(), 0), a.zero);
      sum = binary(BinaryKind::Add, sum, binary(BinaryKind::Mul, negative, addColumns(b.bytes)));
    }
    if (!b.zero)
      return sum;
    Value rows = wide(a.bytes);
    if (a.zero)
      rows = binary(BinaryKind::Sub, rows, a.zero);
    return binary(BinaryKind::Sub, sum, binary(BinaryKind::Mul, addUp(rows, 1), b.zero));
  }

private:
  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return BinaryOp::create(*this, kind, lhs, rhs);
  }
  Value cast(Value value, Type to) { return CastOp::create(*this, value, to); }
  Value toFloat(Value value) { return cast(value, getF32Type()); }
  Value wide(Value value) { return cast(value, getI32Type()); }
  Value flat(Value value) {
    int64_t rank = mlir::cast<RankedTensorType>(value.getType()).getRank();
    if (!isScalar(value) || rank == 0)
      return value;
    return SqueezeOp::create(*this, value, llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  }

  ByteMatrix take(DequantizeLinearOp op) {
    Value scale = flat(op.getScale());
    if (!mlir::cast<RankedTensorType>(scale.getType()).getElementType().isF32())
      scale = toFloat(scale);
    Value zero = isZero(op.getZero()) ? Value() : wide(flat(op.getZero()));
    return {op.getInput(), scale, zero};
  }

  /// The bytes without their zero point fit into 16 bits.
  ByteMatrix widen(ByteMatrix matrix) {
    matrix.bytes = cast(matrix.bytes, getI16Type());
    if (matrix.zero)
      matrix.bytes = binary(BinaryKind::Sub, matrix.bytes, cast(matrix.zero, getI16Type()));
    matrix.zero = {};
    return matrix;
  }

  /// CPUs multiply unsigned by signed bytes: signed ones on the left are moved by 128.
  ByteMatrix makeUnsigned(ByteMatrix matrix) {
    if (isUnsigned(matrix.bytes))
      return matrix;
    Value offset = constant(getI32Type(), 128);
    matrix.zero = matrix.zero ? binary(BinaryKind::Add, matrix.zero, offset) : offset;
    Type to = getIntegerType(8, /*isSigned=*/false);
    auto source = matrix.bytes.getDefiningOp<QuantizeLinearOp>();
    if (source && isZero(source.getZero()))
      matrix.bytes = quantizeMoved(source, to);
    else
      matrix.bytes = cast(binary(BinaryKind::Add, wide(matrix.bytes), offset), to);
    return matrix;
  }

  /// saturate(round(x / s)) + 128 as bytes  =  saturate(round(x / s) + 128)
  Value quantizeMoved(QuantizeLinearOp op, Type to) {
    int64_t rank = mlir::cast<RankedTensorType>(op.getScale().getType()).getRank();
    Value zero = constant(to, 128, SmallVector<int64_t>(rank, 1));
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPoint(op);
    return QuantizeLinearOp::create(*this, op.getInput(), op.getScale(), zero, op.getAxis(),
                                    op.getBlockSizeAttr(), to);
  }

  Value constant(Type element, int64_t value, ArrayRef<int64_t> shape = {}) {
    auto type = RankedTensorType::get(shape, element);
    return arith::ConstantOp::create(
        *this, DenseElementsAttr::get(type, APInt(element.getIntOrFloatBitWidth(), value)));
  }

  /// A row of ones times `bytes`: as 32 bits its numbers would take four times the
  /// memory, too much to be computed while compiling.
  Value addColumns(Value bytes) {
    auto type = mlir::cast<RankedTensorType>(bytes.getType());
    int64_t depth = type.getDimSize(type.getRank() - 2);
    if (ShapedType::isDynamic(depth))
      return addUp(wide(bytes), 2);
    Value ones = constant(getIntegerType(8, /*isSigned=*/false), 1, {1, depth});
    return MatMulOp::create(*this, ones, bytes);
  }

  Value addUp(Value value, int64_t fromLast) {
    int64_t rank = mlir::cast<RankedTensorType>(value.getType()).getRank();
    return ReduceOp::create(*this, ReduceKind::Sum, value, ArrayRef<int64_t>{rank - fromLast},
                            /*keepdims=*/true);
  }

  Products cpu;
};
} // namespace

static LogicalResult fuseMatMul(MatMulOp op, Products cpu, PatternRewriter &rewriter) {
  Value product = ByteProduct(op, rewriter, cpu).build(op.getLhs(), op.getRhs());
  if (!product)
    return rewriter.notifyMatchFailure(op, "its operands are no bytes");
  rewriter.replaceOp(op, product);
  return success();
}

/// A product of bytes that the model itself has.
static LogicalResult fuseIntegers(MatMulOp op, Products cpu, PatternRewriter &rewriter) {
  auto isByte = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getElementType().isInteger(8);
  };
  if (!isByte(op.getLhs()) || !isByte(op.getRhs()) ||
      (isUnsigned(op.getLhs()) && !cpu.widenFor(op.getRhs())))
    return rewriter.notifyMatchFailure(op, "is not of bytes, or of such as the CPU multiplies");
  ByteProduct product(op, rewriter, cpu);
  rewriter.replaceOp(op, product.multiply({op.getLhs(), {}, {}}, {op.getRhs(), {}, {}}));
  return success();
}

static LogicalResult fuseGemm(GemmOp op, Products cpu, PatternRewriter &rewriter) {
  if (op.getTransA() || !op.getAlpha().isExactlyValue(1.0) ||
      (op.getBias() && !op.getBeta().isExactlyValue(1.0)))
    return rewriter.notifyMatchFailure(op, "it is scaled, or its left side transposed");
  Value product = ByteProduct(op, rewriter, cpu).build(op.getLhs(), op.getRhs(), op.getTransB());
  if (!product)
    return rewriter.notifyMatchFailure(op, "its operands are no bytes");
  if (op.getBias())
    product = BinaryOp::create(rewriter, op.getLoc(), BinaryKind::Add, product, op.getBias());
  rewriter.replaceOp(op, product);
  return success();
}

namespace {
struct FuseQuantized : graphopt::impl::FuseQuantizedBase<FuseQuantized> {
  using FuseQuantizedBase::FuseQuantizedBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    Products cpu{bytes, pairs};
    patterns.add<ProductPattern<MatMulOp>>(&getContext(), fuseMatMul, cpu);
    patterns.add<ProductPattern<MatMulOp>>(&getContext(), fuseIntegers, cpu);
    patterns.add<ProductPattern<GemmOp>>(&getContext(), fuseGemm, cpu);
    populateFuseQuantizedConvPatterns(patterns, cpu);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
