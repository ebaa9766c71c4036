#include "SinkTranspose.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Shape.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_MOVECHANNELSLAST
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// conv(x)  =>  transpose(conv channels_last(transpose(x)))
static LogicalResult reorderConv(ConvOp op, PatternRewriter &rewriter) {
  if (op.getChannelsLast())
    return rewriter.notifyMatchFailure(op, "has channels last");
  SmallVector<int64_t> order = getChannelsLastOrder(op.getType().getRank());
  auto conv = cast<ConvOp>(rewriter.clone(*op));
  rewriter.setInsertionPoint(conv);
  conv.getInputMutable().assign(
      createTranspose(rewriter, op.getLoc(), op.getInput(), order));
  conv.setChannelsLast(true);
  conv.getResult().setType(getPermuted(op.getType(), order));
  rewriter.setInsertionPointAfter(conv);
  rewriter.replaceOp(op, restoreOrder(rewriter, op.getLoc(), conv.getResult()));
  return success();
}

/// transpose(transpose(x, p), q)  =>  transpose(x, [p[i] for i in q])
static LogicalResult mergeTransposePair(TransposeOp outer,
                                        PatternRewriter &rewriter) {
  auto inner = outer.getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return rewriter.notifyMatchFailure(outer, "input is not a transpose");
  SmallVector<int64_t> merged =
      applyPermutation(inner.getPermutation(), outer.getPermutation());
  if (isIdentityPermutation(merged))
    rewriter.replaceOp(outer, inner.getInput());
  else
    rewriter.replaceOpWithNewOp<TransposeOp>(outer, outer.getType(),
                                             inner.getInput(), merged);
  return success();
}

namespace {
struct SinkTranspose : RewritePattern {
  SinkTranspose(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    return sinkTranspose(op, rewriter);
  }
};

struct MoveChannelsLast
    : graphopt::impl::MoveChannelsLastBase<MoveChannelsLast> {
  using MoveChannelsLastBase::MoveChannelsLastBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(reorderConv);
    patterns.add(mergeTransposePair);
    patterns.add<SinkTranspose>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    forgetRestored(getOperation());
  }
};
} // namespace
