//===- FuseElementwise.cpp - Merges chains of linalg ops ------------------===//

#include "ComputeParts.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

/// The input that `op` only passes on, in another order or more than once.
static OpOperand *getCopiedInput(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumLoops() != op.getNumParallelLoops())
    return nullptr;
  Block &body = *op.getBody();
  auto argument =
      dyn_cast<BlockArgument>(body.getTerminator()->getOperand(0));
  if (!argument || argument.getOwner() != &body ||
      argument.getArgNumber() >= op.getNumDpsInputs())
    return nullptr;
  return op.getDpsInputOperand(argument.getArgNumber());
}

/// A part of x, of which `part` is a copy by `copy`, whose result and source have
/// these maps.
static Value sliceSource(OpBuilder &b, tensor::ExtractSliceOp part, Value source,
                         AffineMap result, AffineMap through) {
  Location loc = part.getLoc();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, source);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  AffineMap from = through.compose(inversePermutation(result));
  for (auto [i, expr] : llvm::enumerate(from.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      offsets[i] = part.getMixedOffsets()[dim.getPosition()];
      sizes[i] = part.getMixedSizes()[dim.getPosition()];
      strides[i] = part.getMixedStrides()[dim.getPosition()];
    }
  return tensor::ExtractSliceOp::create(b, loc, source, offsets, sizes, strides);
}

/// consume(copy(x))  =>  consume(x), reading x in the copy's order; the same for
/// part of a copy
///
/// Not if the consumer's innermost dimension would no longer be x's: a transpose
/// is faster on its own.
static LogicalResult readThroughCopy(linalg::GenericOp consumer,
                                     PatternRewriter &rewriter) {
  for (OpOperand *operand : consumer.getDpsInputOperands()) {
    auto part = operand->get().getDefiningOp<tensor::ExtractSliceOp>();
    if (part && !part.getDroppedDims().none())
      continue;
    Value copied = part ? part.getSource() : operand->get();
    auto copy = copied.getDefiningOp<linalg::GenericOp>();
    OpOperand *source = copy ? getCopiedInput(copy) : nullptr;
    if (!source || !isa<RankedTensorType>(source->get().getType()))
      continue;
    AffineMap result = copy.getMatchingIndexingMap(copy.getDpsInitOperand(0));
    AffineMap read = consumer.getMatchingIndexingMap(operand);
    AffineMap through = copy.getMatchingIndexingMap(source);
    if (!result.isPermutation())
      continue;
    AffineMap map =
        through.compose(inversePermutation(result)).compose(read);
    if (map.getNumResults() > 0 && read.getNumResults() > 0) {
      AffineExpr before = read.getResults().back();
      bool isElsewhere =
          llvm::is_contained(map.getResults().drop_back(), before);
      if (isElsewhere)
        continue;
    }
    SmallVector<AffineMap> maps = consumer.getIndexingMapsArray();
    maps[operand->getOperandNumber()] = map;
    // Each loop still needs an operand that tells its size.
    if (!inversePermutation(concatAffineMaps(maps, rewriter.getContext())))
      continue;
    Value taken = source->get();
    if (part) {
      if (llvm::any_of(through.getResults(), [](AffineExpr expr) {
            return !isa<AffineDimExpr, AffineConstantExpr>(expr);
          }))
        continue;
      rewriter.setInsertionPoint(part);
      taken = sliceSource(rewriter, part, taken, result, through);
    }
    rewriter.modifyOpInPlace(consumer, [&] {
      operand->set(taken);
      consumer.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
  return rewriter.notifyMatchFailure(consumer, "no input is a mere copy");
}

/// A few ops that are cheaper to repeat than a buffer is to write and read.
static bool isCheap(linalg::GenericOp op) {
  constexpr int64_t kCheapOps = 3;
  Block &body = *op.getBody();
  return llvm::range_size(body.without_terminator()) <= kCheapOps &&
         llvm::all_of(body.without_terminator(), [](Operation &inner) {
           return !isa<math::MathDialect>(inner.getDialect()) &&
                  !isa<arith::DivFOp, tensor::ExtractOp>(inner) &&
                  inner.getNumRegions() == 0;
         });
}

/// True if a point reads what an earlier one has stored, so that none may be repeated.
static bool accumulates(linalg::GenericOp op) {
  return llvm::any_of(op.getDpsInitsMutable(), [&](OpOperand &init) {
    return op.payloadUsesValueFromOperand(&init);
  });
}

/// True if `op` can become the end of a kernel whose value nobody else reads.
static bool endsKernel(linalg::GenericOp op) {
  if (op.getNumLoops() != op.getNumParallelLoops())
    return false;
  return llvm::any_of(op.getInputs(), [&](Value input) {
    Operation *source = input.getDefiningOp();
    // Ops that have moved into others are still there, unused.
    if (!source || llvm::any_of(source->getUsers(), [&](Operation *user) {
          return user != op && !user->use_empty();
        }))
      return false;
    auto generic = dyn_cast<linalg::GenericOp>(source);
    return isa<graphopt::kernel::EpilogueOp>(source) ||
           (generic && endsKernel(generic));
  });
}

/// True if a kernel's sums are rounded to bytes: what reads bytes reads less than sums.
static bool storesBytes(linalg::GenericOp op) {
  Value stored = op.getBlock()->getTerminator()->getOperand(0);
  return stored.getDefiningOp<arith::TruncIOp>() && stored.getType().isInteger(8) &&
         endsKernel(op);
}

/// True if `op` makes 16 bits of bytes, for products of pairs.
static bool storesPairs(linalg::GenericOp op) {
  return op.getNumResults() == 1 &&
         getElementTypeOrSelf(op.getResult(0).getType()).isInteger(16);
}

/// Whether the producer of `operand` should move into its reader.
static bool shouldFuse(OpOperand *operand) {
  // More inputs than this keep the vector unit waiting for addresses.
  constexpr unsigned kMaxInputs = 12;
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer)
    return false;
  for (Operation *user : producer->getUsers())
    if (user != consumer)
      return false;
  if (producer.getNumDpsInputs() + consumer.getNumDpsInputs() > kMaxInputs)
    return false;
  // In a kernel's epilogue its inputs are in registers.
  if (consumer.getNumReductionLoops() > 0 && endsKernel(producer))
    return false;
  if (storesBytes(producer) && !storesPairs(consumer))
    return false;
  // A transpose is faster on its own.
  if (OpOperand *source = getCopiedInput(producer))
    if (producer.getMatchingIndexingMap(source).isPermutation() &&
        !producer.getMatchingIndexingMap(source).isIdentity())
      return false;
  // Read once a point, the producer costs what it cost before.
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  return map.isPermutation() || (isCheap(producer) && !accumulates(producer));
}

/// consume(produce(x))  =>  both(x)
static LogicalResult fuseProducer(linalg::GenericOp consumer,
                                  PatternRewriter &rewriter) {
  for (OpOperand &operand : consumer->getOpOperands()) {
    if (!linalg::areElementwiseOpsFusable(&operand) || !shouldFuse(&operand))
      continue;
    Operation *producer = operand.get().getDefiningOp();
    FailureOr<linalg::ElementwiseOpFusionResult> fused =
        linalg::fuseElementwiseOps(rewriter, &operand);
    if (failed(fused))
      continue;
    fused->fusedOp->setLoc(
        rewriter.getFusedLoc({producer->getLoc(), consumer.getLoc()}));
    for (auto [value, replacement] : fused->replacements)
      rewriter.replaceUsesWithIf(value, replacement, [&](OpOperand &use) {
        return use.get().getDefiningOp() != producer;
      });
    rewriter.eraseOp(consumer);
    return success();
  }
  return rewriter.notifyMatchFailure(consumer, "no producer can move in");
}

/// The one value that all elements of `tensor` have; null if they may differ.
static Value getSplat(Value tensor, PatternRewriter &rewriter) {
  if (auto fill = tensor.getDefiningOp<linalg::FillOp>())
    return fill.value();
  SplatElementsAttr splat;
  if (!matchPattern(tensor, m_Constant(&splat)))
    return Value();
  return arith::ConstantOp::create(rewriter, tensor.getLoc(),
                                   splat.getSplatValue<TypedAttr>());
}

/// consume(fill(v))  =>  consume() with v in its body
static LogicalResult readSplat(linalg::GenericOp consumer,
                               PatternRewriter &rewriter) {
  for (OpOperand *operand : consumer.getDpsInputOperands()) {
    BlockArgument argument = consumer.getMatchingBlockArgument(operand);
    if (argument.use_empty())
      continue;
    Value splat = getSplat(operand->get(), rewriter);
    if (!splat)
      continue;
    rewriter.replaceAllUsesWith(argument, splat);
    return success();
  }
  return rewriter.notifyMatchFailure(consumer, "no input is a splat");
}

/// consume() outs(x), not read  =>  consume() outs(tensor.empty)
///
/// A cast of an empty tensor is as good: sizes that become known turn the new
/// one into such a cast.
static LogicalResult forgetOverwritten(linalg::GenericOp op,
                                       PatternRewriter &rewriter) {
  for (OpOperand &init : op.getDpsInitsMutable()) {
    auto type = dyn_cast<RankedTensorType>(init.get().getType());
    Value source = init.get();
    while (auto cast = source.getDefiningOp<tensor::CastOp>())
      source = cast.getSource();
    if (!type || op.payloadUsesValueFromOperand(&init) ||
        source.getDefiningOp<tensor::EmptyOp>())
      continue;
    rewriter.setInsertionPoint(op);
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, op.getLoc(), init.get());
    Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), sizes,
                                          type.getElementType(),
                                          type.getEncoding());
    rewriter.modifyOpInPlace(op, [&] { init.set(empty); });
    return success();
  }
  return rewriter.notifyMatchFailure(op, "nothing is overwritten");
}

/// An expanded shape states the extents that its type has. Upstream, which collapses
/// what comes before, takes all of them from the loops.
static LogicalResult stateExtents(tensor::ExpandShapeOp op, PatternRewriter &rewriter) {
  SmallVector<OpFoldResult> sizes =
      getMixedValues(op.getStaticOutputShape(), op.getOutputShape(), rewriter);
  bool changed = false;
  for (auto [size, extent] : llvm::zip_equal(sizes, op.getResultType().getShape()))
    if (isa<Value>(size) && !ShapedType::isDynamic(extent)) {
      size = rewriter.getIndexAttr(extent);
      changed = true;
    }
  if (!changed)
    return rewriter.notifyMatchFailure(op, "states what is known");
  rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
      op, op.getResultType(), op.getSrc(), op.getReassociationIndices(), sizes);
  return success();
}

/// Upstream forgets the padding of a number that became a tensor of one, or becomes a number
/// again.
static bool isCollapsible(OpOperand *reshaped) {
  Operation *maker = reshaped->get().getDefiningOp(), *user = reshaped->getOwner();
  auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(maker);
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(user);
  return !(expand && expand.getSrcType().getRank() == 0 && isa<tensor::PadOp>(user)) &&
         !(collapse && collapse.getResultType().getRank() == 0 &&
           isa_and_present<tensor::PadOp>(maker));
}

void graphopt::populateFuseElementwisePatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  // Not upstream's set for this: it makes empty tensors of known sizes anew for
  // ever.
  patterns.add(fuseProducer);
  patterns.add(readThroughCopy);
  patterns.add(readSplat);
  patterns.add(forgetOverwritten);
  patterns.add(stateExtents);
  graphopt::populateComputePartsPatterns(patterns);
  // Reshapes move down, so that what follows a contraction gets its shape.
  linalg::populateFoldReshapeOpsByCollapsingPatterns(patterns, isCollapsible);
  tensor::populateReassociativeReshapeFoldingPatterns(patterns);
  linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
  // Sizes of merged ops come from what is left.
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
  // Extents that become static leave casts, which must meet.
  context->getLoadedDialect<tensor::TensorDialect>()
      ->getCanonicalizationPatterns(patterns);
  tensor::CastOp::getCanonicalizationPatterns(patterns, context);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
  tensor::DimOp::getCanonicalizationPatterns(patterns, context);
  tensor::EmptyOp::getCanonicalizationPatterns(patterns, context);
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
  affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
}

namespace {
struct FuseElementwise
    : graphopt::impl::FuseElementwiseBase<FuseElementwise> {
  using FuseElementwiseBase::FuseElementwiseBase;

  void runOnOperation() override {
    // A fill starts a reduction more often than it feeds a chain.
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> named;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp, linalg::FillOp>(op) &&
          !linalg::isaContractionOpInterface(op))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
    RewritePatternSet patterns(&getContext());
    graphopt::populateFuseElementwisePatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
