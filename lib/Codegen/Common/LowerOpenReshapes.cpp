//===- LowerOpenReshapes.cpp - Views with several open extents ------------===//
//
// Upstream's expand-strided-metadata takes one open extent a group for granted
// and crashes on more, such as rows of [batch * seq] seen as [batch, seq].
//
//===----------------------------------------------------------------------===//

#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

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

namespace {
struct LowerOpenReshapes
    : graphopt::impl::LowerOpenReshapesBase<LowerOpenReshapes> {
  using LowerOpenReshapesBase::LowerOpenReshapesBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(lowerExpandShape);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
