#include "dialects/Graph/Sampling.h"
#include "Interpolation.h"
#include "Rois.h"
#include "dialects/Kernel/Kernel.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

namespace {
/// One spatial dimension: where samples lie, as tables over the samples with a
/// row for each tap (element of a sum).
struct SampledDim {
  Value indices; // i64
  Value weights;
};

class GridSampler {
public:
  GridSampler(GridSampleOp op, GridSampleOp::Adaptor in, Lowering &to)
      : op(op), in(in), to(to), rank(op.getType().getRank()), depth(rank - 2),
        sizes(to.sizes(op.getResult())),
        element(op.getInput().getType().getElementType()),
        positionType(getWeightType(op.getGrid().getType().getElementType())) {
    sampleSizes.push_back(sizes.front());
    llvm::append_range(sampleSizes, ArrayRef(sizes).drop_front(2));
  }

  Value sample();

private:
  void requireInputs();
  SampledDim buildDim(int64_t dim);
  Value buildPositions(int64_t dim, Value extent);
  Value reflect(Scalar s, Value x, Value extent);
  Value interpolate(OpBuilder &b, Location loc, ValueRange entries,
                    SmallVector<Value> &at, int64_t dim);

  /// Elements around a position along one dimension.
  int64_t taps() {
    return op.getMode() == Interpolation::Nearest  ? 1
           : op.getMode() == Interpolation::Linear ? 2
                                                   : 4;
  }
  /// The first of them, counted from the element at or before the position.
  int64_t firstTap() { return op.getMode() == Interpolation::Cubic ? -1 : 0; }

  GridSampleOp op;
  GridSampleOp::Adaptor in;
  Lowering &to;
  int64_t rank, depth;
  SmallVector<OpFoldResult> sizes, sampleSizes;
  Type element, positionType;
};
} // namespace

/// Memory outside of the input is not touched.
void GridSampler::requireInputs() {
  const InferredTensor &input = to.get(op.getInput());
  IndexMath m = to.math();
  AffineExpr images = input.dims[0], grids = to.get(op.getGrid()).dims[0];
  to.requireEqual(to.get(op.getGrid()).dims.back(), to.shapes.constant(depth),
                  "there is not a coordinate for each dimension");
  to.requireEqual(images, grids, "there are not as many grids as inputs");
  Value zero = to.constantIndex(0);
  auto isPositive = [&](AffineExpr expr) {
    return m.compare(P::sgt, to.asIndex(to.size(expr)), zero);
  };
  AffineExpr elements = to.shapes.product(
      ArrayRef<AffineExpr>(input.dims).drop_front(2));
  if (getConstant(elements).value_or(0) > 0)
    return;
  Value count = to.asIndex(
      to.size(to.shapes.product(to.get(op.getResult()).dims)));
  to.require(m.orI(isPositive(elements), m.compare(P::eq, count, zero)),
             "there are no elements to take");
}

/// Mirrors `x` at the input's ends until it is between them.
Value GridSampler::reflect(Scalar s, Value x, Value extent) {
  bool aligned = op.getAlignCorners();
  Value low = s.constant(x, aligned ? 0 : -0.5);
  Value range = aligned ? s.sub(extent, s.constant(x, 1)) : extent;
  Value distance = s.op<math::AbsFOp>({s.sub(x, low)});
  // One element in the middle of nothing is reflected to itself.
  Value period = s.op<arith::MaxNumFOp>({range, s.constant(x, 0.5)});
  Value times = s.op<math::FloorOp>({s.div(distance, period)});
  Value rest = s.sub(distance, s.mul(times, period));
  Value half = s.mul(times, s.constant(x, 0.5));
  Value isEven = s.cmp(arith::CmpFPredicate::OEQ, half,
                       s.op<math::FloorOp>({half}));
  Value back = s.sub(s.add(low, range), rest);
  return s.select(isEven, s.add(low, rest), back);
}

/// Where the samples lie along spatial dimension `dim`.
Value GridSampler::buildPositions(int64_t dim, Value extent) {
  SmallVector<AffineExpr> read;
  for (int64_t i = 0; i <= depth; ++i)
    read.push_back(to.b.getAffineDimExpr(i));
  read.push_back(to.b.getAffineConstantExpr(depth - 1 - dim));
  AffineMap map = AffineMap::get(depth + 1, 0, read, to.b.getContext());
  return to.map(
      in.getGrid(), map, sampleSizes, positionType,
      [&](OpBuilder &b, Location loc, ValueRange grid) {
        Scalar s{b, loc};
        Value x = s.add(s.convert(grid[0], positionType),
                        s.constant(positionType, 1));
        Value one = s.constant(x, 1), half = s.constant(x, 0.5);
        Value last = s.sub(extent, one);
        x = op.getAlignCorners() ? s.mul(s.mul(x, half), last)
                                 : s.mul(s.sub(s.mul(x, extent), one), half);
        if (op.getMode() == Interpolation::Nearest)
          x = s.op<math::RoundEvenOp>({x});
        if (op.getOutside() == OutsideMode::Zeros)
          return x;
        // Only what is beyond the outermost elements' edges moves.
        double edge = op.getAlignCorners() ? 0 : 0.5;
        Value isOutside = arith::OrIOp::create(
            b, loc,
            s.cmp(arith::CmpFPredicate::ULT, x, s.constant(x, -edge)),
            s.cmp(arith::CmpFPredicate::UGT, x,
                  s.add(last, s.constant(x, edge))));
        Value moved;
        if (op.getOutside() == OutsideMode::Reflection) {
          moved = reflect(s, x, extent);
        } else {
          moved = s.op<arith::MaxNumFOp>({x, s.constant(x, 0)});
          moved = s.op<arith::MinNumFOp>({moved, last});
        }
        return s.select(isOutside, moved, x);
      });
}

SampledDim GridSampler::buildDim(int64_t dim) {
  Value extent = to.asIndex(to.size(to.get(op.getInput()).dims[2 + dim]));
  Scalar before{to.b, to.loc};
  Value length =
      before.convert(indexToFloat(to.math(), extent), positionType);
  Value positions = buildPositions(dim, length);
  SmallVector<OpFoldResult> tableSizes{to.b.getIndexAttr(taps())};
  llvm::append_range(tableSizes, sampleSizes);
  SmallVector<AffineExpr> read;
  for (int64_t i = 0; i <= depth; ++i)
    read.push_back(to.b.getAffineDimExpr(i + 1));
  AffineMap perSample = AffineMap::get(depth + 2, 0, read, to.b.getContext());
  auto tapOf = [&](Scalar s, Value x) {
    IndexMath m{s.b, s.loc};
    Value tap = m.add(linalg::IndexOp::create(s.b, s.loc, 0),
                      m.constant(firstTap()));
    return s.add(s.op<math::FloorOp>({x}),
                 s.convert(indexToFloat(m, tap), positionType));
  };
  SampledDim result;
  result.indices = to.map(
      positions, perSample, tableSizes, to.b.getI64Type(),
      [&](OpBuilder &b, Location loc, ValueRange x) {
        Scalar s{b, loc};
        Value at = tapOf(s, x[0]);
        if (op.getOutside() == OutsideMode::Reflection)
          at = s.op<math::FloorOp>({reflect(s, at, length)});
        return toPosition(s, at, s.sub(length, s.constant(length, 1)));
      });
  Type weight = getWeightType(element);
  result.weights = to.map(
      positions, perSample, tableSizes, weight,
      [&](OpBuilder &b, Location loc, ValueRange x) {
        Scalar s{b, loc};
        Value at = tapOf(s, x[0]);
        Value value = s.constant(at, 1);
        if (op.getMode() != Interpolation::Nearest)
          value = buildKernel(s, op.getMode(), -0.75, s.sub(at, x[0]));
        if (op.getOutside() == OutsideMode::Zeros) {
          Value isInside = arith::AndIOp::create(
              b, loc, s.cmp(arith::CmpFPredicate::OGE, at, s.constant(at, 0)),
              s.cmp(arith::CmpFPredicate::OLT, at, length));
          value = s.select(isInside, value, s.constant(value, 0));
        }
        return s.convert(value, weight);
      });
  return result;
}

/// The sum over the taps of the dimensions from `dim` on. `entries` hold, for
/// each dimension, the indices of all taps and then the weights.
Value GridSampler::interpolate(OpBuilder &b, Location loc, ValueRange entries,
                               SmallVector<Value> &at, int64_t dim) {
  Scalar s{b, loc};
  Type weight = getWeightType(element);
  if (dim == depth) {
    Value x = tensor::ExtractOp::create(b, loc, in.getInput(), at);
    return op.getMode() == Interpolation::Nearest
               ? x
               : buildCast(b, loc, element, weight, x);
  }
  ValueRange own = entries.slice(dim * 2 * taps(), 2 * taps());
  Value sum;
  for (int64_t tap = 0; tap < taps(); ++tap) {
    at.push_back(IndexMath{b, loc}.index(own[tap]));
    Value term = interpolate(b, loc, entries, at, dim + 1);
    at.pop_back();
    Value factor = own[taps() + tap];
    if (op.getMode() != Interpolation::Nearest)
      term = s.mul(term, factor);
    else if (op.getOutside() == OutsideMode::Zeros)
      term = s.select(s.cmp(arith::CmpFPredicate::UNE, factor,
                            s.constant(factor, 0)),
                      term, s.constant(term, 0));
    sum = sum ? s.add(sum, term) : term;
  }
  return sum;
}

Value GridSampler::sample() {
  requireInputs();
  SmallVector<Value> tables;
  SmallVector<AffineMap> maps;
  for (int64_t dim = 0; dim < depth; ++dim) {
    SampledDim sampled = buildDim(dim);
    for (Value table : {sampled.indices, sampled.weights})
      for (int64_t tap = 0; tap < taps(); ++tap) {
        SmallVector<AffineExpr> read{to.b.getAffineConstantExpr(tap),
                                     to.b.getAffineDimExpr(0)};
        for (int64_t i = 2; i < rank; ++i)
          read.push_back(to.b.getAffineDimExpr(i));
        tables.push_back(table);
        maps.push_back(AffineMap::get(rank, 0, read, to.b.getContext()));
      }
  }
  return to.map(tables, maps, sizes, to.element(element),
                [&](OpBuilder &b, Location loc, ValueRange entries) {
                  SmallVector<Value> at{linalg::IndexOp::create(b, loc, 0),
                                        linalg::IndexOp::create(b, loc, 1)};
                  Value value = interpolate(b, loc, entries, at, 0);
                  return op.getMode() == Interpolation::Nearest
                             ? value
                             : roundTo(Scalar{b, loc}, value, element);
                });
}

namespace {
struct LowerGridSample : LoweringPattern<GridSampleOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(GridSampleOp op, Adaptor in, Lowering &to) const override {
    return {{GridSampler(op, in, to).sample()}};
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

namespace {
/// A reduction over the elements of a block: at each place of the image, the
/// window in which it is that element, if there is one.
struct LowerCol2Im : LoweringPattern<Col2ImOp> {
  using LoweringPattern::LoweringPattern;

  /// Along one spatial dimension.
  struct Dim {
    Value block, windows;
    int64_t stride, dilation, padBefore;
  };

  Values lower(Col2ImOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes;
    SmallVector<Dim> dims = buildDims(op, to, sizes);
    int64_t rank = sizes.size(), depth = dims.size();
    Type type = op.getType().getElementType(), element = to.element(type);
    bool isFloat = isa<FloatType>(type);
    Type sumType = isFloat ? getSumType(type) : element;

    MLIRContext *context = to.b.getContext();
    SmallVector<AffineExpr> window, result;
    for (int64_t i = 0; i < rank; ++i)
      result.push_back(to.b.getAffineDimExpr(i));
    for (int64_t i = 0; i < depth; ++i)
      window.push_back(to.b.getAffineDimExpr(rank + i));
    AffineMap maps[] = {AffineMap::get(rank + depth, 0, window, context),
                        AffineMap::get(rank + depth, 0, result, context)};
    SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
    loops.append(depth, utils::IteratorType::reduction);
    // The block's extents come from a tensor that nobody reads.
    SmallVector<OpFoldResult> block;
    for (const Dim &dim : dims)
      block.push_back(getAsOpFoldResult(dim.block));
    Value shape = to.empty(block, to.b.getI8Type());
    Value init = to.filled(sizes, to.constant(sumType, 0));
    Value sum =
        linalg::GenericOp::create(
            to.b, to.loc, init.getType(), shape, init, maps, loops,
            [&](OpBuilder &b, Location loc, ValueRange scalars) {
              Scalar s{b, loc};
              Value isThere;
              SmallVector<Value> at = findElement(b, loc, dims, isThere);
              Value x = tensor::ExtractOp::create(b, loc, in.getInput(), at);
              if (isFloat)
                x = s.convert(x, sumType);
              x = s.select(isThere, x, s.constant(x, 0));
              Value next = isFloat ? s.add(scalars[1], x)
                                   : s.op<arith::AddIOp>({scalars[1], x});
              linalg::YieldOp::create(b, loc, next);
            })
            .getResult(0);
    if (sumType == element)
      return {{sum}};
    return {{to.map(sum, to.b.getMultiDimIdentityMap(rank), sizes, element,
                    [&](OpBuilder &b, Location loc, ValueRange x) {
                      return Scalar{b, loc}.convert(x[0], type);
                    })}};
  }

  static SmallVector<Dim> buildDims(Col2ImOp op, Lowering &to,
                                    SmallVector<OpFoldResult> &sizes) {
    IndexMath m = to.math();
    const InferredTensor &input = to.get(op.getInput());
    Value zero = to.constantIndex(0), one = to.constantIndex(1);
    sizes = {to.size(input.dims[0]), {}};
    SmallVector<Dim> dims;
    Value elements = one, columns = one;
    for (size_t i = 0, depth = op.getStrides().size(); i < depth; ++i) {
      Value extent = to.entry(op.getImage(), i);
      sizes.push_back(getAsOpFoldResult(extent));
      Dim dim{to.entry(op.getBlock(), i), {}, op.getStrides()[i],
              op.getDilations()[i], op.getPads()[i]};
      to.require(m.compare(P::sge, dim.block, one), "a block is empty");
      elements = m.mul(elements, dim.block);
      Value span = m.mul(m.sub(dim.block, one), to.constantIndex(dim.dilation));
      int64_t pads = op.getPads()[i] + op.getPads()[depth + i];
      Value last = m.sub(m.add(extent, to.constantIndex(pads - 1)), span);
      // Elements are read as if there were a window.
      to.require(m.compare(P::sge, last, zero), "no window fits into the image");
      dim.windows = m.add(m.div(last, to.constantIndex(dim.stride)), one);
      columns = m.mul(columns, dim.windows);
      dims.push_back(dim);
    }
    Value rows = to.asIndex(to.size(input.dims[1]));
    to.require(m.compare(P::eq, m.rem(rows, elements), zero),
               "the rows are not those of whole blocks");
    sizes[1] = getAsOpFoldResult(m.div(rows, elements));
    to.require(m.compare(P::eq, columns, to.asIndex(to.size(input.dims[2]))),
               "there are not as many columns as windows");
    return dims;
  }

  /// The place in the input of the block's element that the loops are at, and
  /// whether a window has it there.
  static SmallVector<Value> findElement(OpBuilder &b, Location loc,
                                        ArrayRef<Dim> dims, Value &isThere) {
    IndexMath m{b, loc};
    int64_t first = 2, depth = dims.size();
    Value zero = m.constant(0), one = m.constant(1);
    Value row = linalg::IndexOp::create(b, loc, 1), column = zero;
    for (auto [i, dim] : llvm::enumerate(dims)) {
      Value tap = linalg::IndexOp::create(b, loc, first + depth + i);
      Value place = linalg::IndexOp::create(b, loc, first + i);
      row = m.add(m.mul(row, dim.block), tap);
      Value start = m.sub(m.add(place, m.constant(dim.padBefore)),
                          m.mul(tap, m.constant(dim.dilation)));
      Value stride = m.constant(dim.stride), last = m.sub(dim.windows, one);
      Value window = m.clamp(m.div(start, stride), zero, last);
      Value isWindow = m.compare(P::eq, m.mul(window, stride), start);
      isThere = isThere ? m.andI(isThere, isWindow) : isWindow;
      column = m.add(m.mul(column, dim.windows), window);
    }
    return {linalg::IndexOp::create(b, loc, 0), row, column};
  }
};

/// decode_image  =>  calls that find the extents, then one that decodes
struct LowerDecodeImage : LoweringPattern<DecodeImageOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(DecodeImageOp op, Adaptor in, Lowering &to) const override {
    Value count = to.asIndex(to.sizes(op.getInput()).front());
    SmallVector<Value> inputs = {count, in.getInput()};
    SmallVector<OpFoldResult> sizes;
    for (StringRef name : {"graphopt_image_rows", "graphopt_image_columns"})
      sizes.push_back(kernel::CallOp::create(to.b, to.loc, name, inputs, ValueRange(),
                                             to.b.getIndexType())
                          .getResult(0));
    StringRef format = op.getFormat();
    llvm::append_range(inputs, llvm::map_range(sizes, [&](OpFoldResult size) {
                         return to.asIndex(size);
                       }));
    sizes.push_back(to.b.getIndexAttr(format == "Grayscale" ? 1 : 3));
    StringRef callee = format == "RGB"   ? "graphopt_image_rgb"
                       : format == "BGR" ? "graphopt_image_bgr"
                                         : "graphopt_image_gray";
    Value init = to.empty(sizes, to.b.getI8Type());
    return {{kernel::CallOp::create(to.b, to.loc, callee, inputs, init).getResult(0)}};
  }
};
} // namespace

void graphopt::populateSamplingLowering(LoweringPatterns to) {
  to.add<LowerCol2Im, LowerDecodeImage, LowerGridSample>();
  populateRoiLowering(to);
}
