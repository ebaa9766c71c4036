#include "Interpolation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

Value graphopt::indexToFloat(IndexMath m, Value index) {
  return arith::SIToFPOp::create(m.b, m.loc, m.b.getF64Type(),
                                 m.cast(m.b.getI64Type(), index));
}

Value graphopt::roundPosition(Scalar s, Value x, NearestMode mode) {
  Value half = s.constant(x, 0.5);
  switch (mode) {
  case NearestMode::RoundPreferFloor:
    return s.op<math::CeilOp>({s.sub(x, half)});
  case NearestMode::RoundPreferCeil:
    return s.op<math::FloorOp>({s.add(x, half)});
  case NearestMode::Floor:
    return s.op<math::FloorOp>({x});
  case NearestMode::Ceil:
    return s.op<math::CeilOp>({x});
  }
  llvm_unreachable("all modes are handled");
}

Value graphopt::toPosition(Scalar s, Value x, Value last) {
  x = s.op<arith::MaxNumFOp>({x, s.constant(x, 0)});
  x = s.op<arith::MinNumFOp>({x, last});
  return arith::FPToSIOp::create(s.b, s.loc, s.b.getI64Type(), x);
}

Type graphopt::getWeightType(Type graphElement) {
  unsigned width = graphElement.getIntOrFloatBitWidth();
  bool isWide = isa<FloatType>(graphElement) ? width == 64 : width >= 32;
  MLIRContext *context = graphElement.getContext();
  return isWide ? Type(Float64Type::get(context))
                : Type(Float32Type::get(context));
}

Value graphopt::roundTo(Scalar s, Value sum, Type graphElement) {
  auto integer = dyn_cast<IntegerType>(graphElement);
  if (!integer)
    return s.convert(sum, graphElement);
  unsigned width = integer.getWidth();
  bool isUnsigned = integer.isUnsigned();
  double least = isUnsigned ? 0 : -std::ldexp(1.0, width - 1);
  double beyond = std::ldexp(1.0, isUnsigned ? width : width - 1);
  // The greatest number of a wide type is no f64.
  double greatest = width < 64 ? beyond - 1 : std::nextafter(beyond, 0);
  sum = s.op<math::RoundEvenOp>({sum});
  sum = s.op<arith::MaxNumFOp>({sum, s.constant(sum, least)});
  sum = s.op<arith::MinNumFOp>({sum, s.constant(sum, greatest)});
  return buildCast(s.b, s.loc, sum.getType(), graphElement, sum);
}

Value graphopt::buildKernel(Scalar s, Interpolation kernel,
                            double cubicCoefficient, Value distance) {
  Value d = s.op<math::AbsFOp>({distance});
  Value one = s.constant(d, 1), zero = s.constant(d, 0);
  if (kernel == Interpolation::Linear)
    return s.op<arith::MaxNumFOp>({s.sub(one, d), zero});
  // Two polynomials: for distances up to 1 and up to 2.
  auto polynomial = [&](ArrayRef<double> coefficients) {
    Value sum = s.constant(d, coefficients[0]);
    for (double coefficient : coefficients.drop_front())
      sum = s.add(s.mul(sum, d), s.constant(d, coefficient));
    return sum;
  };
  double a = cubicCoefficient;
  Value near = polynomial({a + 2, -(a + 3), 0, 1});
  Value far = polynomial({a, -5 * a, 8 * a, -4 * a});
  far = s.select(s.cmp(arith::CmpFPredicate::OLT, d, s.constant(d, 2)), far,
                 zero);
  return s.select(s.cmp(arith::CmpFPredicate::OLE, d, one), near, far);
}

//===----------------------------------------------------------------------===//
// Taps
//===----------------------------------------------------------------------===//

/// How far a kernel reaches on each side.
static int64_t getRadius(Interpolation kernel) {
  return kernel == Interpolation::Cubic ? 2 : 1;
}

/// The first tap, counted from the element before a position.
static double firstTap(Interpolation kernel, double narrowing) {
  return std::floor(-getRadius(kernel) / narrowing) + 1;
}

void Taps::setScale(Lowering &to, Value scale,
                    std::optional<double> knownScale) {
  if (knownScale && *knownScale >= 1)
    return;
  Scalar s{to.b, to.loc};
  narrowing = s.op<arith::MinNumFOp>({scale, s.constant(scale, 1)});
  if (knownScale) {
    int64_t begin = firstTap(kernel, *knownScale);
    first = to.b.getIndexAttr(begin);
    taps = to.b.getIndexAttr(2 - 2 * begin);
    return;
  }
  IndexMath m = to.math();
  Value begin = s.op<math::FloorOp>(
      {s.div(s.constant(scale, -getRadius(kernel)), narrowing)});
  // More than any tensor holds would overflow.
  begin = s.op<arith::MaxNumFOp>({begin, s.constant(scale, -0x1p48)});
  begin = arith::FPToSIOp::create(to.b, to.loc, to.b.getI64Type(), begin);
  begin = m.add(m.index(begin), to.constantIndex(1));
  first = getAsOpFoldResult(begin);
  taps = getAsOpFoldResult(
      m.sub(to.constantIndex(2), m.mul(begin, to.constantIndex(2))));
}

void Taps::build(Lowering &to, Value positions, OpFoldResult count,
                 Value extent, Type weight) {
  if (!taps) {
    first = to.b.getIndexAttr(firstTap(kernel, 1));
    taps = to.b.getIndexAttr(2 * getRadius(kernel));
  }
  Value begin = indexToFloat(to.math(), to.asIndex(first));
  Value last = indexToFloat(to.math(),
                            to.math().sub(extent, to.constantIndex(1)));
  AffineMap perColumn = AffineMap::get(2, 0, to.b.getAffineDimExpr(1));
  // The element before the position, which is (0, 1] ahead.
  auto before = [](Scalar s, Value x) {
    return s.sub(s.op<math::CeilOp>({x}), s.constant(x, 1));
  };
  auto tap = [&](Scalar s) {
    Value row = linalg::IndexOp::create(s.b, s.loc, 0);
    return s.add(indexToFloat({s.b, s.loc}, row), begin);
  };
  indices = to.map(positions, perColumn, {taps, count}, to.b.getI64Type(),
                   [&](OpBuilder &b, Location loc, ValueRange x) {
                     Scalar s{b, loc};
                     return toPosition(s, s.add(before(s, x[0]), tap(s)), last);
                   });
  weights = to.map(
      positions, perColumn, {taps, count}, to.b.getF64Type(),
      [&](OpBuilder &b, Location loc, ValueRange x) {
        Scalar s{b, loc};
        Value base = before(s, x[0]), offset = tap(s);
        Value distance = s.sub(offset, s.sub(x[0], base));
        if (narrowing)
          distance = s.mul(distance, narrowing);
        Value result = buildKernel(s, kernel, cubicCoefficient, distance);
        if (!excludesOutside)
          return result;
        Value at = s.add(base, offset), zero = s.constant(at, 0);
        Value isOutside = arith::OrIOp::create(
            b, loc, s.cmp(arith::CmpFPredicate::OLT, at, zero),
            s.cmp(arith::CmpFPredicate::OGT, at, last));
        return s.select(isOutside, zero, result);
      });

  Rows columns(to, {taps, count}, SmallVector<int64_t>{0});
  SmallVector<Rows::Operand> operands{columns.full(weights)};
  if (narrowing || excludesOutside)
    operands.push_back(columns.perRow(columns.reduce(
        columns.full(weights), to.constant(to.b.getF64Type(), 0),
        [](Scalar s, ValueRange in) { return s.add(in[1], in[0]); })));
  weights = columns.map(operands, weight, [&](Scalar s, ValueRange in) {
    Value result = in[0];
    if (operands.size() > 1) {
      Value isZero = s.cmp(arith::CmpFPredicate::OEQ, in[1], s.constant(in[1], 0));
      result = s.div(result, s.select(isZero, s.constant(in[1], 1), in[1]));
    }
    return s.convert(result, weight);
  });
}

/// An element of `value` at the loops' position, but at `index` along `dim`.
static Value takeElement(OpBuilder &b, Location loc, Value value, int64_t dim,
                         Value index) {
  SmallVector<Value> at;
  for (int64_t i = 0, rank = cast<RankedTensorType>(value.getType()).getRank();
       i < rank; ++i)
    at.push_back(i == dim ? IndexMath{b, loc}.index(index)
                          : linalg::IndexOp::create(b, loc, i).getResult());
  return tensor::ExtractOp::create(b, loc, value, at);
}

Value Taps::apply(Lowering &to, Value value, Type convertFrom, int64_t dim,
                  ArrayRef<OpFoldResult> sizes) const {
  constexpr int64_t maxUnrolled = 4;
  std::optional<int64_t> count = getConstantIntValue(taps);
  return count && *count <= maxUnrolled
             ? applyEach(to, value, convertFrom, dim, sizes, *count)
             : applyLoop(to, value, convertFrom, dim, sizes);
}

/// Each row of the tables is an operand of its own.
Value Taps::applyEach(Lowering &to, Value value, Type convertFrom, int64_t dim,
                      ArrayRef<OpFoldResult> sizes, int64_t taps) const {
  SmallVector<Value> tables;
  SmallVector<AffineMap> maps;
  for (Value table : {indices, weights})
    for (int64_t tap = 0; tap < taps; ++tap) {
      tables.push_back(table);
      maps.push_back(AffineMap::get(
          sizes.size(), 0,
          {to.b.getAffineConstantExpr(tap), to.b.getAffineDimExpr(dim)},
          to.b.getContext()));
    }
  Type weight = getElementTypeOrSelf(weights);
  return to.map(
      tables, maps, sizes, weight,
      [&](OpBuilder &b, Location loc, ValueRange in) {
        Scalar s{b, loc};
        Value sum;
        for (int64_t tap = 0; tap < taps; ++tap) {
          Value element = takeElement(b, loc, value, dim, in[tap]);
          if (convertFrom)
            element = buildCast(b, loc, convertFrom, weight, element);
          Value term = s.mul(element, in[taps + tap]);
          sum = sum ? s.add(sum, term) : term;
        }
        return sum;
      });
}

/// The taps are a loop of their own, the innermost.
Value Taps::applyLoop(Lowering &to, Value value, Type convertFrom, int64_t dim,
                      ArrayRef<OpFoldResult> sizes) const {
  int64_t rank = sizes.size();
  Type weight = getElementTypeOrSelf(weights);
  MLIRContext *context = to.b.getContext();
  AffineMap table = AffineMap::get(
      rank + 1, 0, {to.b.getAffineDimExpr(rank), to.b.getAffineDimExpr(dim)},
      context);
  AffineMap result = AffineMap::getMultiDimIdentityMap(rank, context);
  result = AffineMap::get(rank + 1, 0, result.getResults(), context);
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  loops.push_back(utils::IteratorType::reduction);
  Value init = to.filled(sizes, to.constant(weight, 0));
  return linalg::GenericOp::create(
             to.b, to.loc, init.getType(), ValueRange{indices, weights}, init,
             ArrayRef<AffineMap>{table, table, result}, loops,
             [&](OpBuilder &b, Location loc, ValueRange in) {
               Scalar s{b, loc};
               Value element = takeElement(b, loc, value, dim, in[0]);
               if (convertFrom)
                 element = buildCast(b, loc, convertFrom, weight, element);
               Value sum = s.add(in[2], s.mul(element, in[1]));
               linalg::YieldOp::create(b, loc, sum);
             })
      .getResult(0);
}
