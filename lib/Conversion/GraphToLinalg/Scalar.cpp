#include "Scalar.h"
#include "SmallFloats.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

Value Scalar::convert(Value x, Type type) {
  return buildCast(b, loc, x.getType(), type, x);
}

Value graphopt::buildCondition(OpBuilder &b, Location loc, Value x) {
  Scalar s{b, loc};
  return s.cmp(arith::CmpIPredicate::ne, x, s.constant(x, 0));
}

/// max(x, 0) + log(1 + exp(-|x|)): does not overflow.
static Value buildSoftplus(Scalar s, Value x) {
  Value magnitude = s.op<math::AbsFOp>({x});
  Value tail = s.op<math::Log1pOp>({s.exp(s.op<arith::NegFOp>({magnitude}))});
  return s.add(s.op<arith::MaximumFOp>({x, s.constant(x, 0)}), tail);
}

static Value buildSigmoid(Scalar s, Value x) {
  return s.div(s.constant(x, 1),
               s.add(s.exp(s.op<arith::NegFOp>({x})), s.constant(x, 1)));
}

/// x * (1 + gate) / 2
static Value buildGelu(Scalar s, Value x, Value gate) {
  return s.mul(s.mul(x, s.constant(x, 0.5)), s.add(gate, s.constant(x, 1)));
}

/// sqrt(2 / pi) * (x + 0.044715 * x^3)
static Value buildGeluTanhArgument(Scalar s, Value x) {
  Value cubic = s.mul(s.mul(x, x), s.constant(x, 0.044715));
  Value sum = s.mul(x, s.add(cubic, s.constant(x, 1)));
  return s.mul(sum, s.constant(x, std::sqrt(2 / llvm::numbers::pi)));
}

static Value buildFloatUnary(Scalar s, UnaryKind kind, Value x) {
  switch (kind) {
  case UnaryKind::Abs:
    return s.op<math::AbsFOp>({x});
  case UnaryKind::Acos:
    return s.op<math::AcosOp>({x});
  case UnaryKind::Acosh:
    return s.op<math::AcoshOp>({x});
  case UnaryKind::Asin:
    return s.op<math::AsinOp>({x});
  case UnaryKind::Asinh:
    return s.op<math::AsinhOp>({x});
  case UnaryKind::Atan:
    return s.op<math::AtanOp>({x});
  case UnaryKind::Atanh:
    return s.op<math::AtanhOp>({x});
  case UnaryKind::Ceil:
    return s.op<math::CeilOp>({x});
  case UnaryKind::Cos:
    return s.op<math::CosOp>({x});
  case UnaryKind::Cosh:
    return s.op<math::CoshOp>({x});
  case UnaryKind::Erf:
    return s.op<math::ErfOp>({x});
  case UnaryKind::Exp:
    return s.exp(x);
  case UnaryKind::Floor:
    return s.op<math::FloorOp>({x});
  case UnaryKind::Gelu:
    return buildGelu(s, x,
                     s.op<math::ErfOp>({s.mul(
                         x, s.constant(x, 1 / llvm::numbers::sqrt2))}));
  case UnaryKind::GeluTanh:
    return buildGelu(s, x, s.op<math::TanhOp>({buildGeluTanhArgument(s, x)}));
  case UnaryKind::HardSwish: {
    Value gate = s.add(s.mul(x, s.constant(x, 1.0 / 6)), s.constant(x, 0.5));
    gate = s.op<arith::MaximumFOp>({gate, s.constant(x, 0)});
    gate = s.op<arith::MinimumFOp>({gate, s.constant(x, 1)});
    return s.mul(x, gate);
  }
  case UnaryKind::IsNaN:
    return s.boolean(s.cmp(arith::CmpFPredicate::UNO, x, x));
  case UnaryKind::Log:
    return s.log(x);
  case UnaryKind::Mish:
    return s.mul(x, s.op<math::TanhOp>({buildSoftplus(s, x)}));
  case UnaryKind::Neg:
    return s.op<arith::NegFOp>({x});
  case UnaryKind::Reciprocal:
    return s.div(s.constant(x, 1), x);
  case UnaryKind::Relu:
    return s.op<arith::MaximumFOp>({x, s.constant(x, 0)});
  case UnaryKind::Round:
    return s.op<math::RoundEvenOp>({x});
  case UnaryKind::Sigmoid:
    return buildSigmoid(s, x);
  case UnaryKind::Sign: {
    Value one = s.op<math::CopySignOp>({s.constant(x, 1), x});
    // Zero and NaN are their own sign.
    Value ordered = s.cmp(arith::CmpFPredicate::ONE, x, s.constant(x, 0));
    return s.select(ordered, one, x);
  }
  case UnaryKind::Sin:
    return s.op<math::SinOp>({x});
  case UnaryKind::Sinh:
    return s.op<math::SinhOp>({x});
  case UnaryKind::Softplus:
    return buildSoftplus(s, x);
  case UnaryKind::Softsign:
    return s.div(x, s.add(s.op<math::AbsFOp>({x}), s.constant(x, 1)));
  case UnaryKind::Sqrt:
    return s.op<math::SqrtOp>({x});
  case UnaryKind::Swish:
    return s.mul(x, buildSigmoid(s, x));
  case UnaryKind::Tan:
    return s.op<math::TanOp>({x});
  case UnaryKind::Tanh:
    return s.op<math::TanhOp>({x});
  case UnaryKind::BitwiseNot:
  case UnaryKind::Not:
    break;
  }
  llvm_unreachable("the verifier rejects this kind on floats");
}

static Value buildIntegerUnary(Scalar s, UnaryKind kind, bool isUnsigned,
                               Value x) {
  Value zero = s.constant(x, 0);
  switch (kind) {
  case UnaryKind::Abs:
    return isUnsigned ? x : s.op<math::AbsIOp>({x});
  case UnaryKind::BitwiseNot:
    return s.op<arith::XOrIOp>({x, s.constant(x, -1)});
  case UnaryKind::Neg:
    return s.op<arith::SubIOp>({zero, x});
  case UnaryKind::Not:
    return s.op<arith::XOrIOp>({x, s.constant(x, 1)});
  case UnaryKind::Relu:
    return isUnsigned ? x : s.op<arith::MaxSIOp>({x, zero});
  case UnaryKind::Sign: {
    Value one = s.constant(x, 1);
    if (isUnsigned)
      return s.op<arith::MinUIOp>({x, one});
    return s.op<arith::MaxSIOp>(
        {s.op<arith::MinSIOp>({x, one}), s.constant(x, -1)});
  }
  default:
    llvm_unreachable("the verifier rejects this kind on integers");
  }
}

/// Half floats are computed as f32 and rounded once.
static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

Value graphopt::buildUnary(OpBuilder &b, Location loc, UnaryKind kind,
                           Type type, Value x) {
  Scalar s{b, loc};
  if (!isa<FloatType>(type))
    return buildIntegerUnary(s, kind, type.isUnsignedInteger(), x);
  if (!isHalf(type))
    return buildFloatUnary(s, kind, x);
  Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
  Value result = buildFloatUnary(s, kind, wide);
  return isa<FloatType>(result.getType())
             ? Value(arith::TruncFOp::create(b, loc, type, result))
             : result;
}

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

static Value buildFloatBinary(Scalar s, BinaryKind kind, Value x, Value y) {
  switch (kind) {
  case BinaryKind::Add:
    return s.add(x, y);
  case BinaryKind::Div:
    return s.div(x, y);
  case BinaryKind::Equal:
    return s.boolean(s.cmp(arith::CmpFPredicate::OEQ, x, y));
  case BinaryKind::FMod:
    return s.op<arith::RemFOp>({x, y});
  case BinaryKind::Greater:
    return s.boolean(s.cmp(arith::CmpFPredicate::OGT, x, y));
  case BinaryKind::GreaterOrEqual:
    return s.boolean(s.cmp(arith::CmpFPredicate::OGE, x, y));
  case BinaryKind::Less:
    return s.boolean(s.cmp(arith::CmpFPredicate::OLT, x, y));
  case BinaryKind::LessOrEqual:
    return s.boolean(s.cmp(arith::CmpFPredicate::OLE, x, y));
  case BinaryKind::Max:
    return s.op<arith::MaximumFOp>({x, y});
  case BinaryKind::Min:
    return s.op<arith::MinimumFOp>({x, y});
  case BinaryKind::Mod: {
    Value rest = s.op<arith::RemFOp>({x, y}), zero = s.constant(x, 0);
    Value isNegative = s.cmp(arith::CmpFPredicate::OLT, s.mul(rest, y), zero);
    return s.select(isNegative, s.add(rest, y), rest);
  }
  case BinaryKind::Mul:
    return s.mul(x, y);
  case BinaryKind::PRelu:
    return s.select(s.cmp(arith::CmpFPredicate::OLT, x, s.constant(x, 0)),
                    s.mul(x, y), x);
  case BinaryKind::Pow:
    return s.op<math::PowFOp>({x, y});
  case BinaryKind::Sub:
    return s.sub(x, y);
  default:
    llvm_unreachable("the verifier rejects this kind on floats");
  }
}

/// x / y where the hardware would trap: y = 0 gives 0, MIN / -1 gives MIN.
static Value buildIntegerDivision(Scalar s, bool isUnsigned, bool remainder,
                                  Value x, Value y) {
  Value zero = s.constant(x, 0), one = s.constant(x, 1);
  Value isZero = s.cmp(arith::CmpIPredicate::eq, y, zero);
  Value divisor = s.select(isZero, one, y);
  if (isUnsigned) {
    Value result = remainder ? s.op<arith::RemUIOp>({x, divisor})
                             : s.op<arith::DivUIOp>({x, divisor});
    return s.select(isZero, zero, result);
  }
  Value minusOne = s.constant(x, -1);
  Value isMinusOne = s.cmp(arith::CmpIPredicate::eq, y, minusOne);
  divisor = s.select(isMinusOne, one, divisor);
  if (remainder) {
    Value result = s.op<arith::RemSIOp>({x, divisor});
    return s.select(isZero, zero, result);
  }
  Value result = s.op<arith::DivSIOp>({x, divisor});
  result = s.select(isMinusOne, s.op<arith::SubIOp>({zero, x}), result);
  return s.select(isZero, zero, result);
}

/// Shifts by the width or more give 0.
static Value buildShift(Scalar s, bool left, bool isUnsigned, Value x, Value y) {
  unsigned width = x.getType().getIntOrFloatBitWidth();
  Value inRange =
      s.cmp(arith::CmpIPredicate::ult, y, s.constant(x, width));
  if (!left && !isUnsigned) // what is left of x is its sign
    return s.op<arith::ShRSIOp>(
        {x, s.select(inRange, y, s.constant(x, width - 1))});
  Value zero = s.constant(x, 0);
  Value amount = s.select(inRange, y, zero);
  Value shifted = left ? s.op<arith::ShLIOp>({x, amount})
                       : s.op<arith::ShRUIOp>({x, amount});
  return s.select(inRange, shifted, zero);
}

static Value buildIntegerBinary(Scalar s, BinaryKind kind, bool isUnsigned,
                                Value x, Value y) {
  using P = arith::CmpIPredicate;
  switch (kind) {
  case BinaryKind::Add:
    return s.op<arith::AddIOp>({x, y});
  case BinaryKind::And:
  case BinaryKind::BitwiseAnd:
    return s.op<arith::AndIOp>({x, y});
  case BinaryKind::BitShiftLeft:
  case BinaryKind::BitShiftRight:
    return buildShift(s, kind == BinaryKind::BitShiftLeft, isUnsigned, x, y);
  case BinaryKind::BitwiseOr:
  case BinaryKind::Or:
    return s.op<arith::OrIOp>({x, y});
  case BinaryKind::BitwiseXor:
  case BinaryKind::Xor:
    return s.op<arith::XOrIOp>({x, y});
  case BinaryKind::Div:
    return buildIntegerDivision(s, isUnsigned, /*remainder=*/false, x, y);
  case BinaryKind::Equal:
    return s.boolean(s.cmp(P::eq, x, y));
  case BinaryKind::FMod:
    return buildIntegerDivision(s, isUnsigned, /*remainder=*/true, x, y);
  case BinaryKind::Greater:
    return s.boolean(s.cmp(isUnsigned ? P::ugt : P::sgt, x, y));
  case BinaryKind::GreaterOrEqual:
    return s.boolean(s.cmp(isUnsigned ? P::uge : P::sge, x, y));
  case BinaryKind::Less:
    return s.boolean(s.cmp(isUnsigned ? P::ult : P::slt, x, y));
  case BinaryKind::LessOrEqual:
    return s.boolean(s.cmp(isUnsigned ? P::ule : P::sle, x, y));
  case BinaryKind::Max:
    return isUnsigned ? s.op<arith::MaxUIOp>({x, y}) : s.op<arith::MaxSIOp>({x, y});
  case BinaryKind::Min:
    return isUnsigned ? s.op<arith::MinUIOp>({x, y}) : s.op<arith::MinSIOp>({x, y});
  case BinaryKind::Mod: {
    Value rest = buildIntegerDivision(s, isUnsigned, /*remainder=*/true, x, y);
    if (isUnsigned)
      return rest;
    Value zero = s.constant(x, 0);
    Value differ = s.cmp(P::slt, s.op<arith::XOrIOp>({rest, y}), zero);
    Value isNonZero = s.cmp(P::ne, rest, zero);
    Value adjust = arith::AndIOp::create(s.b, s.loc, differ, isNonZero);
    return s.select(adjust, s.op<arith::AddIOp>({rest, y}), rest);
  }
  case BinaryKind::Mul:
    return s.op<arith::MulIOp>({x, y});
  case BinaryKind::PRelu:
    if (isUnsigned)
      return x;
    return s.select(s.cmp(P::slt, x, s.constant(x, 0)),
                    s.op<arith::MulIOp>({x, y}), x);
  case BinaryKind::Pow:
    return s.op<math::IPowIOp>({x, y});
  case BinaryKind::Sub:
    return s.op<arith::SubIOp>({x, y});
  }
  llvm_unreachable("all kinds are handled");
}

Value graphopt::buildBinary(OpBuilder &b, Location loc, BinaryKind kind,
                            Type type, Value x, Value y) {
  Scalar s{b, loc};
  if (!isa<FloatType>(type))
    return buildIntegerBinary(s, kind, type.isUnsignedInteger(), x, y);
  if (!isHalf(type))
    return buildFloatBinary(s, kind, x, y);
  Value wideX = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
  Value wideY = arith::ExtFOp::create(b, loc, b.getF32Type(), y);
  Value result = buildFloatBinary(s, kind, wideX, wideY);
  return isa<FloatType>(result.getType())
             ? Value(arith::TruncFOp::create(b, loc, type, result))
             : result;
}

//===----------------------------------------------------------------------===//
// Cast
//===----------------------------------------------------------------------===//

static Value buildFloatCast(OpBuilder &b, Location loc, Type to, Value x) {
  unsigned from = x.getType().getIntOrFloatBitWidth();
  unsigned width = to.getIntOrFloatBitWidth();
  if (from < width)
    return arith::ExtFOp::create(b, loc, to, x);
  if (from > width)
    return arith::TruncFOp::create(b, loc, to, x);
  // f16 and bf16 meet in f32.
  Value wide = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
  return arith::TruncFOp::create(b, loc, to, wide);
}

/// The low bits of a byte, extended as the integer type `to` of less than a byte says.
static Value wrapToBits(OpBuilder &b, Location loc, Type to, Value byte) {
  unsigned width = to.getIntOrFloatBitWidth(), rest = 8 - width;
  auto constant = [&](int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getI8IntegerAttr(value));
  };
  if (to.isUnsignedInteger())
    return arith::AndIOp::create(b, loc, byte, constant((1 << width) - 1));
  Value high = arith::ShLIOp::create(b, loc, byte, constant(rest));
  return arith::ShRSIOp::create(b, loc, high, constant(rest));
}

/// Float to integer goes through i64, as narrow conversions of values that do
/// not fit are undefined; then the low bits are kept.
static Value buildFloatToInteger(OpBuilder &b, Location loc, Type to, Value x) {
  unsigned width = to.getIntOrFloatBitWidth();
  Type lowered = b.getIntegerType(width);
  if (width == 64 && to.isUnsignedInteger())
    return arith::FPToUIOp::create(b, loc, lowered, x);
  if (width >= 32 && !to.isUnsignedInteger())
    return arith::FPToSIOp::create(b, loc, lowered, x);
  Type via = width < 32 ? b.getI32Type() : b.getI64Type();
  Value wide = arith::FPToSIOp::create(b, loc, via, x);
  return arith::TruncIOp::create(b, loc, lowered, wide);
}

Value graphopt::buildBitcast(OpBuilder &b, Location loc, Type to, Value x) {
  if (!isSmallFloat(to) && to.getIntOrFloatBitWidth() < 8 && !to.isInteger(1))
    return wrapToBits(b, loc, to, x);
  Type lowered = isa<FloatType>(to) && !isSmallFloat(to)
                     ? to
                     : Type(b.getIntegerType(std::max(8u, to.getIntOrFloatBitWidth())));
  return x.getType() == lowered ? x : Value(arith::BitcastOp::create(b, loc, lowered, x));
}

Value graphopt::buildCast(OpBuilder &b, Location loc, Type from, Type to,
                          Value x, const CastMode &mode) {
  if (from == to)
    return x;
  // All others meet floats of few bits in f32.
  if (isSmallFloat(from))
    return buildCast(b, loc, b.getF32Type(), to,
                     buildFromSmallFloat(b, loc, cast<FloatType>(from), x), mode);
  if (isSmallFloat(to)) {
    Value wide = from.isF64() ? buildRoundToOdd(b, loc, x)
                              : buildCast(b, loc, from, b.getF32Type(), x);
    return buildToSmallFloat(b, loc, cast<FloatType>(to), wide, mode);
  }
  Scalar s{b, loc};
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (to.isInteger(1)) {
    Value zero = s.constant(x, 0);
    Value isTrue = fromFloat ? s.cmp(arith::CmpFPredicate::UNE, x, zero)
                             : s.cmp(arith::CmpIPredicate::ne, x, zero);
    return s.boolean(isTrue);
  }
  if (to.getIntOrFloatBitWidth() < 8 && !toFloat) {
    Type byte = IntegerType::get(b.getContext(), 8, cast<IntegerType>(to).getSignedness());
    return wrapToBits(b, loc, to, buildCast(b, loc, from, byte, x));
  }
  if (fromFloat)
    return toFloat ? buildFloatCast(b, loc, to, x)
                   : buildFloatToInteger(b, loc, to, x);
  bool isUnsigned = from.isUnsignedInteger() || from.isInteger(1);
  if (toFloat) {
    // i64 straight to f16 has no instruction; f32 rounds once more at most
    // where f16 is infinite anyway.
    Type via = isHalf(to) ? b.getF32Type() : to;
    Value result = isUnsigned ? Value(arith::UIToFPOp::create(b, loc, via, x))
                              : Value(arith::SIToFPOp::create(b, loc, via, x));
    return via == to ? result : Value(arith::TruncFOp::create(b, loc, to, result));
  }
  unsigned width = to.getIntOrFloatBitWidth();
  unsigned have = x.getType().getIntOrFloatBitWidth();
  Type lowered = b.getIntegerType(width);
  if (width == have)
    return x;
  if (width < have)
    return arith::TruncIOp::create(b, loc, lowered, x);
  return isUnsigned ? Value(arith::ExtUIOp::create(b, loc, lowered, x))
                    : Value(arith::ExtSIOp::create(b, loc, lowered, x));
}
