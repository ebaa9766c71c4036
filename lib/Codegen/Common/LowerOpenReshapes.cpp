//===- LowerOpenReshapes.cpp - Views with several open extents ------------===//
//
// Upstream's expand-strided-metadata takes one open extent a group for granted
// and crashes on more, such as rows of [batch * seq] seen as [batch, seq]. Where
// a view drops one of several extents of 1 and strides are open, it takes the
// wrong one; where it has a step, it crashes.
//
//===----------------------------------------------------------------------===//

#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SmallBitVector.h"

namespace graphopt {
#define GEN_PASS_DEF_LOWEROPENRESHAPES
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

static bool hasSeveralOpenExtents(memref::ExpandShapeOp op) {
  ArrayRef<int64_t> shape = op.getResultType().getShape();
  return llvm::any_of(op.getReassociationIndices(), [&](ArrayRef<int64_t> group) {
    return llvm::count_if(group, [&](int64_t dim) {
             return ShapedType::isDynamic(shape[dim]);
           }) > 1;
  });
}

/// memref.expand_shape  =>  memref.reinterpret_cast
static LogicalResult lowerExpandShape(memref::ExpandShapeOp op,
                                      PatternRewriter &rewriter) {
  if (!hasSeveralOpenExtents(op))
    return rewriter.notifyMatchFailure(op, "has one open extent a group");
  Location loc = op.getLoc();
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(op.getResultType().getStridesAndOffset(strides, offset)))
    return rewriter.notifyMatchFailure(op, "layout has no strides");
  auto source = memref::ExtractStridedMetadataOp::create(rewriter, loc, op.getSrc());
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape(), steps(strides.size());
  for (auto [group, dims] : llvm::enumerate(op.getReassociationIndices())) {
    Value step = source.getStrides()[group];
    for (int64_t dim : llvm::reverse(dims)) {
      steps[dim] = ShapedType::isDynamic(strides[dim])
                       ? OpFoldResult(step)
                       : rewriter.getIndexAttr(strides[dim]);
      Value size = getValueOrCreateConstantIndexOp(rewriter, loc, sizes[dim]);
      step = rewriter.createOrFold<arith::MulIOp>(loc, step, size);
    }
  }
  OpFoldResult start = ShapedType::isDynamic(offset)
                           ? OpFoldResult(source.getOffset())
                           : rewriter.getIndexAttr(offset);
  rewriter.replaceOpWithNewOp<memref::ReinterpretCastOp>(
      op, op.getResultType(), source.getBaseBuffer(), start, sizes, steps);
  return success();
}

/// The dimensions of the source that are left in the result of a view; empty if
/// that is not to be told.
static SmallVector<unsigned> keptDims(memref::SubViewOp op) {
  ArrayRef<int64_t> shape = op.getType().getShape();
  SmallVector<unsigned> kept;
  for (auto [dim, size] : llvm::enumerate(op.getStaticSizes()))
    if (kept.size() < shape.size() && size == shape[kept.size()])
      kept.push_back(dim);
    else if (size != 1)
      return {};
  return kept.size() == shape.size() ? kept : SmallVector<unsigned>();
}

/// True if upstream takes another extent for dropped, or cannot tell.
static bool mistakesDropped(memref::SubViewOp op, ArrayRef<unsigned> kept) {
  if (llvm::any_of(op.getStaticStrides(), [](int64_t step) { return step != 1; }))
    return true;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  return llvm::any_of(kept, [&](unsigned dim) { return dropped.test(dim); });
}

/// memref.subview without some extents of 1  =>  memref.reinterpret_cast
static LogicalResult lowerReducedView(memref::SubViewOp op, PatternRewriter &rewriter) {
  SmallVector<unsigned> kept = keptDims(op);
  if (kept.empty() || op.getType().getRank() == op.getSourceType().getRank() ||
      !mistakesDropped(op, kept))
    return rewriter.notifyMatchFailure(op, "upstream knows what is dropped");
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(op.getType().getStridesAndOffset(strides, offset)))
    return rewriter.notifyMatchFailure(op, "layout has no strides");
  Location loc = op.getLoc();
  auto whole = memref::SubViewOp::create(rewriter, loc, op.getSource(), op.getMixedOffsets(),
                                         op.getMixedSizes(), op.getMixedStrides());
  auto source = memref::ExtractStridedMetadataOp::create(rewriter, loc, whole);
  SmallVector<OpFoldResult> sizes, steps;
  for (auto [i, dim] : llvm::enumerate(kept)) {
    sizes.push_back(op.getMixedSizes()[dim]);
    steps.push_back(ShapedType::isDynamic(strides[i]) ? OpFoldResult(source.getStrides()[dim])
                                                      : rewriter.getIndexAttr(strides[i]));
  }
  OpFoldResult start = ShapedType::isDynamic(offset) ? OpFoldResult(source.getOffset())
                                                     : rewriter.getIndexAttr(offset);
  rewriter.replaceOpWithNewOp<memref::ReinterpretCastOp>(op, op.getType(), source.getBaseBuffer(),
                                                         start, sizes, steps);
  return success();
}

namespace {
struct LowerOpenReshapes
    : graphopt::impl::LowerOpenReshapesBase<LowerOpenReshapes> {
  using LowerOpenReshapesBase::LowerOpenReshapesBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(lowerExpandShape);
    patterns.add(lowerReducedView);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
