#include "dialects/Graph/Shape.h"
#include "Lowering.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
struct LowerTranspose : LoweringPattern<TransposeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(TransposeOp op, Adaptor in, Lowering &to) const override {
    Value init = to.empty(to.sizes(op.getResult()),
                          to.element(op.getType().getElementType()));
    return {{linalg::TransposeOp::create(to.b, to.loc, in.getInput(), init,
                                         op.getPermutation())
                 .getResult()[0]}};
  }
};

/// Groups of neighbouring dimensions with the same product on both sides, as
/// small as they can be; nothing if the shapes do not part that way.
struct ReshapeGroups {
  SmallVector<ReassociationIndices> source, target;
};

static std::optional<ReshapeGroups>
findGroups(ShapeInference &shapes, ArrayRef<AffineExpr> source,
           ArrayRef<AffineExpr> target) {
  ReshapeGroups groups;
  size_t i = 0, j = 0;
  while (i < source.size() && j < target.size()) {
    ReassociationIndices left{static_cast<int64_t>(i)},
        right{static_cast<int64_t>(j)};
    AffineExpr leftSize = source[i++], rightSize = target[j++];
    // Grow the side that may divide the other until both are equal.
    while (leftSize != rightSize) {
      auto divides = [&](AffineExpr small, AffineExpr large) {
        AffineExpr rest = shapes.quotient({large}, {small});
        return rest && shapes.product({rest, small}) == large &&
               getConstant(rest) != 1;
      };
      bool growLeft = i < source.size() && divides(leftSize, rightSize);
      bool growRight = j < target.size() && divides(rightSize, leftSize);
      if (growLeft) {
        left.push_back(i);
        leftSize = shapes.product({leftSize, source[i++]});
      } else if (growRight) {
        right.push_back(j);
        rightSize = shapes.product({rightSize, target[j++]});
      } else {
        return std::nullopt;
      }
    }
    groups.source.push_back(left);
    groups.target.push_back(right);
  }
  // What is left over must be extents of 1.
  auto takeOnes = [](ArrayRef<AffineExpr> dims, size_t from,
                     SmallVector<ReassociationIndices> &into) {
    for (; from < dims.size(); ++from) {
      if (getConstant(dims[from]) != 1 || into.empty())
        return false;
      into.back().push_back(from);
    }
    return true;
  };
  if (!takeOnes(source, i, groups.source) || !takeOnes(target, j, groups.target))
    return std::nullopt;
  return groups;
}

struct LowerReshape : LoweringPattern<ReshapeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ReshapeOp op, Adaptor in, Lowering &to) const override {
    return {{reshape(to, in.getInput(), to.get(op.getInput()).dims,
                     op.getResult())}};
  }

  static Value reshape(Lowering &to, Value input, ArrayRef<AffineExpr> source,
                       Value graphResult) {
    SmallVector<AffineExpr> target(to.get(graphResult).dims);
    auto type = cast<RankedTensorType>(
        to.types.convertType(graphResult.getType()));
    std::optional<ReshapeGroups> groups = findGroups(to.shapes, source, target);
    SmallVector<OpFoldResult> sizes = to.sizes(target);
    if (!groups || source.empty() || target.empty()) {
      // Through one dimension.
      groups.emplace();
      SmallVector<ReassociationIndices> all(1);
      for (size_t i = 0; i < source.size(); ++i)
        all[0].push_back(i);
      groups->source = source.empty() ? SmallVector<ReassociationIndices>{} : all;
      all[0].clear();
      for (size_t i = 0; i < target.size(); ++i)
        all[0].push_back(i);
      groups->target = target.empty() ? SmallVector<ReassociationIndices>{} : all;
    }
    bool collapses = groups->source.size() != source.size();
    if (collapses || (source.empty() != target.empty() && target.empty()))
      input = tensor::CollapseShapeOp::create(
          to.b, to.loc, input,
          target.empty() ? SmallVector<ReassociationIndices>{} : groups->source);
    if (groups->target.size() == target.size() && !source.empty())
      return input;
    if (target.empty())
      return input;
    SmallVector<int64_t> shape;
    SmallVector<Value> ignored;
    dispatchIndexOpFoldResults(sizes, ignored, shape);
    return tensor::ExpandShapeOp::create(
        to.b, to.loc, type.clone(shape), input,
        source.empty() ? SmallVector<ReassociationIndices>{} : groups->target,
        sizes);
  }
};

struct LowerConcat : LoweringPattern<ConcatOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ConcatOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getResult());
    int64_t rank = sizes.size();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    Value result = to.empty(sizes, to.element(op.getType().getElementType()));
    SmallVector<OpFoldResult> offsets(rank, to.b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(rank, to.b.getIndexAttr(1));
    AffineExpr at = to.shapes.constant(0);
    for (auto [graphInput, input] :
         llvm::zip_equal(op.getInputs(), in.getInputs())) {
      offsets[axis] = to.size(at);
      sizes[axis] = to.size(to.get(graphInput).dims[axis]);
      result = tensor::InsertSliceOp::create(to.b, to.loc, input, result,
                                             offsets, sizes, strides);
      at = to.shapes.add(at, to.get(graphInput).dims[axis]);
    }
    return {{result}};
  }
};
} // namespace

// graph.shape has no pattern: its elements are always known, and
// GraphToLinalg.cpp builds known elements for every op.
void graphopt::populateShapeLowering(LoweringPatterns to) {
  to.add<LowerConcat, LowerReshape, LowerTranspose>();
}
