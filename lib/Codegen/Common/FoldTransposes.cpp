//===- FoldTransposes.cpp - kernel-fold-transposes ------------------------===//

#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_FOLDTRANSPOSES
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::kernel;

using Role = AttentionOp::Role;

static AffineMap makeMap(ArrayRef<AffineExpr> results, AffineMap like) {
  return AffineMap::get(like.getNumDims(), 0, results, like.getContext());
}

/// `layouts` with another one in a place.
static ArrayAttr withLayout(AttentionOp op, Role role, AffineMap layout) {
  SmallVector<Attribute> layouts(op.getLayouts().getValue());
  layouts[unsigned(role)] = AffineMapAttr::get(layout);
  return ArrayAttr::get(op.getContext(), layouts);
}

/// attention(transpose(x))  =>  attention(x) with another layout
static LogicalResult readThroughTranspose(AttentionOp op,
                                          PatternRewriter &rewriter) {
  for (Role role : {Role::Query, Role::Key, Role::Value}) {
    OpOperand &operand = op->getOpOperand(unsigned(role));
    auto transpose = operand.get().getDefiningOp<linalg::TransposeOp>();
    if (!transpose || transpose.getPermutation().back() != 3)
      continue;
    AffineMap layout = op.getLayout(role);
    SmallVector<AffineExpr> results(layout.getNumResults());
    for (auto [i, dim] : llvm::enumerate(transpose.getPermutation()))
      results[dim] = layout.getResult(i);
    rewriter.modifyOpInPlace(op, [&] {
      operand.set(transpose.getInput());
      op.setLayoutsAttr(withLayout(op, role, makeMap(results, layout)));
    });
    return success();
  }
  return rewriter.notifyMatchFailure(op, "reads no transpose of leading dims");
}

/// transpose(attention(...))  =>  attention(...) with another layout
static LogicalResult writeTransposed(linalg::TransposeOp transpose,
                                     PatternRewriter &rewriter) {
  auto op = transpose.getInput().getDefiningOp<AttentionOp>();
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  if (!op || !op->hasOneUse() || permutation.back() != 3 ||
      !op.getExtras().empty())
    return rewriter.notifyMatchFailure(
        transpose, "is not the only reader of attention without extras");
  AffineMap layout = op.getLayout(Role::Init);
  SmallVector<AffineExpr> results =
      applyPermutation(layout.getResults(), permutation);
  IRMapping mapping;
  mapping.map(op.getInit(), transpose.getInit());
  auto result = cast<AttentionOp>(rewriter.clone(*op, mapping));
  result->getResult(0).setType(transpose->getResult(0).getType());
  result.setLayoutsAttr(
      withLayout(op, Role::Init, makeMap(results, layout)));
  rewriter.replaceOp(transpose, result);
  return success();
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Whether attention, and nothing else, reads `value`, through views if at all.
static bool feedsAttention(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUsers(), [](Operation *user) {
           if (isa<AttentionOp>(user))
             return true;
           return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                      tensor::ExtractSliceOp>(user) &&
                  feedsAttention(user->getResult(0));
         });
}

/// The transpose that a view on the way to attention reads.
static linalg::TransposeOp findTranspose(Operation *view) {
  auto transpose = view->getOperand(0).getDefiningOp<linalg::TransposeOp>();
  return transpose && feedsAttention(view->getResult(0)) ? transpose : nullptr;
}

static void replaceByTranspose(Operation *view, Value source,
                               ArrayRef<int64_t> permutation,
                               PatternRewriter &rewriter) {
  Location loc = view->getLoc();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(rewriter, loc, source);
  Value init =
      tensor::EmptyOp::create(rewriter, loc, applyPermutation(ArrayRef(sizes), permutation),
                              getElementTypeOrSelf(source));
  Value result =
      linalg::TransposeOp::create(rewriter, loc, source, init, permutation)
          ->getResult(0);
  Type type = view->getResult(0).getType();
  if (result.getType() != type)
    result = tensor::CastOp::create(rewriter, loc, type, result);
  rewriter.replaceOp(view, result);
}

/// slice(transpose(x))  =>  transpose(slice(x))
static LogicalResult sliceFirst(tensor::ExtractSliceOp slice,
                                PatternRewriter &rewriter) {
  linalg::TransposeOp transpose = findTranspose(slice);
  if (!transpose ||
      slice.getType().getRank() != slice.getSourceType().getRank())
    return rewriter.notifyMatchFailure(slice, "cuts no transpose");
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  SmallVector<int64_t> inverse = invertPermutationVector(permutation);
  auto reorder = [&](ArrayRef<OpFoldResult> values) {
    return applyPermutation(values, inverse);
  };
  Value part = tensor::ExtractSliceOp::create(
      rewriter, slice.getLoc(), transpose.getInput(),
      reorder(slice.getMixedOffsets()), reorder(slice.getMixedSizes()),
      reorder(slice.getMixedStrides()));
  replaceByTranspose(slice, part, permutation, rewriter);
  return success();
}

/// expand(transpose(x))  =>  transpose(expand(x))
static LogicalResult expandFirst(tensor::ExpandShapeOp expand,
                                 PatternRewriter &rewriter) {
  linalg::TransposeOp transpose = findTranspose(expand);
  if (!transpose)
    return rewriter.notifyMatchFailure(expand, "splits no transpose");
  SmallVector<ReassociationIndices> parts = expand.getReassociationIndices();
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
  SmallVector<ReassociationIndices> groups(parts.size());
  SmallVector<OpFoldResult> newSizes;
  SmallVector<int64_t> shape, newPermutation(sizes.size());
  // Dimension by dimension of x: where its parts are in the result.
  for (auto [dim, at] : llvm::enumerate(invertPermutationVector(permutation)))
    for (int64_t part : parts[at]) {
      newPermutation[part] = newSizes.size();
      groups[dim].push_back(newSizes.size());
      newSizes.push_back(sizes[part]);
      shape.push_back(expand.getType().getDimSize(part));
    }
  Value source = tensor::ExpandShapeOp::create(
      rewriter, expand.getLoc(), expand.getType().clone(shape),
      transpose.getInput(), groups, newSizes);
  replaceByTranspose(expand, source, newPermutation, rewriter);
  return success();
}

/// collapse(transpose(x))  =>  transpose(collapse(x)), if only dimensions of size 1
/// disappear
static LogicalResult collapseFirst(tensor::CollapseShapeOp collapse,
                                   PatternRewriter &rewriter) {
  linalg::TransposeOp transpose = findTranspose(collapse);
  if (!transpose || collapse.getType().getRank() == 0)
    return rewriter.notifyMatchFailure(collapse, "joins no transpose");
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  RankedTensorType type = collapse.getSrcType();
  SmallVector<int64_t> kept; // of x, in the order of the result
  for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
    int64_t largest = group.front();
    for (int64_t dim : group)
      if (type.getDimSize(dim) != 1) {
        if (type.getDimSize(largest) != 1 && dim != largest)
          return rewriter.notifyMatchFailure(collapse, "joins dimensions");
        largest = dim;
      }
    kept.push_back(permutation[largest]);
  }
  // Each other dimension of x goes with the one before it, or the first.
  SmallVector<int64_t> ordered(kept);
  llvm::sort(ordered);
  SmallVector<ReassociationIndices> groups(1);
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (dim != ordered.front() && llvm::is_contained(ordered, dim))
      groups.emplace_back();
    groups.back().push_back(dim);
  }
  auto newPermutation = llvm::map_to_vector(kept, [&](int64_t dim) -> int64_t {
    return llvm::find(ordered, dim) - ordered.begin();
  });
  Value source = tensor::CollapseShapeOp::create(
      rewriter, collapse.getLoc(), transpose.getInput(), groups);
  replaceByTranspose(collapse, source, newPermutation, rewriter);
  return success();
}

namespace {
struct FoldTransposes : graphopt::impl::FoldTransposesBase<FoldTransposes> {
  using FoldTransposesBase::FoldTransposesBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(readThroughTranspose);
    patterns.add(writeTransposed);
    patterns.add(sliceFirst);
    patterns.add(expandFirst);
    patterns.add(collapseFirst);
    linalg::TransposeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CastOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
