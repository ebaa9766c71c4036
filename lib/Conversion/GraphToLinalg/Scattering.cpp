#include "dialects/Graph/Scattering.h"
#include "Positions.h"
#include "Scalar.h"
#include "Selection.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

/// What stands where `update` meets `old`. `type` is the graph's element type.
static Value join(IndexMath m, std::optional<BinaryKind> reduction, Type type,
                  Value old, Value update) {
  if (!reduction)
    return update;
  // Sums and maxima of booleans are disjunctions.
  if (type.isInteger(1)) {
    bool isOr = *reduction == BinaryKind::Add || *reduction == BinaryKind::Max;
    return isOr ? m.orI(old, update) : m.andI(old, update);
  }
  return buildBinary(m.b, m.loc, *reduction, type, old, update);
}

namespace {
struct LowerScatterElements : LoweringPattern<ScatterElementsOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ScatterElementsOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &data = to.get(op.getData()),
                         &indices = to.get(op.getIndices()),
                         &updates = to.get(op.getUpdates());
    int64_t rank = data.getRank();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    for (int64_t dim = 0; dim < rank; ++dim) {
      if (dim != axis)
        to.requireNonNegative(to.shapes.sub(data.dims[dim], indices.dims[dim]),
                              "there are more indices than data");
      to.requireEqual(updates.dims[dim], indices.dims[dim],
                      "there are more or less updates than indices");
    }
    Position position = Position::in(data.dims[axis], op.getIndices(), to);
    return {{forEachPosition(
        to, to.sizes(indices.dims), in.getData(),
        [&](IndexMath m, ValueRange from, Value result) -> Value {
          Value index =
              tensor::ExtractOp::create(m.b, m.loc, in.getIndices(), from);
          Value value =
              tensor::ExtractOp::create(m.b, m.loc, in.getUpdates(), from);
          SmallVector<Value> at(from);
          at[axis] = position.build(m, index);
          if (op.getReduction()) {
            Value old = tensor::ExtractOp::create(m.b, m.loc, result, at);
            value = join(m, op.getReduction(), data.elementType, old, value);
          }
          return tensor::InsertOp::create(m.b, m.loc, value, result, at);
        })}};
  }
};

/// One slice after the other; all elements of a slice at once.
struct LowerScatterND : LoweringPattern<ScatterNDOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ScatterNDOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &data = to.get(op.getData()),
                         &indices = to.get(op.getIndices());
    ArrayRef<AffineExpr> dims(data.dims),
        outer = ArrayRef<AffineExpr>(indices.dims).drop_back();
    int64_t depth = *getConstant(indices.dims.back());
    SmallVector<AffineExpr> expected(outer);
    llvm::append_range(expected, dims.drop_front(depth));
    for (auto [have, want] :
         llvm::zip_equal(to.get(op.getUpdates()).dims, expected))
      to.requireEqual(have, want, "updates have other extents than their place");
    SmallVector<Position> positions =
        positionsIn(dims.take_front(depth), op.getIndices(), to);

    SmallVector<OpFoldResult> slice = to.sizes(dims.drop_front(depth));
    return {{forEachPosition(
        to, to.sizes(outer), in.getData(),
        [&](IndexMath m, ValueRange from, Value result) -> Value {
          SmallVector<Value> at;
          for (auto [i, position] : llvm::enumerate(positions)) {
            SmallVector<Value> element(from);
            element.push_back(m.constant(i));
            Value index =
                tensor::ExtractOp::create(m.b, m.loc, in.getIndices(), element);
            at.push_back(position.build(m, index));
          }
          Value update = takeSlice(m, in.getUpdates(), from, slice);
          if (op.getReduction())
            update = joinSlices(m, op, takeSlice(m, result, at, slice), update);
          return putSlice(m, update, result, at, slice);
        })}};
  }

  /// The slice of `tensor` at a position in its first dimensions: a scalar if
  /// these are all.
  static Value takeSlice(IndexMath m, Value tensor, ValueRange at,
                         ArrayRef<OpFoldResult> slice) {
    if (slice.empty())
      return tensor::ExtractOp::create(m.b, m.loc, tensor, at);
    auto [offsets, sizes, strides] = placeOf(m.b, at, slice);
    SmallVector<int64_t> shape;
    SmallVector<Value> ignored;
    dispatchIndexOpFoldResults(slice, ignored, shape);
    auto type = cast<RankedTensorType>(tensor.getType()).clone(shape);
    return tensor::ExtractSliceOp::create(m.b, m.loc, type, tensor, offsets,
                                          sizes, strides);
  }

  static Value putSlice(IndexMath m, Value part, Value whole, ValueRange at,
                        ArrayRef<OpFoldResult> slice) {
    if (slice.empty())
      return tensor::InsertOp::create(m.b, m.loc, part, whole, at);
    auto [offsets, sizes, strides] = placeOf(m.b, at, slice);
    return tensor::InsertSliceOp::create(m.b, m.loc, part, whole, offsets, sizes,
                                         strides);
  }

  using Sizes = SmallVector<OpFoldResult>;
  static std::tuple<Sizes, Sizes, Sizes> placeOf(OpBuilder &b, ValueRange at,
                                                 ArrayRef<OpFoldResult> slice) {
    Sizes offsets(at.begin(), at.end()), sizes(at.size(), b.getIndexAttr(1));
    offsets.append(slice.size(), b.getIndexAttr(0));
    sizes.append(slice.begin(), slice.end());
    return {offsets, sizes, Sizes(sizes.size(), b.getIndexAttr(1))};
  }

  static Value joinSlices(IndexMath m, ScatterNDOp op, Value old, Value update) {
    Type type = op.getType().getElementType();
    auto slice = dyn_cast<RankedTensorType>(old.getType());
    if (!slice)
      return join(m, op.getReduction(), type, old, update);
    AffineMap map = m.b.getMultiDimIdentityMap(slice.getRank());
    SmallVector<utils::IteratorType> loops(slice.getRank(),
                                           utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               m.b, m.loc, slice, update, old, {map, map}, loops,
               [&](OpBuilder &inner, Location loc, ValueRange x) {
                 Value joined =
                     join({inner, loc}, op.getReduction(), type, x[1], x[0]);
                 linalg::YieldOp::create(inner, loc, joined);
               })
        .getResult(0);
  }
};

/// One tensor.insert_slice a sample, or two where a run may go around the end.
struct LowerTensorScatter : LoweringPattern<TensorScatterOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(TensorScatterOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &data = to.get(op.getData()),
                         &updates = to.get(op.getUpdates());
    int64_t rank = data.getRank();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != axis)
        to.requireEqual(updates.dims[dim], data.dims[dim],
                        "updates have other extents than data");
    to.requireNonNegative(to.shapes.sub(data.dims[axis], updates.dims[axis]),
                          "there are more updates than data");
    SmallVector<OpFoldResult> sizes = to.sizes(updates.dims);
    SmallVector<OpFoldResult> offsets(rank, to.b.getIndexAttr(0));
    if (!in.getStarts())
      return {{to.insert(in.getUpdates(), in.getData(), offsets, sizes)}};

    to.requireEqual(to.get(op.getStarts()).dims[0], data.dims[0],
                    "there are more or less starts than samples");
    Value extent = to.asIndex(to.size(data.dims[axis])),
          length = to.asIndex(sizes[axis]);
    if (!op.getCircular())
      requireRoom(op, to, extent, length);
    OpFoldResult samples = sizes[0];
    sizes[0] = to.b.getIndexAttr(1);
    return {{forEachPosition(
        to, samples, in.getData(),
        [&](IndexMath m, ValueRange sample, Value result) -> Value {
          Value start = m.index(
              tensor::ExtractOp::create(m.b, m.loc, in.getStarts(), sample));
          auto write = [&](Value from, Value at, Value count) {
            SmallVector<OpFoldResult> source(offsets), target(offsets),
                size(sizes), ones(rank, m.b.getIndexAttr(1));
            source[0] = target[0] = sample[0];
            source[axis] = getAsOpFoldResult(from);
            target[axis] = getAsOpFoldResult(at);
            size[axis] = getAsOpFoldResult(count);
            Value rows = tensor::ExtractSliceOp::create(
                m.b, m.loc, in.getUpdates(), source, size, ones);
            result = tensor::InsertSliceOp::create(m.b, m.loc, rows, result,
                                                   target, size, ones);
          };
          Value zero = m.constant(0);
          if (!op.getCircular()) {
            write(zero, start, length);
            return result;
          }
          Value rest = m.rem(start, m.max(extent, m.constant(1)));
          start = m.select(m.isNegative(rest), m.add(rest, extent), rest);
          Value untilEnd = m.min(length, m.sub(extent, start));
          write(zero, start, untilEnd);
          write(untilEnd, zero, m.sub(length, untilEnd));
          return result;
        })}};
  }

  /// All starts are in [0, extent - length].
  static void requireRoom(TensorScatterOp op, Lowering &to, Value extent,
                          Value length) {
    IndexMath m = to.math();
    Type i64 = to.b.getI64Type();
    Value zero = to.filled({}, to.constant(i64, 0));
    AffineMap identity = to.b.getMultiDimIdentityMap(1);
    Value greatest =
        linalg::GenericOp::create(
            to.b, to.loc, zero.getType(), to.lowered(op.getStarts()), zero,
            {identity, AffineMap::get(1, 0, to.b.getContext())},
            utils::IteratorType::reduction,
            [&](OpBuilder &inner, Location loc, ValueRange x) {
              Value greater = arith::MaxUIOp::create(inner, loc, x[0], x[1]);
              linalg::YieldOp::create(inner, loc, greater);
            })
            .getResult(0);
    greatest =
        tensor::ExtractOp::create(to.b, to.loc, greatest, ValueRange());
    to.require(m.compare(P::ule, greatest, m.cast(i64, m.sub(extent, length))),
               "updates end outside of the cache");
  }
};
} // namespace

void graphopt::populateScatteringLowering(LoweringPatterns to) {
  to.add<LowerScatterElements, LowerScatterND, LowerTensorScatter>();
}
