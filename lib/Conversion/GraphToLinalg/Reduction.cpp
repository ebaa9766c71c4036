#include "dialects/Graph/Reduction.h"
#include "Rows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// The parts of one reduction. `type` is the graph's element type, `sumType`
/// the lowered type that is accumulated.
struct Reduction {
  ReduceKind kind;
  Type type, sumType;

  bool isFloat() const { return isa<FloatType>(type); }
  bool isUnsigned() const {
    return type.isUnsignedInteger() || type.isInteger(1);
  }
  bool sums() const {
    return kind != ReduceKind::Max && kind != ReduceKind::Min &&
           kind != ReduceKind::Prod;
  }

  /// The result for no elements.
  TypedAttr neutral(OpBuilder &b) const {
    if (sums() || kind == ReduceKind::Prod) {
      int64_t value = kind == ReduceKind::Prod;
      return isFloat() ? TypedAttr(b.getFloatAttr(sumType, value))
                       : TypedAttr(b.getIntegerAttr(sumType, value));
    }
    bool least = kind == ReduceKind::Max;
    if (isFloat()) {
      const llvm::fltSemantics &semantics =
          cast<FloatType>(sumType).getFloatSemantics();
      return b.getFloatAttr(sumType, APFloat::getInf(semantics, least));
    }
    if (type.isInteger(1))
      return b.getIntegerAttr(sumType, !least);
    unsigned width = sumType.getIntOrFloatBitWidth();
    APInt value = isUnsigned() ? (least ? APInt::getMinValue(width)
                                        : APInt::getMaxValue(width))
                               : (least ? APInt::getSignedMinValue(width)
                                        : APInt::getSignedMaxValue(width));
    return b.getIntegerAttr(sumType, value);
  }

  /// What is accumulated of an element.
  Value before(Scalar s, Value x) const {
    if (isFloat())
      x = s.convert(x, sumType);
    switch (kind) {
    case ReduceKind::L1:
      if (isFloat())
        return s.op<math::AbsFOp>({x});
      return isUnsigned() ? x : s.op<math::AbsIOp>({x});
    case ReduceKind::L2:
    case ReduceKind::SumSquare:
      return isFloat() ? s.mul(x, x) : s.op<arith::MulIOp>({x, x});
    default:
      return x;
    }
  }

  Value combine(Scalar s, Value x, Value sum) const {
    if (kind == ReduceKind::Max)
      return isFloat()      ? s.max(sum, x)
             : isUnsigned() ? s.op<arith::MaxUIOp>({sum, x})
                            : s.op<arith::MaxSIOp>({sum, x});
    if (kind == ReduceKind::Min)
      return isFloat()      ? s.op<arith::MinimumFOp>({sum, x})
             : isUnsigned() ? s.op<arith::MinUIOp>({sum, x})
                            : s.op<arith::MinSIOp>({sum, x});
    if (kind == ReduceKind::Prod)
      return isFloat() ? s.mul(sum, x) : s.op<arith::MulIOp>({sum, x});
    return isFloat() ? s.add(sum, x) : s.op<arith::AddIOp>({sum, x});
  }

  /// The result of a row of `count` elements.
  Value after(Scalar s, Value x, Value count) const {
    switch (kind) {
    case ReduceKind::L2: {
      // Integers have their root taken in f64 and rounded toward zero.
      Type root = isFloat() ? sumType : Type(s.b.getF64Type());
      x = isFloat() ? x : buildCast(s.b, s.loc, type, root, x);
      return buildCast(s.b, s.loc, root, type, s.sqrt(x));
    }
    case ReduceKind::LogSum:
    case ReduceKind::LogSumExp:
      x = s.log(x);
      break;
    case ReduceKind::Mean:
      x = isFloat()      ? s.div(x, count)
          : isUnsigned() ? s.op<arith::DivUIOp>({x, count})
                         : s.op<arith::DivSIOp>({x, count});
      break;
    default:
      break;
    }
    return isFloat() ? s.convert(x, type) : x;
  }
};

struct LowerReduce : LoweringPattern<ReduceOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ReduceOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    Rows rows(to, sizes,
              *normalizeAxes(std::nullopt, op.getAxes(), sizes.size()));
    Type type = op.getType().getElementType();
    Reduction reduction{op.getKind(), type,
                        isa<FloatType>(type) ? getSumType(type)
                                             : to.element(type)};
    Value input = in.getInput();
    Value result = op.getKind() == ReduceKind::LogSumExp
                       ? logSumExp(rows, reduction, input, to)
                       : reduce(rows, reduction, input, to);
    return {{op.getKeepdims() ? rows.withOnes(result) : result}};
  }

  static Value reduce(const Rows &rows, const Reduction &reduction, Value input,
                      Lowering &to) {
    Value neutral =
        arith::ConstantOp::create(to.b, to.loc, reduction.neutral(to.b));
    Value sum =
        rows.reduce(rows.full(input), neutral, [&](Scalar s, ValueRange in) {
          Value x = reduction.before(s, in[0]);
          return reduction.combine(s, x, in[1]);
        });
    Value count;
    if (reduction.kind == ReduceKind::Mean) {
      count = rows.count(reduction.sumType);
      // The mean of no integers is any number, but no trap.
      if (!reduction.isFloat())
        count = arith::MaxSIOp::create(to.b, to.loc, count,
                                       to.constant(reduction.sumType, 1));
    }
    Type element = cast<RankedTensorType>(input.getType()).getElementType();
    return rows.mapRows(sum, element, [&](Scalar s, ValueRange in) {
      return reduction.after(s, in[0], count);
    });
  }

  /// max + log(sum(exp(x - max))), with 0 for a max that is infinite.
  static Value logSumExp(const Rows &rows, const Reduction &reduction,
                         Value input, Lowering &to) {
    Type type = reduction.sumType;
    Reduction max{ReduceKind::Max, reduction.type, type};
    Value neutral = arith::ConstantOp::create(to.b, to.loc, max.neutral(to.b));
    Value greatest =
        rows.reduce(rows.full(input), neutral, [&](Scalar s, ValueRange in) {
          return max.combine(s, s.convert(in[0], type), in[1]);
        });
    greatest = rows.mapRows(greatest, type, [&](Scalar s, ValueRange in) {
      Value infinity = arith::ConstantOp::create(
          s.b, s.loc,
          s.b.getFloatAttr(
              type,
              APFloat::getInf(cast<FloatType>(type).getFloatSemantics())));
      Value isInfinite = s.cmp(arith::CmpFPredicate::OEQ,
                               s.op<math::AbsFOp>({in[0]}), infinity);
      return s.select(isInfinite, s.constant(in[0], 0), in[0]);
    });
    Value sum = rows.reduce({rows.full(input), rows.perRow(greatest)},
                            to.constant(type, 0), [&](Scalar s, ValueRange in) {
                              Value x =
                                  s.exp(s.sub(s.convert(in[0], type), in[1]));
                              return s.add(in[2], x);
                            });
    return rows.mapRows(
        {sum, greatest}, reduction.type, [&](Scalar s, ValueRange in) {
          return s.convert(s.add(s.log(in[0]), in[1]), reduction.type);
        });
  }
};

/// The extreme of each row, then the least (or greatest) position of what equals
/// it: two reductions that both have a vector form.
struct LowerArg : LoweringPattern<ArgOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ArgOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), input.getRank());
    requireElements(op, input.dims[axis], to);
    SmallVector<OpFoldResult> sizes = to.sizes(input.dims);
    Rows rows(to, sizes, axis);
    Type type = op.getInput().getType().getElementType();
    bool isFloat = isa<FloatType>(type);
    Reduction reduction{op.getKind() == ArgKind::Max ? ReduceKind::Max
                                                     : ReduceKind::Min,
                        type, isFloat ? getSumType(type) : to.element(type)};
    Value neutral =
        arith::ConstantOp::create(to.b, to.loc, reduction.neutral(to.b));
    Rows::Operand elements = rows.full(in.getInput());
    Value extremes = rows.reduce(elements, neutral, [&](Scalar s, ValueRange in) {
      return reduction.combine(s, reduction.before(s, in[0]), in[1]);
    });

    Type i64 = to.b.getI64Type();
    int64_t none = op.getLast() ? -1 : std::numeric_limits<int64_t>::max();
    Value noPosition =
        arith::ConstantOp::create(to.b, to.loc, to.b.getI64IntegerAttr(none));
    Value result = rows.reduce(
        {elements, rows.perRow(extremes)}, noPosition,
        [&](Scalar s, ValueRange in) {
          Value x = reduction.before(s, in[0]);
          Value isBest = isFloat ? s.cmp(arith::CmpFPredicate::OEQ, x, in[1])
                                 : s.cmp(arith::CmpIPredicate::eq, x, in[1]);
          if (isFloat) // NaN is the extreme, if there is one.
            isBest = arith::OrIOp::create(
                s.b, s.loc, isBest, s.cmp(arith::CmpFPredicate::UNO, x, x));
          Value at = arith::IndexCastOp::create(
              s.b, s.loc, i64, linalg::IndexOp::create(s.b, s.loc, axis));
          at = s.select(isBest, at, noPosition);
          return op.getLast() ? s.op<arith::MaxSIOp>({in[2], at})
                              : s.op<arith::MinSIOp>({in[2], at});
        });
    return {{op.getKeepdims() ? rows.withOnes(result) : result}};
  }

  static void requireElements(ArgOp op, AffineExpr extent, Lowering &to) {
    if (getConstant(extent).value_or(0) > 0)
      return;
    IndexMath m = to.math();
    auto isPositive = [&](AffineExpr expr) {
      return m.compare(arith::CmpIPredicate::sgt, to.asIndex(to.size(expr)),
                       to.constantIndex(0));
    };
    Value count = isPositive(to.shapes.product(to.get(op.getResult()).dims));
    Value isEmpty = m.compare(
        arith::CmpIPredicate::eq, count,
        arith::ConstantIntOp::create(to.b, to.loc, 0, /*width=*/1));
    to.require(m.orI(isPositive(extent), isEmpty),
               "no element to find the position of");
  }
};
} // namespace

void graphopt::populateReductionLowering(LoweringPatterns to) {
  to.add<LowerArg, LowerReduce>();
}
