#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Shape.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_FUSELOWBITWEIGHTS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static bool isConstant(Value value) {
  ElementsAttr elements;
  return matchPattern(value, m_Constant(&elements));
}

namespace {
/// A constant matrix on a grid: [K, N], or [N, K] if it is turned.
struct GridMatrix {
  DequantizeLinearOp op;
  bool isTurned;

  RankedTensorType getType() { return cast<RankedTensorType>(op.getInput().getType()); }
  int64_t getDepth() { return getType().getDimSize(isTurned ? 1 : 0); }
  int64_t getColumns() { return getType().getDimSize(isTurned ? 0 : 1); }
  int64_t getBlockSize() {
    return hasBlocks() ? int64_t(*op.getBlockSize()) : getDepth();
  }
  bool hasBlocks() { return op.getBlockSize() && !isScalar(op.getScale()); }
  static bool isScalar(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return type.hasStaticShape() && type.getNumElements() == 1;
  }
};
} // namespace

/// The matrix that `value` is, `isTurned` if it is read the other way round; its
/// `op` is null where no kernel unpacks it.
static GridMatrix findGrid(Value value, bool isTurned) {
  if (auto transpose = value.getDefiningOp<TransposeOp>()) {
    if (transpose.getPermutation() != ArrayRef<int64_t>{1, 0})
      return {};
    isTurned = !isTurned;
    value = transpose.getInput();
  }
  auto op = value.getDefiningOp<DequantizeLinearOp>();
  if (!op || !isConstant(op.getInput()) || !isConstant(op.getScale()) ||
      (op.getZero() && !isConstant(op.getZero())))
    return {};
  GridMatrix grid{op, isTurned};
  RankedTensorType type = grid.getType();
  Type element = type.getElementType();
  if (type.getRank() != 2 || !type.hasStaticShape() || type.getNumElements() == 0 ||
      !(element.isInteger(2) || element.isInteger(4) || element.isInteger(8)) ||
      op.getTo().isF64() || op.getScale().getType().getElementType().isF64())
    return {};
  if (GridMatrix::isScalar(op.getScale()))
    return grid;
  // One scale a column, or blocks along it.
  int64_t along = grid.hasBlocks() == isTurned ? 1 : 0;
  return int64_t(op.getAxis()) == along ? grid : GridMatrix{};
}

/// A scale or zero point for each block of each column.
static Value makeMatrix(PatternRewriter &rewriter, GridMatrix grid, Value value) {
  if (!value || (grid.hasBlocks() && !GridMatrix::isScalar(value)))
    return value;
  if (!GridMatrix::isScalar(value))
    return UnsqueezeOp::create(rewriter, value.getLoc(), value,
                               ArrayRef<int64_t>{grid.isTurned ? 1 : 0});
  DenseElementsAttr element;
  matchPattern(value, m_Constant(&element));
  SmallVector<int64_t> shape{1, grid.getColumns()};
  if (grid.isTurned)
    std::swap(shape[0], shape[1]);
  auto type = RankedTensorType::get(shape, element.getElementType());
  return arith::ConstantOp::create(
      rewriter, value.getLoc(),
      DenseElementsAttr::get(type, *element.value_begin<Attribute>()));
}

/// A scale of 1 for each column of a matrix.
static Value makeOnes(PatternRewriter &rewriter, Location loc, int64_t columns,
                      bool isTurned) {
  SmallVector<int64_t> shape{1, columns};
  if (isTurned)
    std::swap(shape[0], shape[1]);
  return arith::ConstantOp::create(
      rewriter, loc,
      DenseElementsAttr::get(RankedTensorType::get(shape, rewriter.getF32Type()), 1.0f));
}

namespace {
/// Weights of 16 bits that are read as f32.
struct HalfMatrix {
  TypedValue<RankedTensorType> stored; ///< null: they are none
  bool isTurned;

  int64_t getDepth() { return stored.getType().getDimSize(isTurned ? 1 : 0); }
  int64_t getColumns() { return stored.getType().getDimSize(isTurned ? 0 : 1); }
};
} // namespace

static HalfMatrix findHalves(Value value, bool isTurned) {
  if (auto transpose = value.getDefiningOp<TransposeOp>()) {
    isTurned = !isTurned;
    value = transpose.getInput();
  }
  auto widen = value.getDefiningOp<CastOp>();
  if (!widen || !widen.getTo().isF32() || !isConstant(widen.getInput()))
    return {};
  RankedTensorType type = widen.getInput().getType();
  if (type.getRank() != 2 || !type.hasStaticShape() || type.getNumElements() == 0)
    return {};
  return {widen.getInput(), isTurned};
}

static bool isMadeOf(HalfMatrix weights, Type half) {
  return weights.stored && weights.stored.getType().getElementType() == half;
}

static Value unpackHalves(PatternRewriter &rewriter, Operation *op, Value lhs,
                          HalfMatrix weights) {
  Value ones = makeOnes(rewriter, op->getLoc(), weights.getColumns(), weights.isTurned);
  return GridMatMulOp::create(rewriter, op->getLoc(), lhs, weights.stored, ones, Value(),
                              weights.isTurned, weights.getDepth());
}

/// What `value` is read from as f32; null if not from bf16.
static TypedValue<RankedTensorType> findBFloat16(Value value) {
  auto widen = value.getDefiningOp<CastOp>();
  if (widen && widen.getTo().isF32() && widen.getInput().getType().getElementType().isBF16())
    return widen.getInput();
  return {};
}

/// What f32 was before it was rounded to bf16 and read as f32 again; null if it was not.
static Value findUnrounded(Value value) {
  TypedValue<RankedTensorType> rounded = findBFloat16(value);
  auto round = rounded ? rounded.getDefiningOp<CastOp>() : CastOp();
  return round && round.getInput().getType() == value.getType() ? round.getInput() : Value();
}

/// A product as another op makes it of `lhs`, of two dimensions or more, and `rhs`; null if they
/// are not what it is for.
using Multiply = Value (*)(PatternRewriter &rewriter, Operation *op, Value lhs, Value rhs,
                           bool isTurned);

/// Weights of bf16 are unpacked, and what was rounded to it for them is taken as it was.
static Value multiplyWords(PatternRewriter &rewriter, Operation *op, Value lhs, Value rhs,
                           bool isTurned) {
  HalfMatrix weights = findHalves(rhs, isTurned);
  if (!isMadeOf(weights, rewriter.getBF16Type()))
    return {};
  Value exact = findUnrounded(lhs);
  return unpackHalves(rewriter, op, exact ? exact : lhs, weights);
}

/// Both sides stay bf16.
static Value multiplyPairs(PatternRewriter &rewriter, Operation *op, Value lhs, Value rhs,
                           bool isTurned) {
  Value left = findBFloat16(lhs);
  HalfMatrix weights = findHalves(rhs, isTurned);
  if (!left || !isMadeOf(weights, rewriter.getBF16Type()))
    return {};
  Value right = weights.stored;
  if (weights.isTurned)
    right = TransposeOp::create(rewriter, op->getLoc(), right, ArrayRef<int64_t>{1, 0});
  return MatMulOp::create(rewriter, op->getLoc(), left, right, /*wide=*/true);
}

static Value multiplyGrid(PatternRewriter &rewriter, Operation *op, Value lhs, Value rhs,
                          bool isTurned) {
  auto type = cast<RankedTensorType>(lhs.getType());
  if (HalfMatrix halves = findHalves(rhs, isTurned); isMadeOf(halves, rewriter.getF16Type()))
    return unpackHalves(rewriter, op, lhs, halves);
  GridMatrix grid = findGrid(rhs, isTurned);
  if (!grid.op || type.getElementType() != grid.op.getTo())
    return {};
  int64_t block = std::min(grid.getBlockSize(), grid.getDepth());
  if (grid.hasBlocks()) {
    auto scale = cast<RankedTensorType>(grid.op.getScale().getType());
    int64_t blocks = scale.getDimSize(grid.isTurned ? 1 : 0);
    if (blocks != int64_t(llvm::divideCeil(grid.getDepth(), block)) ||
        scale.getDimSize(grid.isTurned ? 0 : 1) != grid.getColumns())
      return {};
  }
  return GridMatMulOp::create(rewriter, op->getLoc(), lhs, grid.op.getInput(),
                              makeMatrix(rewriter, grid, grid.op.getScale()),
                              makeMatrix(rewriter, grid, grid.op.getZero()),
                              grid.isTurned, block);
}

template <Multiply multiply>
static LogicalResult fuseMatMul(MatMulOp op, PatternRewriter &rewriter) {
  if (op.getLhs().getType().getRank() < 2)
    return rewriter.notifyMatchFailure(op, "multiplies a vector");
  Value product = multiply(rewriter, op, op.getLhs(), op.getRhs(), /*isTurned=*/false);
  if (!product)
    return rewriter.notifyMatchFailure(op, "has no constant weights on a grid");
  rewriter.replaceOp(op, product);
  return success();
}

template <Multiply multiply>
static LogicalResult fuseGemm(GemmOp op, PatternRewriter &rewriter) {
  if (op.getTransA() || !op.getAlpha().isExactlyValue(1.0) ||
      (op.getBias() && !op.getBeta().isExactlyValue(1.0)))
    return rewriter.notifyMatchFailure(op, "it is scaled, or its left side transposed");
  Value product = multiply(rewriter, op, op.getLhs(), op.getRhs(), op.getTransB());
  if (!product)
    return rewriter.notifyMatchFailure(op, "has no constant weights on a grid");
  if (op.getBias())
    product = BinaryOp::create(rewriter, op.getLoc(), BinaryKind::Add, product, op.getBias());
  rewriter.replaceOp(op, product);
  return success();
}

/// matmul(cast x to bf16, w)  =>  cast grid_matmul(x, w) to bf16; the product itself for
/// those who widen it.
static LogicalResult fuseBFloat16(MatMulOp op, PatternRewriter &rewriter) {
  auto round = op.getLhs().getDefiningOp<CastOp>();
  Value rhs = op.getRhs();
  auto transpose = rhs.getDefiningOp<TransposeOp>();
  if (transpose)
    rhs = transpose.getInput();
  auto type = cast<RankedTensorType>(rhs.getType());
  if (!round || !round.getTo().isBF16() || round.getType().getRank() < 2 ||
      !round.getInput().getType().getElementType().isF32() || type.getRank() != 2 ||
      !isConstant(rhs) || !type.hasStaticShape() || type.getNumElements() == 0)
    return rewriter.notifyMatchFailure(op, "is no product of rounded f32 with constant weights");
  HalfMatrix weights{cast<TypedValue<RankedTensorType>>(rhs), bool(transpose)};
  Value product = unpackHalves(rewriter, op, round.getInput(), weights);
  for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
    if (auto widen = dyn_cast<CastOp>(user); widen && widen.getTo().isF32())
      rewriter.replaceOp(widen, product);
  rewriter.replaceOpWithNewOp<CastOp>(op, product, rewriter.getBF16Type());
  return success();
}

/// conv(x to f32, w to f32)  =>  conv(x, w) wide, with pairs of channels.
static LogicalResult fuseConv(ConvOp op, PatternRewriter &rewriter) {
  TypedValue<RankedTensorType> input = findBFloat16(op.getInput());
  TypedValue<RankedTensorType> filter = findBFloat16(op.getFilter());
  if (!input || !filter || !isConstant(filter))
    return rewriter.notifyMatchFailure(op, "is not of bf16 and constant filters");
  if (op.getGroups() != 1 || op.getInputDilations() || filter.getType().getDimSize(1) % 2 != 0)
    return rewriter.notifyMatchFailure(op, "has no pairs of channels to add up");
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(input);
    op.getFilterMutable().assign(filter);
    op.setWide(true);
  });
  return success();
}

/// Where filters of bf16 are widened nothing is gained by rounding for them.
static LogicalResult forgetRounding(ConvOp op, PatternRewriter &rewriter) {
  Value exact = findUnrounded(op.getInput());
  if (!exact || !findBFloat16(op.getFilter()))
    return rewriter.notifyMatchFailure(op, "reads nothing that is rounded for its filters");
  rewriter.modifyOpInPlace(op, [&] { op.getInputMutable().assign(exact); });
  return success();
}

namespace {
struct FuseLowBitWeights : graphopt::impl::FuseLowBitWeightsBase<FuseLowBitWeights> {
  using FuseLowBitWeightsBase::FuseLowBitWeightsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(fuseMatMul<multiplyGrid>);
    patterns.add(fuseGemm<multiplyGrid>);
    if (bfloat16) {
      patterns.add(fuseBFloat16);
      patterns.add(fuseMatMul<multiplyWords>);
      patterns.add(fuseGemm<multiplyWords>);
      patterns.add(forgetRounding);
    } else {
      patterns.add(fuseMatMul<multiplyPairs>);
      patterns.add(fuseGemm<multiplyPairs>);
      patterns.add(fuseConv);
    }
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
