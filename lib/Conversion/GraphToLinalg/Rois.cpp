// Regions of images, cut into bins.
#include "Interpolation.h"
#include "Positions.h"
#include "Rois.h"
#include "dialects/Graph/Sampling.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using F = arith::CmpFPredicate;
using P = arith::CmpIPredicate;

/// `body` gets the number of the turn and what is carried, and gives what is.
static Value repeat(IndexMath m, Value from, Value until, Value init,
                    function_ref<Value(IndexMath, Value, Value)> body) {
  return scf::ForOp::create(
             m.b, m.loc, from, until, m.constant(1), init,
             [&](OpBuilder &b, Location loc, Value at, ValueRange carried) {
               scf::YieldOp::create(b, loc, body({b, loc}, at, carried[0]));
             })
      .getResult(0);
}

static Value toFloat(Scalar s, Value index, Type type) {
  return s.convert(indexToFloat({s.b, s.loc}, index), type);
}

static Value both(Scalar s, Value x, Value y) {
  return arith::AndIOp::create(s.b, s.loc, x, y);
}

//===----------------------------------------------------------------------===//
// RoiAlign
//===----------------------------------------------------------------------===//

namespace {
/// The samples along one dimension of one bin.
struct BinSamples {
  Value start; // of the bin
  Value size;
  Value count; // index
  Value extent; // of the image

  /// The two elements around a sample, with their weights.
  struct Taps {
    Value isInside, elements[2], weights[2];
  };
  Taps at(Scalar s, Value sample) const {
    Type type = start.getType();
    IndexMath m{s.b, s.loc};
    Value half = s.add(toFloat(s, sample, type), s.constant(type, 0.5));
    Value x = s.add(start, s.div(s.mul(half, size), toFloat(s, count, type)));
    Value end = toFloat(s, extent, type), one = s.constant(type, 1);
    Value last = s.sub(end, one);
    Taps taps;
    taps.isInside = both(s, s.cmp(F::OGE, x, s.constant(type, -1)),
                         s.cmp(F::OLE, x, end));
    Value first = toPosition(s, x, last);
    x = s.op<arith::MinNumFOp>({s.op<arith::MaxNumFOp>({x, s.constant(type, 0)}),
                                last});
    taps.elements[0] = m.index(first);
    taps.elements[1] = m.min(m.add(taps.elements[0], m.constant(1)),
                             m.sub(extent, m.constant(1)));
    taps.weights[1] = s.sub(x, toFloat(s, taps.elements[0], type));
    taps.weights[0] = s.sub(one, taps.weights[1]);
    return taps;
  }
};

struct LowerRoiAlign : LoweringPattern<RoiAlignOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RoiAlignOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> input = to.get(op.getInput()).dims,
                         rois = to.get(op.getRois()).dims;
    to.requireEqual(rois[1], to.shapes.constant(4), "a region is not four numbers");
    to.requireEqual(rois[0], to.get(op.getImages()).dims[0],
                    "there are not as many images as regions");
    Position image = Position::in(input[0], op.getImages(), to);
    Value extents[] = {to.asIndex(to.size(input[2])), to.asIndex(to.size(input[3]))};
    requireElements(to, extents, op.getResult());
    Type element = op.getType().getElementType();
    return {{to.generate(
        to.sizes(op.getResult()), to.element(element),
        [&](OpBuilder &b, Location loc, ValueRange position) {
          IndexMath m{b, loc};
          Value number = tensor::ExtractOp::create(b, loc, in.getImages(), position[0]);
          Value at[] = {image.build(m, number), position[1]};
          BinSamples bins[] = {
              buildBin(op, in, m, position, 0, extents[0]),
              buildBin(op, in, m, position, 1, extents[1])};
          return combine(op, in, m, at, bins);
        })}};
  }

  /// There are elements to take, or none are wanted.
  static void requireElements(Lowering &to, ArrayRef<Value> extents, Value result) {
    IndexMath m = to.math();
    Value count = to.asIndex(to.size(to.shapes.product(to.get(result).dims)));
    Value zero = to.constantIndex(0);
    to.require(m.orI(m.compare(P::eq, count, zero),
                     m.compare(P::sgt, m.mul(extents[0], extents[1]), zero)),
               "the images have no elements");
  }

  /// Along dimension `dim`: 0 for rows, 1 for columns.
  static BinSamples buildBin(RoiAlignOp op, Adaptor in, IndexMath m,
                             ValueRange position, int64_t dim, Value extent) {
    Scalar s{m.b, m.loc};
    Type type = getWeightType(op.getType().getElementType());
    auto edge = [&](int64_t entry) {
      Value x = tensor::ExtractOp::create(
          m.b, m.loc, in.getRois(), ValueRange{position[0], m.constant(entry)});
      x = s.mul(s.convert(x, type), s.constant(type, op.getScale().convertToDouble()));
      return op.getHalfPixel() ? s.sub(x, s.constant(type, 0.5)) : x;
    };
    Value low = edge(1 - dim), high = edge(3 - dim);
    Value length = s.sub(high, low);
    if (!op.getHalfPixel())
      length = s.op<arith::MaxNumFOp>({length, s.constant(type, 1)});
    int64_t bins = dim == 0 ? op.getHeight() : op.getWidth();
    BinSamples bin;
    bin.extent = extent;
    bin.size = s.div(length, s.constant(type, bins));
    bin.start = s.add(low, s.mul(toFloat(s, position[2 + dim], type), bin.size));
    bin.count = m.constant(op.getSamples());
    if (op.getSamples() == 0)
      bin.count = m.index(toPosition(s, s.op<math::CeilOp>({bin.size}),
                                     s.constant(type, 1 << 20)));
    return bin;
  }

  /// The mean of the samples, or the greatest product.
  static Value combine(RoiAlignOp op, Adaptor in, IndexMath m, ArrayRef<Value> at,
                       ArrayRef<BinSamples> bins) {
    Type element = op.getType().getElementType(), type = getWeightType(element);
    Scalar outer{m.b, m.loc};
    double lowest = -std::numeric_limits<double>::infinity();
    Value init = outer.constant(type, op.getMax() ? lowest : 0);
    Value zero = m.constant(0);
    Value result = repeat(m, zero, bins[0].count, init, [&](IndexMath m, Value row,
                                                            Value sum) {
      BinSamples::Taps rows = bins[0].at({m.b, m.loc}, row);
      return repeat(m, zero, bins[1].count, sum, [&](IndexMath m, Value column,
                                                     Value sum) {
        Scalar s{m.b, m.loc};
        BinSamples::Taps columns = bins[1].at(s, column);
        Value isInside = both(s, rows.isInside, columns.isInside), value;
        for (int64_t i : {0, 1})
          for (int64_t j : {0, 1}) {
            Value x = tensor::ExtractOp::create(
                m.b, m.loc, in.getInput(),
                ValueRange{at[0], at[1], rows.elements[i], columns.elements[j]});
            x = s.mul(s.convert(x, type), s.mul(rows.weights[i], columns.weights[j]));
            value = !value ? x : op.getMax() ? s.max(value, x) : s.add(value, x);
          }
        value = s.select(isInside, value, s.constant(type, 0));
        return op.getMax() ? s.max(sum, value) : s.add(sum, value);
      });
    });
    Value count = m.mul(bins[0].count, bins[1].count);
    if (op.getMax())
      result = outer.select(m.compare(P::eq, count, zero), outer.constant(type, 0),
                            result);
    else
      result = outer.div(result, toFloat(outer, m.max(count, m.constant(1)), type));
    return outer.convert(result, element);
  }
};

//===----------------------------------------------------------------------===//
// MaxRoiPool
//===----------------------------------------------------------------------===//

struct LowerMaxRoiPool : LoweringPattern<MaxRoiPoolOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(MaxRoiPoolOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> input = to.get(op.getInput()).dims;
    to.requireEqual(to.get(op.getRois()).dims[1], to.shapes.constant(5),
                    "a region is not five numbers");
    Value extents[] = {to.asIndex(to.size(input[2])), to.asIndex(to.size(input[3]))};
    requireImages(op, in, to);
    Type element = op.getType().getElementType();
    return {{to.generate(
        to.sizes(op.getResult()), to.element(element),
        [&](OpBuilder &b, Location loc, ValueRange position) {
          IndexMath m{b, loc};
          Scalar s{b, loc};
          Value image = arith::FPToSIOp::create(b, loc, b.getI64Type(),
                                                entry(op, in, m, position[0], 0));
          Value low[2], high[2];
          for (int64_t dim : {0, 1})
            buildBin(op, in, m, position, dim, extents[dim], low[dim], high[dim]);
          double least = -std::numeric_limits<double>::infinity();
          Value init = s.constant(element, least);
          Value greatest = repeat(
              m, low[0], high[0], init, [&](IndexMath m, Value row, Value carried) {
                return repeat(m, low[1], high[1], carried,
                              [&](IndexMath m, Value column, Value carried) {
                                Value x = tensor::ExtractOp::create(
                                    m.b, m.loc, in.getInput(),
                                    ValueRange{m.index(image), position[1], row, column});
                                return Scalar{m.b, m.loc}.max(carried, x);
                              });
              });
          Value isEmpty = m.orI(m.compare(P::sge, low[0], high[0]),
                                m.compare(P::sge, low[1], high[1]));
          return s.select(isEmpty, s.constant(element, 0), greatest);
        })}};
  }

  /// As f64, which holds all whole numbers that there can be.
  static Value entry(MaxRoiPoolOp op, Adaptor in, IndexMath m, Value roi,
                     int64_t number) {
    Value x = tensor::ExtractOp::create(m.b, m.loc, in.getRois(),
                                        ValueRange{roi, m.constant(number)});
    return Scalar{m.b, m.loc}.convert(x, m.b.getF64Type());
  }

  /// The run goes on only if all regions are of images.
  static void requireImages(MaxRoiPoolOp op, Adaptor in, Lowering &to) {
    Value images = to.asIndex(to.size(to.get(op.getInput()).dims[0]));
    Value regions = to.asIndex(to.size(to.get(op.getRois()).dims[0]));
    IndexMath m = to.math();
    Value end = indexToFloat(m, images), yes = arith::ConstantIntOp::create(
                                             to.b, to.loc, 1, 1);
    Value areGood = repeat(
        m, to.constantIndex(0), regions, yes, [&](IndexMath m, Value roi, Value good) {
          Scalar s{m.b, m.loc};
          Value x = entry(op, in, m, roi, 0);
          return both(s, good, both(s, s.cmp(F::OGE, x, s.constant(x, 0)),
                                    s.cmp(F::OLT, x, end)));
        });
    to.require(areGood, "a region is of no image");
  }

  /// The rows or columns of a bin: `low` up to, without, `high`.
  static void buildBin(MaxRoiPoolOp op, Adaptor in, IndexMath m, ValueRange position,
                       int64_t dim, Value extent, Value &low, Value &high) {
    Scalar s{m.b, m.loc};
    Type f64 = m.b.getF64Type();
    auto edge = [&](int64_t number) {
      Value x = s.mul(entry(op, in, m, position[0], number),
                      s.constant(f64, op.getScale().convertToDouble()));
      Value rounded = s.op<math::FloorOp>(
          {s.add(s.op<math::AbsFOp>({x}), s.constant(f64, 0.5))});
      return s.op<math::CopySignOp>({rounded, x});
    };
    Value first = edge(2 - dim), one = s.constant(f64, 1);
    Value length = s.op<arith::MaxNumFOp>({s.add(s.sub(edge(4 - dim), first), one), one});
    int64_t bins = dim == 0 ? op.getHeight() : op.getWidth();
    // Single precision, as ONNX Runtime's bins are.
    Type f32 = m.b.getF32Type();
    Value size = s.div(s.convert(length, f32), s.constant(f32, bins));
    Value bin = toFloat(s, position[2 + dim], f32);
    Value start = s.op<math::FloorOp>({s.mul(bin, size)});
    Value end = s.op<math::CeilOp>({s.mul(s.add(bin, s.constant(f32, 1)), size)});
    Value limit = toFloat(s, extent, f64);
    low = m.index(toPosition(s, s.add(s.convert(start, f64), first), limit));
    high = m.index(toPosition(s, s.add(s.convert(end, f64), first), limit));
  }
};
} // namespace

void graphopt::populateRoiLowering(LoweringPatterns to) {
  to.add<LowerMaxRoiPool, LowerRoiAlign>();
}
