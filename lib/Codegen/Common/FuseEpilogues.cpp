//===- FuseEpilogues.cpp - kernel-fuse-epilogues --------------------------===//

#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/RegionUtils.h"

namespace graphopt {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::kernel;

/// The kernel op whose value `consumer`, and nobody else, reads as computed. Of more
/// than one that with the longest elements, which then need not be stored.
static EpilogueOp findKernel(linalg::GenericOp consumer) {
  EpilogueOp best;
  auto bitsOf = [](EpilogueOp kernel) {
    return kernel.getInitType().getElementTypeBitWidth();
  };
  for (OpOperand &operand : consumer->getOpOperands()) {
    auto kernel = operand.get().getDefiningOp<EpilogueOp>();
    if (!kernel || consumer.getMatchingBlockArgument(&operand).use_empty())
      continue;
    if (llvm::all_of(kernel->getUses(), [&](OpOperand &use) {
          return use.getOwner() == consumer &&
                 consumer.getMatchingIndexingMap(&use).isIdentity();
        }) &&
        (!best || bitsOf(kernel) > bitsOf(best)))
      best = kernel;
  }
  return best;
}

/// True if an integer division may meet a zero in a lane past the last column,
/// where x86 would trap.
static bool mayTrap(Operation &op) {
  if (!isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
           arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(op))
    return false;
  APInt divisor;
  return !matchPattern(op.getOperand(1), m_ConstantInt(&divisor)) ||
         divisor.isZero() || divisor.isAllOnes();
}

/// One tensor result over the kernel's own domain, computed from scalars.
static bool isElementwise(linalg::GenericOp consumer) {
  if (!consumer.hasPureTensorSemantics() || consumer->getNumResults() != 1 ||
      consumer.getNumParallelLoops() != consumer.getNumLoops() ||
      !consumer.getMatchingIndexingMap(consumer.getDpsInitOperand(0)).isIdentity())
    return false;
  return llvm::all_of(
      consumer.getBlock()->without_terminator(), [](Operation &op) {
        return matchPattern(&op, m_Constant()) ||
               (OpTrait::hasElementwiseMappableTraits(&op) && !mayTrap(op));
      });
}

namespace {
/// The operands of the fused op.
struct FusedOperands {
  SmallVector<Value> extras;
  SmallVector<AffineMap> maps;
  /// Arguments of the consumer's body that become extras, in order.
  SmallVector<BlockArgument> arguments;
};
} // namespace

static FailureOr<FusedOperands> collectOperands(EpilogueOp kernel,
                                                linalg::GenericOp consumer) {
  FusedOperands fused;
  llvm::append_range(fused.extras, kernel.getExtras());
  for (unsigned i = 0; i < fused.extras.size(); ++i)
    fused.maps.push_back(kernel.getMap(i));
  for (OpOperand &operand : consumer->getOpOperands()) {
    BlockArgument arg = consumer.getMatchingBlockArgument(&operand);
    if (operand.get().getDefiningOp() == kernel.getOperation() ||
        arg.use_empty())
      continue;
    AffineMap map = consumer.getMatchingIndexingMap(&operand);
    if (!isa<RankedTensorType>(operand.get().getType()) || !isEpilogueMap(map))
      return failure();
    fused.extras.push_back(operand.get());
    fused.maps.push_back(map);
    fused.arguments.push_back(arg);
  }
  return fused;
}

/// A sum that is rounded to bf16 and widened again stays the sum: ONNX has no product
/// of bf16 with a result of f32, so this is how one is written.
static void dropRoundings(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto widen = dyn_cast<arith::ExtFOp>(op);
    auto round = widen ? widen.getIn().getDefiningOp<arith::TruncFOp>() : arith::TruncFOp();
    if (!round || !round.getType().isBF16() || round.getIn() != block.getArgument(0) ||
        round.getIn().getType() != widen.getType())
      continue;
    widen.replaceAllUsesWith(round.getIn());
    widen.erase();
    if (round->use_empty())
      round.erase();
  }
}

/// Appends the consumer's body to the kernel's in `region`; constants it uses
/// from outside come with it.
static void mergeBodies(EpilogueOp kernel, linalg::GenericOp consumer,
                        const FusedOperands &fused,
                        const SetVector<Value> &constants, Region &region) {
  IRMapping mapping;
  kernel.getEpilogue().cloneInto(&region, mapping);
  Block &block = region.front();
  auto yield = cast<YieldOp>(block.getTerminator());
  for (OpOperand &operand : consumer->getOpOperands())
    if (operand.get().getDefiningOp() == kernel.getOperation())
      mapping.map(consumer.getMatchingBlockArgument(&operand), yield.getValue());
  for (BlockArgument arg : fused.arguments)
    mapping.map(arg, block.addArgument(arg.getType(), arg.getLoc()));
  OpBuilder builder(yield);
  for (Value constant : constants)
    mapping.map(constant,
                builder.clone(*constant.getDefiningOp())->getResult(0));
  for (Operation &op : consumer.getBlock()->without_terminator())
    builder.clone(op, mapping);
  Value stored = consumer.getBlock()->getTerminator()->getOperand(0);
  yield->setOperand(0, mapping.lookup(stored));
  dropRoundings(block);
}

/// generic(kernel(..., extras) { body }, more) { consumer }
///   =>  kernel(..., extras, more) { body; consumer }
static LogicalResult fuseConsumer(linalg::GenericOp consumer,
                                  PatternRewriter &rewriter) {
  EpilogueOp kernel = findKernel(consumer);
  if (!kernel)
    return rewriter.notifyMatchFailure(
        consumer, "is not the only reader of a kernel's value");
  if (!isElementwise(consumer))
    return rewriter.notifyMatchFailure(
        consumer, "is not element-wise, or may trap past the last column");
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(consumer.getRegion(), captured);
  for (Value value : captured)
    if (!matchPattern(value, m_Constant()))
      return rewriter.notifyMatchFailure(consumer, "captures a value");
  FailureOr<FusedOperands> fused = collectOperands(kernel, consumer);
  if (failed(fused))
    return rewriter.notifyMatchFailure(consumer,
                                       "an operand is not readable by tiles");

  // A consumer that overwrites the kernel's value writes where it did.
  Value outs = consumer.getDpsInits().front();
  if (outs.getDefiningOp() == kernel.getOperation())
    outs = kernel.getInitValue();
  rewriter.setInsertionPoint(consumer);
  Operation *clone = rewriter.cloneWithoutRegions(*kernel);
  rewriter.modifyOpInPlace(clone, [&] {
    clone->setLoc(rewriter.getFusedLoc({kernel.getLoc(), consumer.getLoc()}));
    auto result = cast<EpilogueOp>(clone);
    result.getExtrasMutable().assign(fused->extras);
    clone->setOperand(clone->getNumOperands() - 1, outs);
    clone->setAttr("maps", rewriter.getAffineMapArrayAttr(fused->maps));
    clone->getResult(0).setType(consumer->getResult(0).getType());
    mergeBodies(kernel, consumer, *fused, captured, clone->getRegion(0));
  });
  rewriter.replaceOp(consumer, clone);
  return success();
}

/// True if `reshaped` is a kernel's value, reshaped by an `Op` for its one reader. With
/// more, what one pattern moves over a reader the other may move back.
template <typename Op>
static bool isReshapedKernel(OpOperand *reshaped) {
  auto reshape = reshaped->get().getDefiningOp<Op>();
  return reshape && reshape->hasOneUse() && reshape.getSrc().hasOneUse() &&
         reshape.getSrc().template getDefiningOp<EpilogueOp>();
}

namespace {
struct FuseEpilogues : graphopt::impl::FuseEpiloguesBase<FuseEpilogues> {
  using FuseEpiloguesBase::FuseEpiloguesBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(fuseConsumer);
    // A consumer that reads the value through a reshape is given the kernel's
    // own dimensions, and the reshape moves below it.
    linalg::populateFoldReshapeOpsByCollapsingPatterns(
        patterns, isReshapedKernel<tensor::ExpandShapeOp>);
    linalg::populateFoldReshapeOpsByExpansionPatterns(
        patterns, isReshapedKernel<tensor::CollapseShapeOp>);
    // Open sizes leave tensor.dim of the reshape and of the value behind; until
    // they are resolved to sizes of arguments nothing has only one reader.
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    tensor::DimOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
