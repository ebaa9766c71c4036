#include "dialects/Graph/Pooling.h"
#include "Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// The loops of a pooling: over the result, then over a window.
class PoolLoops {
public:
  PoolLoops(Lowering &to, Value graphInput, Value graphResult,
            SmallVector<Window> given, ArrayRef<int64_t> kernel,
            bool channelsLast)
      : to(to), windows(std::move(given)), kernel(kernel),
        firstDim(getSpatialDim(channelsLast, 0)), sizes(to.sizes(graphResult)),
        extents(
            ArrayRef(to.get(graphInput).dims).slice(firstDim, windows.size())) {
    for (auto [window, extent] : llvm::zip_equal(windows, extents))
      borders.push_back(buildBorder(to, window, extent));
    for (AffineExpr extent : extents)
      extentValues.push_back(to.asIndex(to.size(extent)));
  }

  Value addBorders(Value input, Value scalar) {
    return graphopt::addBorders(to, input, firstDim, borders, scalar);
  }

  Value reduce(Value padded, ValueRange others, Value neutral,
               Rows::Body body) {
    SmallVector<WindowLoop> loops;
    for (auto [i, window] : llvm::enumerate(windows))
      loops.push_back({firstDim + static_cast<int64_t>(i), kernel[i],
                       window.stride, window.dilation});
    return reduceWindows(to, padded, others, sizes, loops, neutral, body);
  }

  Value map(Value input, Type element, Rows::Body body) {
    AffineMap identity = to.b.getMultiDimIdentityMap(sizes.size());
    return to.map(input, identity, sizes, element,
                  [&](OpBuilder &inner, Location loc, ValueRange in) {
                    return body(Scalar{inner, loc}, in);
                  });
  }

  /// The first position of the window along spatial dimension `i` in the input
  /// without its border, in a loop over the result.
  Value windowStart(Scalar s, size_t i) {
    Value at = linalg::IndexOp::create(s.b, s.loc, firstDim + i);
    at = s.op<arith::MulIOp>({at, s.constant(at, windows[i].stride)});
    return s.op<arith::SubIOp>({at, toIndex(s, borders[i].before)});
  }
  static Value toIndex(Scalar s, OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(s.b, s.loc, size);
  }

  Lowering &to;
  SmallVector<Window> windows;
  SmallVector<int64_t> kernel;
  int64_t firstDim;
  SmallVector<OpFoldResult> sizes; ///< of the result
  SmallVector<AffineExpr> extents; ///< spatial, of the input
  SmallVector<Value> extentValues;
  SmallVector<Border> borders;
};

struct LowerPool : LoweringPattern<PoolOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(PoolOp op, Adaptor in, Lowering &to) const override {
    PoolLoops loops(to, op.getInput(), op.getResult(), op.getWindows(to.shapes),
                    op.getKernel(), op.getChannelsLast());
    Type type = op.getType().getElementType();
    if (op.getKind() == PoolKind::Max)
      return {{lowerMax(loops, to.known(op.getInput()), type)}};

    Type wide = getSumType(type);
    Value padded =
        loops.addBorders(to.known(op.getInput()), to.constant(type, 0));
    Value sum = loops.reduce(padded, {}, to.constant(wide, 0),
                             [&](Scalar s, ValueRange in) {
                               return s.add(in[1], s.convert(in[0], wide));
                             });
    if (op.getKind() == PoolKind::Sum && type == wide)
      return {{sum}};
    bool withPads = op.getKind() == PoolKind::AverageWithPads;
    return {{loops.map(sum, type, [&](Scalar s, ValueRange in) {
      Value x = in[0];
      if (op.getKind() != PoolKind::Sum)
        x = s.div(x, count(s, loops, op, withPads, wide));
      return s.convert(x, type);
    })}};
  }

  static Value lowerMax(PoolLoops &loops, Value input, Type type) {
    Lowering &to = loops.to;
    Type lowered = to.element(type);
    bool isFloat = isa<FloatType>(type), isUnsigned = type.isUnsignedInteger();
    TypedAttr least;
    if (isFloat) {
      auto &semantics = cast<FloatType>(type).getFloatSemantics();
      least = to.b.getFloatAttr(type, APFloat::getInf(semantics, true));
    } else {
      unsigned width = type.getIntOrFloatBitWidth();
      least = to.b.getIntegerAttr(lowered,
                                  isUnsigned ? APInt::getMinValue(width)
                                             : APInt::getSignedMinValue(width));
    }
    Value neutral = arith::ConstantOp::create(to.b, to.loc, least);
    Value padded = loops.addBorders(input, neutral);
    return loops.reduce(padded, {}, neutral, [&](Scalar s, ValueRange in) {
      return isFloat      ? s.max(in[1], in[0])
             : isUnsigned ? s.op<arith::MaxUIOp>({in[1], in[0]})
                          : s.op<arith::MaxSIOp>({in[1], in[0]});
    });
  }

  /// How many elements of the window count, in a loop over the result.
  static Value count(Scalar s, PoolLoops &loops, PoolOp op, bool withPads,
                     Type type) {
    int64_t fixed = 1;
    Value open;
    for (auto [i, window] : llvm::enumerate(loops.windows)) {
      bool isInside =
          !window.ceilMode &&
          !window.isOvershot(loops.to.shapes, loops.extents[i]) &&
          (withPads || isBorderEmpty(loops.borders[i]));
      if (isInside) {
        fixed *= op.getKernel()[i];
        continue;
      }
      Value taps = countTaps(s, loops, i, withPads, op.getKernel()[i]);
      open = open ? s.op<arith::MulIOp>({open, taps}) : taps;
    }
    if (!open)
      return s.constant(type, fixed);
    open = s.op<arith::MulIOp>({open, s.constant(open, fixed)});
    Value integer =
        arith::IndexCastOp::create(s.b, s.loc, s.b.getI32Type(), open);
    return arith::SIToFPOp::create(s.b, s.loc, type, integer);
  }

  static bool isBorderEmpty(const Border &border) {
    return getConstantIntValue(border.before) == 0 &&
           getConstantIntValue(border.after) == 0;
  }

  /// The elements of a window along spatial dimension `i` that lie in the
  /// input, or in the padded input.
  static Value countTaps(Scalar s, PoolLoops &loops, size_t i, bool withPads,
                         int64_t kernel) {
    const Window &window = loops.windows[i];
    Value start = loops.windowStart(s, i);
    Value end = loops.extentValues[i];
    Value first = s.constant(start, 0);
    if (withPads) {
      first = start;
      end = s.op<arith::AddIOp>({end, s.constant(end, window.padAfter)});
    }
    // ceil(x / dilation), for x >= 0
    auto steps = [&](Value x) {
      x = s.op<arith::MaxSIOp>({x, s.constant(x, 0)});
      if (window.dilation == 1)
        return x;
      x = s.op<arith::AddIOp>({x, s.constant(x, window.dilation - 1)});
      return s.op<arith::DivUIOp>({x, s.constant(x, window.dilation)});
    };
    Value from = steps(s.op<arith::SubIOp>({first, start}));
    Value until = steps(s.op<arith::SubIOp>({end, start}));
    until = s.op<arith::MinSIOp>({until, s.constant(until, kernel)});
    return s.op<arith::SubIOp>({until, from});
  }
};

struct LowerMaxPoolIndices : LoweringPattern<MaxPoolIndicesOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(MaxPoolIndicesOp op, Adaptor, Lowering &to) const override {
    PoolLoops loops(to, op.getInput(), op.getResult(), op.getWindows(to.shapes),
                    op.getKernel(), /*channelsLast=*/false);
    Type type = op.getInput().getType().getElementType();
    Value input = to.known(op.getInput());
    Value max = LowerPool::lowerMax(loops, input, type);
    Value padded = loops.addBorders(input, to.constant(to.element(type), 0));
    int64_t rank = loops.sizes.size();
    Value last = arith::ConstantOp::create(
        to.b, to.loc,
        to.b.getI64IntegerAttr(std::numeric_limits<int64_t>::max()));
    ArrayRef<Value> extents = loops.extentValues;
    Value channels = to.asIndex(to.size(to.get(op.getInput()).dims[1]));

    // The least offset of the greatest element, in spatial row-major order.
    Value offset =
        loops.reduce(padded, max, last, [&](Scalar s, ValueRange in) {
          Value hit = isGreatest(s, in[0], in[1]);
          Value at = s.constant(s.b.getIndexType(), 0);
          for (auto [i, extent] : llvm::enumerate(extents)) {
            Value tap = linalg::IndexOp::create(s.b, s.loc, rank + i);
            tap = s.op<arith::MulIOp>(
                {tap, s.constant(tap, loops.windows[i].dilation)});
            Value position =
                s.op<arith::AddIOp>({loops.windowStart(s, i), tap});
            // Less than 0 is a large unsigned number.
            Value inside = s.cmp(arith::CmpIPredicate::ult, position, extent);
            hit = arith::AndIOp::create(s.b, s.loc, hit, inside);
            at = s.op<arith::AddIOp>(
                {s.op<arith::MulIOp>({at, extent}), position});
          }
          Value wide =
              arith::IndexCastOp::create(s.b, s.loc, s.b.getI64Type(), at);
          return s.op<arith::MinSIOp>({in[2], s.select(hit, wide, last)});
        });
    return {{loops.map(offset, to.b.getI64Type(), [&](Scalar s, ValueRange in) {
      return flatIndex(s, op.getColumnMajor(), in[0], channels, extents);
    })}};
  }

  static Value isGreatest(Scalar s, Value x, Value max) {
    if (!isa<FloatType>(x.getType()))
      return s.cmp(arith::CmpIPredicate::eq, x, max);
    Value isEqual = s.cmp(arith::CmpFPredicate::OEQ, x, max);
    Value isNaN = s.cmp(arith::CmpFPredicate::UNO, x, x);
    return arith::OrIOp::create(s.b, s.loc, isEqual, isNaN);
  }

  /// (n * C + c) * image + the offset in the image.
  static Value flatIndex(Scalar s, bool columnMajor, Value offset,
                         Value channels, ArrayRef<Value> extents) {
    auto integer = [&](Value index) -> Value {
      return arith::IndexCastOp::create(s.b, s.loc, s.b.getI64Type(), index);
    };
    auto mul = [&](Value x, Value y) { return s.op<arith::MulIOp>({x, y}); };
    auto add = [&](Value x, Value y) { return s.op<arith::AddIOp>({x, y}); };
    if (columnMajor) {
      // The last spatial dimension is the slowest one.
      Value rest = offset, reversed;
      SmallVector<Value> coordinates(extents.size());
      for (int64_t i = extents.size() - 1; i >= 0; --i) {
        Value extent = integer(extents[i]);
        coordinates[i] = s.op<arith::RemUIOp>({rest, extent});
        rest = s.op<arith::DivUIOp>({rest, extent});
      }
      for (int64_t i = extents.size() - 1; i >= 0; --i)
        reversed = reversed
                       ? add(mul(reversed, integer(extents[i])), coordinates[i])
                       : coordinates[i];
      offset = reversed;
    }
    Value image = integer(linalg::IndexOp::create(s.b, s.loc, 0));
    image = add(mul(image, integer(channels)),
                integer(linalg::IndexOp::create(s.b, s.loc, 1)));
    for (Value extent : extents)
      image = mul(image, integer(extent));
    return add(image, offset);
  }
};
} // namespace

void graphopt::populatePoolingLowering(LoweringPatterns to) {
  to.add<LowerMaxPoolIndices, LowerPool>();
}
