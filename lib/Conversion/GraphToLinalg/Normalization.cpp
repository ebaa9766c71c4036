#include "dialects/Graph/Normalization.h"
#include "Rows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

/// The greatest element of each row, as `type`.
static Value buildMax(Lowering &to, const Rows &rows, Value input, Type type) {
  APFloat least =
      APFloat::getInf(cast<FloatType>(type).getFloatSemantics(), true);
  Value neutral =
      arith::ConstantOp::create(to.b, to.loc, to.b.getFloatAttr(type, least));
  return rows.reduce(rows.full(input), neutral, [&](Scalar s, ValueRange in) {
    return s.max(in[1], s.convert(in[0], type));
  });
}

/// The sum of `term` of each element, per row.
static Value buildSum(Lowering &to, const Rows &rows,
                      ArrayRef<Rows::Operand> operands, Type type,
                      Rows::Body term) {
  return rows.reduce(operands, to.constant(type, 0),
                     [&](Scalar s, ValueRange in) {
                       return s.add(in.back(), term(s, in.drop_back()));
                     });
}

static Rows rowsAlong(Lowering &to, Value graphInput, int64_t axis) {
  SmallVector<OpFoldResult> sizes = to.sizes(graphInput);
  return Rows(to, sizes, *normalizeAxis(std::nullopt, axis, sizes.size()));
}

/// Rows of the dimensions from `axis` on.
static Rows rowsFrom(Lowering &to, Value graphInput, int64_t axis) {
  SmallVector<OpFoldResult> sizes = to.sizes(graphInput);
  int64_t rank = sizes.size();
  axis = *normalizeAxis(std::nullopt, axis, rank);
  return Rows(to, sizes, llvm::to_vector(llvm::seq(axis, rank)));
}

namespace {
struct LowerSoftmax : LoweringPattern<SoftmaxOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SoftmaxOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsAlong(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Value max = buildMax(to, rows, in.getInput(), wide);
    Value exp = rows.map({rows.full(in.getInput()), rows.perRow(max)}, wide,
                         [&](Scalar s, ValueRange in) {
                           return s.exp(s.sub(s.convert(in[0], wide), in[1]));
                         });
    Value sum = buildSum(to, rows, rows.full(exp), wide,
                         [](Scalar, ValueRange in) { return in[0]; });
    Value scale = rows.mapRows(sum, wide, [](Scalar s, ValueRange in) {
      return s.div(s.constant(in[0], 1), in[0]);
    });
    return {{rows.map({rows.full(exp), rows.perRow(scale)}, type,
                      [&](Scalar s, ValueRange in) {
                        return s.convert(s.mul(in[0], in[1]), type);
                      })}};
  }
};

struct LowerLogSoftmax : LoweringPattern<LogSoftmaxOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LogSoftmaxOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsAlong(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Rows::Operand input = rows.full(in.getInput());
    Rows::Operand max = rows.perRow(buildMax(to, rows, in.getInput(), wide));
    Value sum =
        buildSum(to, rows, {input, max}, wide, [&](Scalar s, ValueRange in) {
          return s.exp(s.sub(s.convert(in[0], wide), in[1]));
        });
    Value log = rows.mapRows(
        sum, wide, [](Scalar s, ValueRange in) { return s.log(in[0]); });
    return {{rows.map({input, max, rows.perRow(log)}, type,
                      [&](Scalar s, ValueRange in) {
                        Value x = s.sub(s.convert(in[0], wide), in[1]);
                        return s.convert(s.sub(x, in[2]), type);
                      })}};
  }
};

/// A NaN counts as the greatest element.
struct LowerHardmax : LoweringPattern<HardmaxOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(HardmaxOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), sizes.size());
    Rows rows(to, sizes, axis);
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Rows::Operand input = rows.full(in.getInput());
    Rows::Operand max = rows.perRow(buildMax(to, rows, in.getInput(), wide));
    IntegerType integer = to.b.getI32Type();
    Value last = arith::ConstantOp::create(
        to.b, to.loc,
        to.b.getIntegerAttr(integer, APInt::getSignedMaxValue(32)));
    auto position = [&](Scalar s) -> Value {
      Value index = linalg::IndexOp::create(s.b, s.loc, axis);
      return arith::IndexCastOp::create(s.b, s.loc, integer, index);
    };
    Value first = rows.reduce({input, max}, last, [&](Scalar s, ValueRange in) {
      Value x = s.convert(in[0], wide);
      Value isMax = s.cmp(arith::CmpFPredicate::OEQ, x, in[1]);
      Value isNaN = s.cmp(arith::CmpFPredicate::UNO, x, x);
      Value hit = arith::OrIOp::create(s.b, s.loc, isMax, isNaN);
      Value here = s.select(hit, position(s), last);
      return s.op<arith::MinSIOp>({in[2], here});
    });
    return {{rows.map(rows.perRow(first), type, [&](Scalar s, ValueRange in) {
      Value isFirst = s.cmp(arith::CmpIPredicate::eq, position(s), in[0]);
      return s.select(isFirst, s.constant(type, 1), s.constant(type, 0));
    })}};
  }
};

struct LowerLpNormalization : LoweringPattern<LpNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LpNormalizationOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsAlong(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType(), wide = getSumType(type);
    bool isEuclidean = op.getP() == 2;
    Rows::Operand input = rows.full(in.getInput());
    Value sum = buildSum(to, rows, input, wide, [&](Scalar s, ValueRange in) {
      Value x = s.convert(in[0], wide);
      return isEuclidean ? s.mul(x, x) : s.op<math::AbsFOp>({x});
    });
    Value norm = rows.mapRows(sum, wide, [&](Scalar s, ValueRange in) {
      return isEuclidean ? s.sqrt(in[0]) : in[0];
    });
    return {{rows.map(
        {input, rows.perRow(norm)}, type, [&](Scalar s, ValueRange in) {
          Value zero = s.constant(wide, 0);
          Value isZero = s.cmp(arith::CmpFPredicate::OEQ, in[1], zero);
          Value quotient = s.div(s.convert(in[0], wide), in[1]);
          return s.convert(s.select(isZero, zero, quotient), type);
        })}};
  }
};
} // namespace

/// The mean of `term` of each element, per row.
static Value buildMean(Lowering &to, const Rows &rows,
                       ArrayRef<Rows::Operand> operands, Type type,
                       Rows::Body term) {
  Value sum = buildSum(to, rows, operands, type, term);
  Value count = rows.count(type);
  return rows.mapRows(
      sum, type, [&](Scalar s, ValueRange in) { return s.div(in[0], count); });
}

/// 1 / sqrt(x + epsilon)
static Value buildInverseRoot(Scalar s, Value x, const APFloat &epsilon) {
  Value sum = s.add(x, s.constant(x, epsilon.convertToDouble()));
  return s.div(s.constant(x, 1), s.sqrt(sum));
}

namespace {
/// Mean and inverse standard deviation of each row, in two passes: the variance
/// is the mean square of what is left without the mean.
struct Moments {
  Value mean, inverseDeviation;

  Moments(Lowering &to, const Rows &rows, Value input, Type wide,
          const APFloat &epsilon) {
    mean = buildMean(
        to, rows, rows.full(input), wide,
        [&](Scalar s, ValueRange in) { return s.convert(in[0], wide); });
    Value variance = buildMean(to, rows, {rows.full(input), rows.perRow(mean)},
                               wide, [&](Scalar s, ValueRange in) {
                                 Value rest =
                                     s.sub(s.convert(in[0], wide), in[1]);
                                 return s.mul(rest, rest);
                               });
    inverseDeviation =
        rows.mapRows(variance, wide, [&](Scalar s, ValueRange in) {
          return buildInverseRoot(s, in[0], epsilon);
        });
  }
};

struct LowerLayerNormalization : LoweringPattern<LayerNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LayerNormalizationOp op, Adaptor in,
               Lowering &to) const override {
    Rows rows = rowsFrom(to, op.getInput(), op.getAxis());
    ArrayRef<AffineExpr> dims = to.get(op.getInput()).dims;
    Type type = op.getResult().getType().getElementType();
    Type wide = getSumType(type);
    Moments moments(to, rows, in.getInput(), wide, op.getEpsilon());
    SmallVector<Rows::Operand> operands{rows.full(in.getInput()),
                                        rows.perRow(moments.mean),
                                        rows.perRow(moments.inverseDeviation),
                                        rows.broadcast(op.getScale(), dims)};
    if (op.getBias())
      operands.push_back(rows.broadcast(op.getBias(), dims));
    Value result = rows.map(operands, type, [&](Scalar s, ValueRange in) {
      Value x = s.sub(s.convert(in[0], wide), in[1]);
      x = s.mul(s.mul(x, in[2]), s.convert(in[3], wide));
      if (op.getBias())
        x = s.add(x, s.convert(in[4], wide));
      return s.convert(x, type);
    });
    Type stash = op.getMean().getType().getElementType();
    auto stashed = [&](Value value) {
      return rows.withOnes(
          rows.mapRows(value, stash, [&](Scalar s, ValueRange in) {
            return s.convert(in[0], stash);
          }));
    };
    return {{result, stashed(moments.mean), stashed(moments.inverseDeviation)}};
  }
};

struct LowerRMSNormalization : LoweringPattern<RMSNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RMSNormalizationOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsFrom(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType();
    Type wide = getSumType(op.getInput().getType().getElementType());
    Rows::Operand input = rows.full(in.getInput());
    Value square =
        buildMean(to, rows, input, wide, [&](Scalar s, ValueRange in) {
          Value x = s.convert(in[0], wide);
          return s.mul(x, x);
        });
    Value inverse = rows.mapRows(square, wide, [&](Scalar s, ValueRange in) {
      return buildInverseRoot(s, in[0], op.getEpsilon());
    });
    Rows::Operand scale =
        rows.broadcast(op.getScale(), to.get(op.getInput()).dims);
    Type wider = wide.isF64() || type.isF64() ? Type(to.b.getF64Type()) : wide;
    return {{rows.map({input, rows.perRow(inverse), scale}, type,
                      [&](Scalar s, ValueRange in) {
                        Value x = s.mul(s.convert(in[0], wide), in[1]);
                        x = s.mul(s.convert(x, wider), s.convert(in[2], wider));
                        return s.convert(x, type);
                      })}};
  }
};
} // namespace

void graphopt::populateNormalizationLowering(LoweringPatterns to) {
  to.add<LowerHardmax, LowerLayerNormalization, LowerLogSoftmax,
         LowerLpNormalization, LowerRMSNormalization, LowerSoftmax>();
}
