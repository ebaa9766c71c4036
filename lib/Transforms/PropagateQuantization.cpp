#include "Attention.h"
#include "FuseQuantized.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Resize.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_PROPAGATEQUANTIZATION
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static bool isOne(Value number) {
  auto type = cast<RankedTensorType>(number.getType());
  return type.hasStaticShape() && type.getNumElements() == 1;
}

/// What gives bytes of one grid, or null.
static DequantizeLinearOp getGrid(Value value) {
  auto grid = value.getDefiningOp<DequantizeLinearOp>();
  bool isSimple = grid && !grid.getBlockSize() && isOne(grid.getScale()) &&
                  grid.getInput().getType().getElementType().isInteger(8);
  return isSimple ? grid : DequantizeLinearOp();
}

/// The same values, or constants that are equal.
static bool isSame(Value a, Value b) {
  Attribute left, right;
  return a == b || (a && b && matchPattern(a, m_Constant(&left)) &&
                    matchPattern(b, m_Constant(&right)) && left == right);
}

static bool isOnGrid(DequantizeLinearOp a, Value scale, Value zero) {
  return isSame(a.getScale(), scale) && isSame(a.getZero(), zero);
}

/// True if each element of the result is one of the first operand's, or as great.
static bool movesElements(Operation *op) {
  if (auto pool = dyn_cast<PoolOp>(op))
    return pool.getKind() == PoolKind::Max;
  if (auto resize = dyn_cast<ResizeOp>(op))
    return resize.getMode() == Interpolation::Nearest && op->getNumOperands() <= 2;
  return isa<ExpandOp, GatherOp, ReshapeOp, SliceOp, SqueezeOp, TileOp, TransposeOp,
             UnsqueezeOp>(op);
}

namespace {
/// move(dequantize(x))  =>  dequantize(move(x))
struct SinkGrid : RewritePattern {
  explicit SinkGrid(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!movesElements(op))
      return rewriter.notifyMatchFailure(op, "does more than to move elements");
    DequantizeLinearOp grid = getGrid(op->getOperand(0));
    if (!grid)
      return rewriter.notifyMatchFailure(op, "its input has no grid of bytes");
    Operation *moved = rewriter.clone(*op);
    moved->setOperand(0, grid.getInput());
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    moved->getResult(0).setType(type.clone(grid.getInput().getType().getElementType()));
    rewriter.replaceOpWithNewOp<DequantizeLinearOp>(op, moved->getResult(0), grid.getScale(),
                                                    grid.getZero(), /*axis=*/0, IntegerAttr(),
                                                    grid.getTo());
    return success();
  }
};
} // namespace

/// concat(dequantize(x), dequantize(y))  =>  dequantize(concat(x, y)) if the grid is one
static LogicalResult sinkThroughConcat(ConcatOp op, PatternRewriter &rewriter) {
  DequantizeLinearOp first = getGrid(op.getInputs().front());
  SmallVector<Value> bytes;
  for (Value input : op.getInputs()) {
    DequantizeLinearOp grid = getGrid(input);
    if (!grid || !isOnGrid(grid, first.getScale(), first.getZero()) ||
        grid.getInput().getType().getElementType() != first.getInput().getType().getElementType())
      return rewriter.notifyMatchFailure(op, "its inputs have different grids");
    bytes.push_back(grid.getInput());
  }
  Value moved = ConcatOp::create(rewriter, op.getLoc(), bytes, op.getAxis());
  rewriter.replaceOpWithNewOp<DequantizeLinearOp>(op, moved, first.getScale(), first.getZero(),
                                                  /*axis=*/0, IntegerAttr(), first.getTo());
  return success();
}

/// pad(dequantize(x), 0)  =>  dequantize(pad(x, zero))
static LogicalResult sinkThroughPad(PadOp op, PatternRewriter &rewriter) {
  DequantizeLinearOp grid = getGrid(op.getInput());
  bool isConstant = op.getMode() == PadMode::Constant;
  if (!grid || (isConstant && op.getValue() && getSplat(op.getValue()) != 0))
    return rewriter.notifyMatchFailure(op, "adds what is on no grid of bytes");
  Value moved = PadOp::create(rewriter, op.getLoc(), op.getMode(), grid.getInput(), op.getPads(),
                              isConstant ? grid.getZero() : Value(), op.getAxes());
  rewriter.replaceOpWithNewOp<DequantizeLinearOp>(op, moved, grid.getScale(), grid.getZero(),
                                                  /*axis=*/0, IntegerAttr(), grid.getTo());
  return success();
}

/// relu(dequantize(x))  =>  dequantize(x) where nothing is below the zero point
static LogicalResult removeRelu(UnaryOp op, PatternRewriter &rewriter) {
  DequantizeLinearOp grid = getGrid(op.getInput());
  if (op.getKind() != UnaryKind::Relu || !grid)
    return rewriter.notifyMatchFailure(op, "is no Relu of bytes");
  bool isUnsigned = grid.getInput().getType().getElementType().isUnsignedInteger();
  bool isLowest = isUnsigned ? !grid.getZero() || isEach(grid.getZero(), 0)
                             : grid.getZero() && isEach(grid.getZero(), 0x80);
  if (!isLowest)
    return rewriter.notifyMatchFailure(op, "there are bytes below the zero point");
  rewriter.replaceOp(op, grid);
  return success();
}

/// quantize(dequantize(x))  =>  x if the grid is one
static LogicalResult removePair(QuantizeLinearOp op, PatternRewriter &rewriter) {
  DequantizeLinearOp grid = getGrid(op.getInput());
  if (!grid || op.getBlockSize() || op.getType() != grid.getInput().getType() ||
      !isOnGrid(grid, op.getScale(), op.getZero()))
    return rewriter.notifyMatchFailure(op, "its input is on no such grid");
  rewriter.replaceOp(op, grid.getInput());
  return success();
}

/// quantize(max_pool(x))  =>  max_pool(quantize(x)), at the end of what computes x: to
/// round keeps the order
static LogicalResult liftOverPool(QuantizeLinearOp op, PatternRewriter &rewriter) {
  auto pool = op.getInput().getDefiningOp<PoolOp>();
  std::optional<double> scale = getSplat(op.getScale());
  if (!pool || pool.getKind() != PoolKind::Max || !pool->hasOneUse() ||
      !pool.getInput().getDefiningOp() || !pool.getInput().hasOneUse())
    return rewriter.notifyMatchFailure(op, "its input is no maximum of what is computed for it");
  Type element = op.getType().getElementType();
  if (!element.isInteger(8) || op.getBlockSize() || !isOne(op.getScale()) || !scale ||
      !(*scale > 0))
    return rewriter.notifyMatchFailure(op, "has no grid of bytes");
  Value bytes = QuantizeLinearOp::create(rewriter, op.getLoc(), pool.getInput(), op.getScale(),
                                         op.getZero(), op.getAxis(), IntegerAttr(), element);
  Operation *moved = rewriter.clone(*pool);
  moved->setOperand(0, bytes);
  moved->getResult(0).setType(op.getType());
  rewriter.replaceOp(op, moved);
  return success();
}

namespace {
struct PropagateQuantization
    : graphopt::impl::PropagateQuantizationBase<PropagateQuantization> {
  using PropagateQuantizationBase::PropagateQuantizationBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkGrid>(&getContext());
    patterns.add(liftOverPool);
    patterns.add(removePair);
    patterns.add(removeRelu);
    patterns.add(sinkThroughConcat);
    patterns.add(sinkThroughPad);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
