//===- DecomposeTensorOps.cpp - pad and concat to insertions --------------===//

#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_DECOMPOSETENSOROPS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

/// `value` in the part of `whole` at `offsets`.
static Value insertSlice(OpBuilder &b, Location loc, Value value, Value whole,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
  return tensor::InsertSliceOp::create(b, loc, value, whole, offsets, sizes,
                                       ones);
}

/// pad(x)  =>  x between slabs of the padding value, two a dimension: those of
/// outer dimensions reach over the whole extent of inner ones.
static LogicalResult decomposePad(tensor::PadOp op, PatternRewriter &rewriter) {
  Value padding = op.getConstantPaddingValue();
  if (!padding)
    return rewriter.notifyMatchFailure(op, "the padding is not one value");
  Location loc = op.getLoc();
  AffineExpr x, y, z;
  bindSymbols(op.getContext(), x, y, z);
  auto add = [&](OpFoldResult a, OpFoldResult b, OpFoldResult c) {
    return affine::makeComposedFoldedAffineApply(rewriter, loc, x + y + z,
                                                 {a, b, c});
  };
  OpFoldResult zero = rewriter.getIndexAttr(0);
  SmallVector<OpFoldResult> low = op.getMixedLowPad(),
                            high = op.getMixedHighPad();
  SmallVector<OpFoldResult> inner =
      tensor::getMixedSizes(rewriter, loc, op.getSource());
  int64_t rank = inner.size();
  SmallVector<OpFoldResult> outer, offsets(rank, zero);
  for (int64_t dim = 0; dim < rank; ++dim)
    outer.push_back(add(low[dim], inner[dim], high[dim]));
  Type element = op.getType().getElementType();
  Value result = tensor::EmptyOp::create(rewriter, loc, outer, element);

  SmallVector<OpFoldResult> sizes(outer);
  for (int64_t dim = 0; dim < rank; ++dim) {
    auto addSlab = [&](OpFoldResult offset, OpFoldResult size) {
      if (isZeroInteger(size))
        return;
      offsets[dim] = offset;
      sizes[dim] = size;
      Value part = tensor::EmptyOp::create(rewriter, loc, sizes, element);
      part = linalg::FillOp::create(rewriter, loc, padding, part).getResult(0);
      result = insertSlice(rewriter, loc, part, result, offsets, sizes);
    };
    addSlab(zero, low[dim]);
    addSlab(add(low[dim], inner[dim], zero), high[dim]);
    offsets[dim] = low[dim];
    sizes[dim] = inner[dim];
  }
  result = insertSlice(rewriter, loc, op.getSource(), result, low, inner);
  if (result.getType() != op.getType())
    result = tensor::CastOp::create(rewriter, loc, op.getType(), result);
  rewriter.replaceOp(op, result);
  return success();
}

/// A step along one position is 1. Upstream takes a view without some of the dimensions
/// of extent 1 for wrong if others of these have longer steps.
template <typename Slice>
static LogicalResult forgetSteps(Slice slice, PatternRewriter &rewriter) {
  SmallVector<OpFoldResult> steps = slice.getMixedStrides();
  bool changed = false;
  for (auto [step, size] : llvm::zip_equal(steps, slice.getMixedSizes()))
    if (isOneInteger(size) && !isOneInteger(step)) {
      step = rewriter.getIndexAttr(1);
      changed = true;
    }
  if (!changed)
    return rewriter.notifyMatchFailure(slice, "all steps are needed");
  if constexpr (std::is_same_v<Slice, tensor::ExtractSliceOp>)
    rewriter.replaceOpWithNewOp<Slice>(slice, slice.getType(), slice.getSource(),
                                       slice.getMixedOffsets(), slice.getMixedSizes(),
                                       steps);
  else
    rewriter.replaceOpWithNewOp<Slice>(slice, slice.getSource(), slice.getDest(),
                                       slice.getMixedOffsets(), slice.getMixedSizes(),
                                       steps);
  return success();
}

/// Whether a tensor has no elements, whatever its open extents are.
static bool isEmpty(Value tensor) {
  while (auto cast = tensor.getDefiningOp<tensor::CastOp>())
    tensor = cast.getSource();
  return llvm::is_contained(cast<RankedTensorType>(tensor.getType()).getShape(), 0);
}

static void replaceByEmpty(Operation *op, ArrayRef<OpFoldResult> sizes,
                           PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value empty = tensor::EmptyOp::create(rewriter, op->getLoc(), sizes, type.getElementType());
  rewriter.replaceOp(op, tensor::CastOp::create(rewriter, op->getLoc(), type, empty));
}

/// collapse_shape(? x 0)  =>  empty. Upstream's bufferization has another type for it.
static LogicalResult forgetReshape(tensor::CollapseShapeOp op, PatternRewriter &rewriter) {
  if (op.getSrcType().hasStaticShape() || !isEmpty(op.getSrc()))
    return rewriter.notifyMatchFailure(op, "it may have elements");
  SmallVector<OpFoldResult> sizes;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    AffineExpr product = rewriter.getAffineConstantExpr(1);
    SmallVector<OpFoldResult> extents;
    for (int64_t dim : group) {
      product = product * rewriter.getAffineSymbolExpr(extents.size());
      extents.push_back(tensor::getMixedSize(rewriter, op.getLoc(), op.getSrc(), dim));
    }
    sizes.push_back(affine::makeComposedFoldedAffineApply(rewriter, op.getLoc(), product, extents));
  }
  replaceByEmpty(op, sizes, rewriter);
  return success();
}

/// A part of nothing  =>  empty. Even the offset 0 is outside for the verifier.
static LogicalResult forgetPart(tensor::ExtractSliceOp op, PatternRewriter &rewriter) {
  if (!isEmpty(op.getSource()))
    return rewriter.notifyMatchFailure(op, "it may have elements");
  SmallVector<OpFoldResult> sizes;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [dim, size] : llvm::enumerate(op.getMixedSizes()))
    if (!dropped.test(dim))
      sizes.push_back(size);
  replaceByEmpty(op, sizes, rewriter);
  return success();
}
static LogicalResult forgetInsertion(tensor::InsertSliceOp op, PatternRewriter &rewriter) {
  if (!isEmpty(op.getSource()) && !isEmpty(op.getDest()))
    return rewriter.notifyMatchFailure(op, "it may insert elements");
  rewriter.replaceOp(op, op.getDest());
  return success();
}

namespace {
struct DecomposeTensorOps
    : graphopt::impl::DecomposeTensorOpsBase<DecomposeTensorOps> {
  using DecomposeTensorOpsBase::DecomposeTensorOpsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    patterns.add(decomposePad, /*benefit=*/2);
    linalg::populateDecomposePadPatterns(patterns);
    patterns.add(forgetSteps<tensor::ExtractSliceOp>);
    patterns.add(forgetSteps<tensor::InsertSliceOp>);
    patterns.add(forgetReshape);
    patterns.add(forgetPart);
    patterns.add(forgetInsertion);
    // A part that is only given dimensions of extent 1 is inserted without them.
    tensor::populateReassociativeReshapeFoldingPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
