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
    // Of some extents only the result's type tells, or only the input's.
    SmallVector<int64_t> shape(op.getPermutation().size());
    for (auto [dim, source] : llvm::enumerate(op.getPermutation()))
      shape[source] = cast<RankedTensorType>(init.getType()).getDimSize(dim);
    Value input = in.getInput();
    if (auto type = cast<RankedTensorType>(input.getType()); type.getShape() != ArrayRef(shape))
      input = tensor::CastOp::create(to.b, to.loc, type.clone(shape), input);
    return {{linalg::TransposeOp::create(to.b, to.loc, input, init, op.getPermutation())
                 .getResult()[0]}};
  }
};

/// Groups of neighbouring dimensions with the same product on both sides, as
/// small as they can be proved to be.
struct ReshapeGroups {
  SmallVector<ReassociationIndices> source, target;
};

static ReshapeGroups
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
        // The products of all dimensions are equal, so those of the rest are.
        for (; i < source.size(); ++i)
          left.push_back(i);
        for (; j < target.size(); ++j)
          right.push_back(j);
        break;
      }
    }
    groups.source.push_back(left);
    groups.target.push_back(right);
  }
  // What is left over are extents of 1.
  for (; i < source.size(); ++i)
    groups.source.back().push_back(i);
  for (; j < target.size(); ++j)
    groups.target.back().push_back(j);
  return groups;
}

/// `input`, whose dimensions are `source`, with those of `target`. `sizes` are
/// the values of `target`, which may hold expressions that are not computable.
static Value buildReshape(Lowering &to, Value input, ArrayRef<AffineExpr> source,
                          ArrayRef<AffineExpr> target,
                          ArrayRef<OpFoldResult> sizes) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<OpFoldResult> ones(target.size(), to.b.getIndexAttr(1));
  ReshapeGroups groups;
  if (!source.empty() && !target.empty()) {
    groups = findGroups(to.shapes, source, target);
  } else {
    // To or from one element: all extents are 1.
    sizes = ones;
    auto known = type.clone(SmallVector<int64_t>(source.size(), 1));
    if (type != known)
      input = tensor::CastOp::create(to.b, to.loc, known, input);
  }
  if (groups.source.size() != source.size())
    input = tensor::CollapseShapeOp::create(to.b, to.loc, input, groups.source);
  if (groups.target.size() == target.size())
    return input;
  SmallVector<int64_t> shape;
  SmallVector<Value> ignored;
  dispatchIndexOpFoldResults(sizes, ignored, shape);
  type = cast<RankedTensorType>(input.getType());
  // An extent is static where, and only where, all that it becomes are.
  SmallVector<int64_t> collapsed;
  for (ArrayRef<int64_t> group : groups.target) {
    int64_t product = 1;
    for (int64_t dim : group)
      product = ShapedType::isDynamic(shape[dim]) ||
                        ShapedType::isDynamic(product)
                    ? ShapedType::kDynamic
                    : product * shape[dim];
    collapsed.push_back(product);
  }
  if (type.getShape() != ArrayRef(collapsed))
    input = tensor::CastOp::create(to.b, to.loc, type.clone(collapsed), input);
  return tensor::ExpandShapeOp::create(to.b, to.loc, type.clone(shape), input,
                                       groups.target, sizes);
}

struct LowerReshape : LoweringPattern<ReshapeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ReshapeOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> source = to.get(op.getInput()).dims,
                         target = to.get(op.getResult()).dims;
    SmallVector<OpFoldResult> sizes =
        llvm::all_of(target, [&](AffineExpr dim) { return to.isComputable(dim); })
            ? to.sizes(target)
            : readSizes(op, to);
    AffineExpr before = to.shapes.product(source),
               after = to.shapes.product(target);
    if (before != after) {
      IndexMath m = to.math();
      Value have = to.asIndex(to.size(before)), want = to.constantIndex(1);
      for (OpFoldResult size : sizes)
        want = m.mul(want, to.asIndex(size));
      to.require(m.compare(arith::CmpIPredicate::eq, have, want),
                 "the shapes have different numbers of elements");
    }
    return {{buildReshape(to, in.getInput(), source, target, sizes)}};
  }

  /// The extents in `shape`, which only the run knows.
  static SmallVector<OpFoldResult> readSizes(ReshapeOp op, Lowering &to) {
    IndexMath m = to.math();
    const InferredTensor &input = to.get(op.getInput());
    Value one = to.constantIndex(1), zero = to.constantIndex(0);
    Value others = one;
    SmallVector<Value> extents;
    for (int64_t i = 0, rank = op.getType().getRank(); i < rank; ++i) {
      Value extent = to.entry(op.getShape(), i);
      if (!op.getAllowZero()) {
        Value same = i < input.getRank() ? to.asIndex(to.size(input.dims[i]))
                                         : zero;
        extent = m.select(m.compare(arith::CmpIPredicate::eq, extent, zero),
                          same, extent);
      }
      extents.push_back(extent);
      others = m.mul(others, m.select(m.isNegative(extent), one, extent));
    }
    Value count = to.asIndex(to.size(to.shapes.product(input.dims)));
    Value rest = m.div(count, m.max(others, one));
    SmallVector<OpFoldResult> sizes;
    for (Value extent : extents)
      sizes.push_back(
          getAsOpFoldResult(m.select(m.isNegative(extent), rest, extent)));
    return sizes;
  }
};

/// The run refuses open dimensions that are not 1.
struct LowerSqueeze : LoweringPattern<SqueezeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SqueezeOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> source = to.get(op.getInput()).dims,
                         target = to.get(op.getResult()).dims;
    AffineExpr one = to.shapes.constant(1);
    SmallVector<AffineExpr> known(source);
    for (int64_t axis :
         *normalizeAxes(std::nullopt, op.getAxes(), source.size())) {
      AffineExpr &dim = known[axis];
      to.requireNonNegative(to.shapes.sub(dim, one), "squeezes an empty dim");
      to.requireNonNegative(to.shapes.sub(one, dim), "squeezes a dim over 1");
      dim = one;
    }
    // Its verifier believes in ones that the type has.
    InferredTensor type{to.element(op.getType().getElementType()), known};
    Value input = in.getInput();
    if (input.getType() != type.getType())
      input = tensor::CastOp::create(to.b, to.loc, type.getType(), input);
    return {{buildReshape(to, input, known, target, to.sizes(target))}};
  }
};

struct LowerUnsqueeze : LoweringPattern<UnsqueezeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(UnsqueezeOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> target = to.get(op.getResult()).dims;
    return {{buildReshape(to, in.getInput(), to.get(op.getInput()).dims, target,
                          to.sizes(target))}};
  }
};

/// A linalg.generic that yields its input; its consumers read through the map.
struct LowerExpand : LoweringPattern<ExpandOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ExpandOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    ArrayRef<AffineExpr> dims = to.get(op.getResult()).dims;
    if (ArrayRef<AffineExpr>(input.dims) == dims)
      return {{in.getInput()}};
    IndexMath m = to.math();
    int64_t rank = dims.size(), length = op.getShape().getType().getDimSize(0);
    SmallVector<OpFoldResult> sizes;
    for (auto [i, dim] : llvm::enumerate(dims)) {
      if (to.isComputable(dim)) {
        to.requireNonNegative(dim, "expands to a negative extent");
        sizes.push_back(to.size(dim));
        continue;
      }
      // 1 keeps the input's extent.
      int64_t own = i - (rank - input.getRank()), entry = i - (rank - length);
      Value extent = own >= 0 ? to.asIndex(to.size(input.dims[own]))
                              : to.constantIndex(1);
      if (entry >= 0) {
        Value wanted = to.entry(op.getShape(), entry);
        Value keeps = m.compare(arith::CmpIPredicate::eq, wanted,
                                to.constantIndex(1));
        extent = m.select(keeps, extent, m.max(wanted, to.constantIndex(0)));
      }
      sizes.push_back(getAsOpFoldResult(extent));
    }
    AffineMap map;
    Value value = to.expand(op.getInput(), dims, sizes, map);
    return {{to.map(value, map, sizes, to.element(input.elementType),
                    [](OpBuilder &, Location, ValueRange in) { return in[0]; })}};
  }
};

/// Every dimension becomes a pair, repetition and position, and back.
struct LowerTile : LoweringPattern<TileOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(TileOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    SmallVector<OpFoldResult> sizes;
    SmallVector<AffineExpr> read;
    SmallVector<ReassociationIndices> pairs;
    for (auto [i, dim] : llvm::enumerate(input.dims)) {
      Value repeats = to.entry(op.getRepeats(), i);
      ReassociationIndices pair;
      auto add = [&](OpFoldResult size) {
        pair.push_back(sizes.size());
        sizes.push_back(size);
      };
      if (getConstantIntValue(repeats) != 1)
        add(getAsOpFoldResult(to.math().max(repeats, to.constantIndex(0))));
      add(to.size(dim));
      read.push_back(to.b.getAffineDimExpr(pair.back()));
      pairs.push_back(pair);
    }
    if (sizes.size() == input.dims.size())
      return {{in.getInput()}};
    Value tiled = to.map(
        in.getInput(), AffineMap::get(sizes.size(), 0, read, to.b.getContext()),
        sizes, to.element(input.elementType),
        [](OpBuilder &, Location, ValueRange in) { return in[0]; });
    return {{tensor::CollapseShapeOp::create(to.b, to.loc, tiled, pairs)
                 .getResult()}};
  }
};

/// graph.split  =>  one tensor.extract_slice a part
struct LowerSplit : LoweringPattern<SplitOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SplitOp op, Adaptor in, Lowering &to) const override {
    IndexMath m = to.math();
    const InferredTensor &input = to.get(op.getInput());
    int64_t axis =
        *normalizeAxis(std::nullopt, op.getAxis(), input.getRank());
    SmallVector<OpFoldResult> sizes = to.sizes(input.dims);
    SmallVector<OpFoldResult> offsets(sizes.size(), to.b.getIndexAttr(0));
    Value at = to.constantIndex(0), extent = to.asIndex(sizes[axis]);
    SmallVector<Value> parts;
    for (auto [i, result] : llvm::enumerate(op.getResults())) {
      AffineExpr dim = to.get(result).dims[axis];
      bool isKnown = to.isComputable(dim);
      Value size = isKnown ? to.asIndex(to.size(dim))
                           : to.entry(op.getSizes(), i);
      if (!isKnown || !to.shapes.isNonNegative(dim))
        to.require(m.compare(arith::CmpIPredicate::sge, size, to.constantIndex(0)),
                   "a part has a negative extent");
      offsets[axis] = getAsOpFoldResult(at);
      sizes[axis] = getAsOpFoldResult(size);
      at = m.add(at, size);
      parts.push_back(to.slice(in.getInput(), offsets, sizes));
    }
    if (op.getSizes())
      to.require(m.compare(arith::CmpIPredicate::eq, at, extent),
                 "the parts do not add up to the extent");
    return parts;
  }
};

/// graph.concat  =>  tensor.concat, without parts that have no elements; where
/// sizes along the axis are open, insertions that say what inference knows of them
struct LowerConcat : LoweringPattern<ConcatOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ConcatOp op, Adaptor in, Lowering &to) const override {
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(),
                                  to.get(op.getResult()).getRank());
    SmallVector<Value> parts;
    for (Value input : op.getInputs())
      if (getConstant(to.get(input).dims[axis]) != 0)
        parts.push_back(to.known(input));
    if (parts.size() == 1)
      return parts;
    if (!llvm::all_of(parts, [&](Value part) {
          return !cast<RankedTensorType>(part.getType()).isDynamicDim(axis);
        }))
      return {{insertParts(op, in, axis, to)}};
    return {{tensor::ConcatOp::create(to.b, to.loc, axis, parts).getResult()}};
  }

  static Value insertParts(ConcatOp op, Adaptor in, int64_t axis, Lowering &to) {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getResult());
    Value result = to.empty(sizes, to.element(op.getType().getElementType()));
    SmallVector<OpFoldResult> offsets(sizes.size(), to.b.getIndexAttr(0));
    AffineExpr at = to.shapes.constant(0);
    for (auto [graphInput, input] :
         llvm::zip_equal(op.getInputs(), in.getInputs())) {
      offsets[axis] = to.size(at);
      sizes[axis] = to.size(to.get(graphInput).dims[axis]);
      result = to.insert(input, result, offsets, sizes);
      at = to.shapes.add(at, to.get(graphInput).dims[axis]);
    }
    return result;
  }
};
} // namespace

// graph.shape and graph.size have no pattern: their elements are always known,
// and GraphToLinalg.cpp builds known elements for every op.
void graphopt::populateShapeLowering(LoweringPatterns to) {
  to.add<LowerConcat, LowerExpand, LowerReshape, LowerSplit, LowerSqueeze,
         LowerTile, LowerTranspose, LowerUnsqueeze>();
}
