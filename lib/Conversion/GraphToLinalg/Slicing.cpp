#include "dialects/Graph/Slicing.h"
#include "Selection.h"
#include "Text.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

/// Entry `position` of `list`, where it is about a dimension; `otherwise` where
/// it is not. `axes` may be known only when the model runs.
static Value entryOf(Lowering &to, Value list, Value axes, int64_t first,
                     int64_t count, int64_t dim, int64_t rank,
                     int64_t otherwise) {
  IndexMath m = to.math();
  Value value = to.constantIndex(otherwise);
  for (int64_t i = 0; i < count; ++i) {
    Value axis = axes ? to.entry(axes, i) : to.constantIndex(i);
    axis = m.select(m.isNegative(axis), m.add(axis, to.constantIndex(rank)),
                    axis);
    Value isMine = m.compare(P::eq, axis, to.constantIndex(dim));
    value = m.select(isMine, to.entry(list, first + i), value);
  }
  return value;
}

namespace {
//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

/// tensor.extract_slice, or a gather where a step may be negative.
struct LowerSlice : LoweringPattern<SliceOp> {
  using LoweringPattern::LoweringPattern;

  /// Along one dimension.
  struct Range {
    Value start, step;
    OpFoldResult size;
  };

  Values lower(SliceOp op, Adaptor in, Lowering &to) const override {
    auto known = inferSliceRanges(to.shapes, SliceOp::Adaptor(op));
    SmallVector<OpFoldResult> offsets, sizes, strides;
    bool isForward = true;
    SmallVector<Range> ranges;
    for (int64_t dim = 0, rank = op.getType().getRank(); dim < rank; ++dim) {
      bool isKnown = known && (*known)[dim].size;
      ranges.push_back(isKnown ? knownRange((*known)[dim], to)
                               : readRange(op, dim, to));
      Range &range = ranges.back();
      offsets.push_back(getAsOpFoldResult(range.start));
      sizes.push_back(range.size);
      strides.push_back(getAsOpFoldResult(range.step));
      isForward &= getConstantIntValue(strides.back()).value_or(0) > 0;
    }
    Value input = in.getInput();
    if (isForward)
      return {{to.slice(input, offsets, sizes, strides)}};
    Type element = to.element(op.getType().getElementType());
    return {{to.generate(
        sizes, element, [&](OpBuilder &b, Location loc, ValueRange position) {
          IndexMath m{b, loc};
          SmallVector<Value> indices;
          for (auto [range, i] : llvm::zip_equal(ranges, position))
            indices.push_back(m.add(m.mul(i, range.step), range.start));
          return tensor::ExtractOp::create(b, loc, input, indices).getResult();
        })}};
  }

  static Range knownRange(const SliceRange &range, Lowering &to) {
    return {to.asIndex(to.size(range.start)), to.constantIndex(range.step),
            to.size(range.size)};
  }

  /// ONNX's rules for positions that only the run knows.
  static Range readRange(SliceOp op, int64_t dim, Lowering &to) {
    IndexMath m = to.math();
    int64_t rank = op.getType().getRank();
    int64_t count = op.getStarts().getType().getDimSize(0);
    auto read = [&](Value list, int64_t otherwise) {
      return list ? entryOf(to, list, op.getAxes(), 0, count, dim, rank, otherwise)
                  : to.constantIndex(otherwise);
    };
    Value start = read(op.getStarts(), 0);
    Value end = read(op.getEnds(), std::numeric_limits<int64_t>::max());
    Value step = read(op.getSteps(), 1);
    Value extent = to.asIndex(to.size(to.get(op.getInput()).dims[dim]));

    Value zero = to.constantIndex(0), one = to.constantIndex(1);
    Value last = m.sub(extent, one);
    Value isForward = m.compare(P::sgt, step, zero);
    auto resolve = [&](Value position, Value low, Value high) {
      Value wrapped = m.select(m.isNegative(position), m.add(position, extent),
                               position);
      return m.clamp(wrapped, low, high);
    };
    Value high = m.select(isForward, extent, last);
    Value low = m.select(isForward, zero, to.constantIndex(-1));
    Value first = resolve(start, zero, high), beyond = resolve(end, low, high);
    Value distance = m.select(isForward, m.sub(beyond, first),
                              m.sub(first, beyond));
    // The smallest number has no negation.
    Value backward = m.max(
        step, to.constantIndex(-std::numeric_limits<int64_t>::max()));
    Value magnitude =
        m.max(m.select(isForward, step, m.sub(zero, backward)), one);
    Value size = m.add(m.div(m.sub(m.max(distance, one), one), magnitude), one);
    size = m.select(m.compare(P::sgt, distance, zero), size, zero);
    return {first, step, getAsOpFoldResult(size)};
  }
};

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

struct LowerPad : LoweringPattern<PadOp> {
  using LoweringPattern::LoweringPattern;

  /// One dimension: its extents, and how many elements come before and after.
  struct Dim {
    Value extent, before, after;
    OpFoldResult size;
    bool isUnchanged() const {
      return getConstantIntValue(before) == 0 && getConstantIntValue(after) == 0;
    }
  };

  Values lower(PadOp op, Adaptor in, Lowering &to) const override {
    IndexMath m = to.math();
    int64_t rank = op.getType().getRank();
    int64_t count = op.getPads().getType().getDimSize(0) / 2;
    SmallVector<Dim> dims;
    SmallVector<OpFoldResult> sizes;
    for (int64_t i = 0; i < rank; ++i) {
      auto read = [&](int64_t first) {
        return entryOf(to, op.getPads(), op.getAxes(), first, count, i, rank, 0);
      };
      Dim dim;
      dim.extent = to.asIndex(to.size(to.get(op.getInput()).dims[i]));
      dim.before = read(0);
      dim.after = read(count);
      AffineExpr result = to.get(op.getResult()).dims[i];
      bool isKnown = to.isComputable(result);
      dim.size = isKnown ? to.size(result)
                         : getAsOpFoldResult(m.add(
                               dim.extent, m.add(dim.before, dim.after)));
      if (!isKnown || !to.shapes.isNonNegative(result))
        to.require(m.compare(P::sge, to.asIndex(dim.size), to.constantIndex(0)),
                   "padding removes more than there is");
      sizes.push_back(dim.size);
      dims.push_back(dim);
    }
    if (llvm::all_of(dims, [](const Dim &dim) { return dim.isUnchanged(); }))
      return {{in.getInput()}};
    Value fill = in.getValue();
    if (auto text = dyn_cast<StringType>(op.getType().getElementType()); text && !fill)
      fill = lowerStrings(to.b, to.loc,
                          cast<DenseStringElementsAttr>(DenseElementsAttr::get(
                              RankedTensorType::get({}, text), StringRef())));
    if (op.getMode() == PadMode::Constant)
      return {{padConstant(in.getInput(), fill, dims, sizes, to)}};
    return {{padCopies(op.getMode(), in.getInput(), dims, sizes, to)}};
  }

  /// A fill, then the input inserted, less what negative pads remove.
  static Value padConstant(Value input, Value fill, ArrayRef<Dim> dims,
                           ArrayRef<OpFoldResult> sizes, Lowering &to) {
    IndexMath m = to.math();
    Type element = cast<RankedTensorType>(input.getType()).getElementType();
    Value zero = to.constantIndex(0), value;
    if (fill) {
      auto type = cast<RankedTensorType>(fill.getType());
      value = tensor::ExtractOp::create(
          to.b, to.loc, fill,
          SmallVector<Value>(type.getRank(), zero));
    } else {
      value = m.zero(element);
    }
    auto isFixed = [](Value size) { return getConstantIntValue(size).value_or(-1) >= 0; };
    if (llvm::all_of(dims, [&](const Dim &dim) {
          return isFixed(dim.before) && isFixed(dim.after);
        })) {
      SmallVector<OpFoldResult> before, after;
      for (const Dim &dim : dims) {
        before.push_back(getAsOpFoldResult(dim.before));
        after.push_back(getAsOpFoldResult(dim.after));
      }
      return tensor::PadOp::create(to.b, to.loc, Type(), input, before, after, value);
    }
    SmallVector<OpFoldResult> from, at, counts;
    for (const Dim &dim : dims) {
      Value cutBefore = m.max(m.sub(zero, dim.before), zero);
      Value cutAfter = m.max(m.sub(zero, dim.after), zero);
      Value count = m.max(
          m.sub(dim.extent, m.add(cutBefore, cutAfter)), zero);
      from.push_back(getAsOpFoldResult(cutBefore));
      at.push_back(getAsOpFoldResult(m.max(dim.before, zero)));
      counts.push_back(getAsOpFoldResult(count));
    }
    Value kept = input;
    if (!llvm::all_of(from, [](OpFoldResult f) { return isZeroInteger(f); }) ||
        counts != tensor::getMixedSizes(to.b, to.loc, kept))
      kept = to.slice(kept, from, counts);
    Value filled = to.filled(sizes, value);
    return to.insert(kept, filled, at, counts);
  }

  /// Each result element is a copy of an input element. Where along a padded
  /// dimension it comes from is computed once, into a table.
  static Value padCopies(PadMode mode, Value input, ArrayRef<Dim> dims,
                         ArrayRef<OpFoldResult> sizes, Lowering &to) {
    unsigned rank = dims.size();
    SmallVector<Value> tables;
    SmallVector<AffineMap> maps;
    SmallVector<std::optional<unsigned>> tableOf(rank);
    for (auto [i, dim] : llvm::enumerate(dims)) {
      if (dim.isUnchanged())
        continue;
      tableOf[i] = tables.size();
      tables.push_back(buildTable(mode, dim, to));
      maps.push_back(AffineMap::get(rank, 0, to.b.getAffineDimExpr(i)));
    }
    Type element = cast<RankedTensorType>(input.getType()).getElementType();
    return to.map(
        tables, maps, sizes, element,
        [&](OpBuilder &b, Location loc, ValueRange entries) {
          IndexMath m{b, loc};
          SmallVector<Value> position;
          for (unsigned i = 0; i < rank; ++i)
            position.push_back(
                tableOf[i] ? m.index(entries[*tableOf[i]])
                           : linalg::IndexOp::create(b, loc, i).getResult());
          return tensor::ExtractOp::create(b, loc, input, position).getResult();
        });
  }

  /// For each position of the result the one of the input, as i64.
  static Value buildTable(PadMode mode, const Dim &dim, Lowering &to) {
    IndexMath m = to.math();
    Value zero = to.constantIndex(0), one = to.constantIndex(1);
    Value last = m.sub(dim.extent, one);
    Value hasAny = m.compare(P::sgt, dim.extent, zero);
    Value isEmpty = m.compare(P::eq, to.asIndex(dim.size), zero);
    to.require(m.orI(hasAny, isEmpty), "there is no element to pad with");
    Value period = dim.extent;
    if (mode == PadMode::Reflect)
      period = m.mul(last, to.constantIndex(2));
    period = m.max(period, one);
    return to.generate(
        dim.size, to.b.getI64Type(),
        [&](OpBuilder &b, Location loc, ValueRange position) {
          IndexMath m{b, loc};
          Value at = m.sub(position[0], dim.before);
          if (mode == PadMode::Edge)
            return m.cast(b.getI64Type(), m.clamp(at, zero, last));
          Value rest = m.rem(at, period);
          at = m.select(m.isNegative(rest), m.add(rest, period), rest);
          if (mode == PadMode::Reflect)
            at = m.min(at, m.sub(period, at));
          return m.cast(b.getI64Type(), at);
        });
  }
};

//===----------------------------------------------------------------------===//
// Compress
//===----------------------------------------------------------------------===//

/// The positions of what is taken, then a gather.
struct LowerCompress : LoweringPattern<CompressOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(CompressOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), input.getRank());
    SmallVector<OpFoldResult> sizes = to.sizes(input.dims);
    AffineExpr common =
        to.shapes.min(input.dims[axis], to.get(op.getCondition()).dims[0]);
    Value condition = to.slice(in.getCondition(), OpFoldResult(to.b.getIndexAttr(0)),
                               to.size(common));
    auto isTaken = [](IndexMath m, ValueRange, Value flag) {
      return m.compare(P::ne, flag, m.zero(flag.getType()));
    };
    Selection selection(to, condition);
    Value count = selection.count(isTaken);
    sizes[axis] = getAsOpFoldResult(count);
    Value positions = to.empty(sizes[axis], to.b.getI64Type());
    positions =
        selection
            .write(positions, to.constantIndex(0), isTaken,
                   [](IndexMath m, ValueRange at, Value, Value place,
                      Value result) -> Value {
                     return tensor::InsertOp::create(
                         m.b, m.loc, m.cast(m.b.getI64Type(), at[0]), result,
                         place);
                   })
            .first;
    return {{takeSlices(to, in.getInput(), positions, axis, sizes)}};
  }
};

//===----------------------------------------------------------------------===//
// ReverseSequence
//===----------------------------------------------------------------------===//

struct LowerReverseSequence : LoweringPattern<ReverseSequenceOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ReverseSequenceOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    int64_t rank = input.getRank();
    int64_t batch = *normalizeAxis(std::nullopt, op.getBatchAxis(), rank);
    int64_t time = *normalizeAxis(std::nullopt, op.getTimeAxis(), rank);
    to.requireEqual(to.get(op.getLengths()).dims[0], input.dims[batch],
                    "there is not one length for each sequence");
    Value extent = to.asIndex(to.size(input.dims[time]));
    return {{to.map(
        in.getLengths(),
        AffineMap::get(rank, 0, to.b.getAffineDimExpr(batch)),
        to.sizes(op.getInput()), to.element(input.elementType),
        [&](OpBuilder &b, Location loc, ValueRange lengths) {
          IndexMath m{b, loc};
          SmallVector<Value> at;
          for (int64_t dim = 0; dim < rank; ++dim)
            at.push_back(linalg::IndexOp::create(b, loc, dim));
          Value length = m.min(m.index(lengths[0]), extent);
          Value turned = m.sub(m.sub(length, m.constant(1)), at[time]);
          at[time] = m.select(m.isNegative(turned), at[time], turned);
          return tensor::ExtractOp::create(b, loc, in.getInput(), at).getResult();
        })}};
  }
};
} // namespace

void graphopt::populateSlicingLowering(LoweringPatterns to) {
  to.add<LowerCompress, LowerPad, LowerReverseSequence, LowerSlice>();
}
