#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Window.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_FOLDPADS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static bool isNegative(int64_t value) { return value < 0; }

/// What `op` adds before each dimension, then after each, if that is zeros.
static FailureOr<SmallVector<int64_t>> getZeroPads(PadOp op) {
  if (op.getMode() != PadMode::Constant ||
      (op.getValue() && !matchPattern(op.getValue(), m_AnyZeroFloat())))
    return failure();
  ShapeInference shapes(op.getContext());
  std::optional<SmallVector<int64_t>> pads =
      shapes.get(op.getPads()).getConstantElements();
  int64_t rank = op.getType().getRank();
  std::optional<SmallVector<int64_t>> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (op.getAxes())
    axes = shapes.get(op.getAxes()).getConstantElements();
  if (!pads || !axes || llvm::any_of(*pads, isNegative))
    return failure();
  SmallVector<int64_t> result(2 * rank);
  SmallVector<int64_t> dims = *normalizeAxes(std::nullopt, *axes, rank);
  for (auto [i, dim] : llvm::enumerate(dims)) {
    result[dim] = (*pads)[i];
    result[rank + dim] = (*pads)[dims.size() + i];
  }
  return result;
}

/// conv(pad(x))  =>  conv(x), whose own pads grow
static LogicalResult foldIntoConv(ConvOp op, PatternRewriter &rewriter) {
  auto pad = op.getInput().getDefiningOp<PadOp>();
  if (!pad)
    return rewriter.notifyMatchFailure(op, "reads no pad");
  FailureOr<SmallVector<int64_t>> added = getZeroPads(pad);
  if (failed(added))
    return rewriter.notifyMatchFailure(op, "the pad adds no fixed zeros");
  bool isFixed = op.getAutoPad().value_or(AutoPad::NotSet) == AutoPad::NotSet &&
                 !op.getInputDilations() && !op.getOutputShape();
  if (!isFixed || llvm::any_of(op.getPads(), isNegative))
    return rewriter.notifyMatchFailure(op, "its pads do not add up");
  SmallVector<int64_t> pads(op.getPads());
  int64_t spatial = pads.size() / 2, rank = spatial + 2;
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t dim = getSpatialDim(op.getChannelsLast(), i);
    pads[i] += std::exchange((*added)[dim], 0);
    pads[spatial + i] += std::exchange((*added)[rank + dim], 0);
  }
  if (llvm::any_of(*added, [](int64_t size) { return size != 0; }))
    return rewriter.notifyMatchFailure(op, "batch or channels are padded");
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad.getInput());
    op.setPads(pads);
  });
  return success();
}

namespace {
struct FoldPads : graphopt::impl::FoldPadsBase<FoldPads> {
  using FoldPadsBase::FoldPadsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(foldIntoConv);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
