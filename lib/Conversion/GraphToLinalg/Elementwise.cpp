#include "Lowering.h"
#include "Scalar.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

static Type elementOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

namespace {
struct LowerUnary : LoweringPattern<UnaryOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(UnaryOp op, Adaptor, Lowering &to) const override {
    Type type = elementOf(op.getInput());
    return {{to.broadcastMap(
        op.getInput(), op.getResult(), to.element(elementOf(op.getResult())),
        [&](OpBuilder &b, Location loc, ValueRange in) {
          return buildUnary(b, loc, op.getKind(), type, in[0]);
        })}};
  }
};

/// x to the power of a constant that is cheaper another way, or null.
Value buildConstantPower(OpBuilder &b, Location loc, Value x, double exponent) {
  auto square = [&] { return arith::MulFOp::create(b, loc, x, x).getResult(); };
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return square();
  if (exponent == 3)
    return arith::MulFOp::create(b, loc, square(), x);
  if (exponent == 0.5)
    return math::SqrtOp::create(b, loc, x);
  if (exponent == -1) {
    Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), 1));
    return arith::DivFOp::create(b, loc, one, x);
  }
  return {};
}

struct LowerBinary : LoweringPattern<BinaryOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(BinaryOp op, Adaptor, Lowering &to) const override {
    Type type = elementOf(op.getLhs()), rhsType = elementOf(op.getRhs());
    std::optional<double> exponent;
    if (op.getKind() == BinaryKind::Pow && isa<FloatType>(type))
      exponent = getSplat(op.getRhs());
    return {{to.broadcastMap(
        op.getOperands(), op.getResult(), to.element(elementOf(op.getResult())),
        [&](OpBuilder &b, Location loc, ValueRange in) {
          if (exponent)
            if (Value power = buildConstantPower(b, loc, in[0], *exponent))
              return power;
          return buildMixedBinary(b, loc, op.getKind(), type, rhsType, in);
        })}};
  }

  static std::optional<double> getSplat(Value value) {
    DenseElementsAttr constant;
    if (!matchPattern(value, m_Constant(&constant)) || !constant.isSplat())
      return std::nullopt;
    if (auto real = dyn_cast<DenseFPElementsAttr>(constant))
      return real.getSplatValue<APFloat>().convertToDouble();
    auto integer = cast<DenseIntElementsAttr>(constant).getSplatValue<APInt>();
    return static_cast<double>(integer.getSExtValue());
  }

  /// `Pow` takes an exponent of another type; it is computed in the wider
  /// float, and the result has the base's type.
  static Value buildMixedBinary(OpBuilder &b, Location loc, BinaryKind kind,
                                Type type, Type rhsType, ValueRange in) {
    if (type == rhsType)
      return buildBinary(b, loc, kind, type, in[0], in[1]);
    if (!isa<FloatType>(type) && !isa<FloatType>(rhsType))
      return buildBinary(b, loc, kind, type, in[0],
                         buildCast(b, loc, rhsType, type, in[1]));
    auto isDouble = [](Type t) { return t.isF64() || t.isInteger(64); };
    Type wide = isDouble(type) || isDouble(rhsType) ? Type(b.getF64Type())
                                                    : Type(b.getF32Type());
    if (type.isF32() && rhsType.isInteger(64))
      wide = type;
    Value result = buildBinary(b, loc, kind, wide,
                               buildCast(b, loc, type, wide, in[0]),
                               buildCast(b, loc, rhsType, wide, in[1]));
    return buildCast(b, loc, wide, type, result);
  }
};

struct LowerWhere : LoweringPattern<WhereOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(WhereOp op, Adaptor, Lowering &to) const override {
    return {{to.broadcastMap(
        op.getOperands(), op.getResult(), to.element(elementOf(op.getResult())),
        [&](OpBuilder &b, Location loc, ValueRange in) -> Value {
          return arith::SelectOp::create(b, loc, buildCondition(b, loc, in[0]),
                                         in[1], in[2]);
        })}};
  }
};

struct LowerCast : LoweringPattern<CastOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(CastOp op, Adaptor, Lowering &to) const override {
    Type from = elementOf(op.getInput());
    return {{to.broadcastMap(
        op.getInput(), op.getResult(), to.element(op.getTo()),
        [&](OpBuilder &b, Location loc, ValueRange in) {
          return buildCast(b, loc, from, op.getTo(), in[0],
                           {op.getUnsaturated(), op.getRounding()});
        })}};
  }
};

struct LowerBitcast : LoweringPattern<BitcastOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(BitcastOp op, Adaptor, Lowering &to) const override {
    return {{to.broadcastMap(op.getInput(), op.getResult(), to.element(op.getTo()),
                             [&](OpBuilder &b, Location loc, ValueRange in) {
                               return buildBitcast(b, loc, op.getTo(), in[0]);
                             })}};
  }
};
} // namespace

void graphopt::populateElementwiseLowering(LoweringPatterns to) {
  to.add<LowerBinary, LowerBitcast, LowerCast, LowerUnary, LowerWhere>();
}
