#include "SmallFloats.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
using llvm::APFloat;
using P = arith::CmpIPredicate;

namespace {
/// Where the parts of a float lie.
struct Format {
  explicit Format(FloatType type) : semantics(type.getFloatSemantics()) {
    mantissa = APFloat::semanticsPrecision(semantics) - 1;
    bias = 1 - APFloat::semanticsMinExponent(semantics);
    sign = 1u << (type.getWidth() - 1);
    hasInfinity = APFloat::semanticsHasInf(semantics);
    hasNaN = APFloat::semanticsHasNaN(semantics);
    largest = bitsOf(APFloat::getLargest(semantics));
    nan = hasNaN ? bitsOf(APFloat::getNaN(semantics)) : sign; // -0, as ml_dtypes has it
    infinity = hasInfinity ? bitsOf(APFloat::getInf(semantics)) : 0;
    hasNegativeZero = !hasNaN || nan != sign;
  }

  static uint32_t bitsOf(const APFloat &value) {
    return value.bitcastToAPInt().getZExtValue();
  }

  const llvm::fltSemantics &semantics;
  int mantissa, bias; ///< bits, and what is added to exponents
  uint32_t sign, largest, nan, infinity;
  bool hasInfinity, hasNaN, hasNegativeZero;
};

/// Arithmetic on bits, 32 of them.
struct BitMath {
  OpBuilder &b;
  Location loc;

  Value bits(uint32_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(int32_t(value)));
  }
  Value ofFloat(Value x) { return arith::BitcastOp::create(b, loc, b.getI32Type(), x); }
  Value toFloat(Value x) { return arith::BitcastOp::create(b, loc, b.getF32Type(), x); }
  Value ofByte(Value x) { return arith::ExtUIOp::create(b, loc, b.getI32Type(), x); }
  Value toByte(Value x) { return arith::TruncIOp::create(b, loc, b.getI8Type(), x); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value add(Value x, uint32_t y) { return add(x, bits(y)); }
  Value land(Value x, uint32_t y) { return arith::AndIOp::create(b, loc, x, bits(y)); }
  Value lor(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }
  Value shiftLeft(Value x, int by) { return arith::ShLIOp::create(b, loc, x, bits(by)); }
  Value shiftRight(Value x, int by) { return arith::ShRUIOp::create(b, loc, x, bits(by)); }
  Value is(P predicate, Value x, uint32_t y) {
    return arith::CmpIOp::create(b, loc, predicate, x, bits(y));
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  Value select(Value condition, uint32_t x, Value y) { return select(condition, bits(x), y); }
};
} // namespace

// Of f32.
static constexpr uint32_t kInfinity = 0x7f800000, kNaN = 0x7fc00000, kSign = 0x80000000;
static constexpr int kMantissa = 23, kBias = 127;

//===----------------------------------------------------------------------===//
// Powers of two
//===----------------------------------------------------------------------===//

// The byte is f32's exponent; 0 is 2^-127, which is subnormal there.
static constexpr uint32_t kLeastPower = 1u << (kMantissa - 1), kPowerNaN = 0xff;

static Value expandPower(BitMath m, Value x) {
  Value bits = m.shiftLeft(x, kMantissa);
  bits = m.select(m.is(P::eq, x, 0), kLeastPower, bits);
  return m.toFloat(m.select(m.is(P::eq, x, kPowerNaN), kNaN, bits));
}

/// The sign is passed over: ONNX leaves negative numbers open.
static Value roundToPower(BitMath m, Value magnitude, const CastMode &mode) {
  constexpr uint32_t one = 1u << kMantissa; // of the exponent
  auto round = [&](uint32_t add) { return m.shiftRight(m.add(magnitude, add), kMantissa); };
  Value rounded, subnormal;
  switch (mode.rounding) {
  case Rounding::Up:
    rounded = round(one - 1);
    subnormal = arith::ExtUIOp::create(m.b, m.loc, m.b.getI32Type(),
                                       m.is(P::ugt, magnitude, kLeastPower));
    break;
  case Rounding::Down:
    rounded = subnormal = round(0);
    break;
  case Rounding::Nearest:
    rounded = round(one / 2);
    subnormal = round(one / 4);
    break;
  }
  Value result = m.select(m.is(P::ult, magnitude, one), subnormal, rounded);
  Value isNaN = m.is(P::ugt, magnitude, kInfinity);
  if (mode.unsaturated) {
    result = m.select(m.is(P::ult, magnitude, kLeastPower), kPowerNaN, result);
    return m.select(m.is(P::uge, magnitude, kInfinity), kPowerNaN, result);
  }
  result = m.select(m.is(P::uge, result, kPowerNaN), kPowerNaN - 1, result);
  return m.select(isNaN, kPowerNaN, result);
}

//===----------------------------------------------------------------------===//
// The others
//===----------------------------------------------------------------------===//

Value graphopt::buildFromSmallFloat(OpBuilder &b, Location loc, FloatType from, Value x) {
  BitMath m{b, loc};
  Value bits = m.ofByte(x);
  if (isa<Float8E8M0FNUType>(from))
    return expandPower(m, bits);
  Format format(from);
  Value magnitude = m.land(bits, format.sign - 1);
  // The bits moved up are the value divided by a power of two; the product is exact
  // and also normalizes what is subnormal.
  Value moved = m.shiftLeft(magnitude, kMantissa - format.mantissa);
  Value scale = m.toFloat(m.bits(uint32_t(2 * kBias - format.bias) << kMantissa));
  Value result = m.ofFloat(arith::MulFOp::create(b, loc, m.toFloat(moved), scale));
  if (format.hasInfinity) // NaNs keep their mantissa
    result = m.select(m.is(P::uge, magnitude, format.infinity), m.lor(moved, m.bits(kInfinity)),
                      result);
  else if (format.hasNaN)
    result = m.select(format.hasNegativeZero ? m.is(P::eq, magnitude, format.nan)
                                             : m.is(P::eq, bits, format.nan),
                      kNaN, result);
  int toSign = 31 - llvm::Log2_32(format.sign);
  return m.toFloat(m.lor(result, m.shiftLeft(m.land(bits, format.sign), toSign)));
}

Value graphopt::buildToSmallFloat(OpBuilder &b, Location loc, FloatType to, Value x,
                                  const CastMode &mode) {
  BitMath m{b, loc};
  Value bits = m.ofFloat(x), magnitude = m.land(bits, ~kSign);
  if (isa<Float8E8M0FNUType>(to))
    return m.toByte(roundToPower(m, magnitude, mode));
  Format format(to);
  int shift = kMantissa - format.mantissa;
  // Normal: move the exponent and round half of the last place, to even.
  Value isOdd = m.land(m.shiftRight(magnitude, shift), 1);
  uint32_t half = (1u << (shift - 1)) - 1;
  Value normal = m.add(magnitude, (uint32_t(format.bias - kBias) << kMantissa) + half);
  normal = m.shiftRight(m.add(normal, isOdd), shift);
  // Subnormal: the adder rounds at the place of the last bit.
  uint32_t rounder = uint32_t(kBias + 1 - format.bias + shift) << kMantissa;
  Value sum = arith::AddFOp::create(b, loc, m.toFloat(magnitude), m.toFloat(m.bits(rounder)));
  Value small = m.add(m.ofFloat(sum), -rounder);
  uint32_t leastNormal = uint32_t(kBias + 1 - format.bias) << kMantissa;
  Value result = m.select(m.is(P::ult, magnitude, leastNormal), small, normal);

  uint32_t tooLarge = !mode.unsaturated || !format.hasNaN ? format.largest
                      : format.hasInfinity                ? format.infinity
                                                          : format.nan;
  result = m.select(m.is(P::ugt, result, format.largest), tooLarge, result);
  result = m.select(m.is(P::ugt, magnitude, kInfinity), format.nan, result);
  int toSign = 31 - llvm::Log2_32(format.sign);
  Value isSigned = m.lor(result, m.land(m.shiftRight(bits, toSign), format.sign));
  if (!format.hasNegativeZero)
    isSigned = m.select(m.is(P::eq, result, 0), 0, isSigned);
  return m.toByte(isSigned);
}

Value graphopt::buildRoundToOdd(OpBuilder &b, Location loc, Value x) {
  BitMath m{b, loc};
  Value near = arith::TruncFOp::create(b, loc, b.getF32Type(), x);
  Value back = arith::ExtFOp::create(b, loc, x.getType(), near);
  auto flag = [&](arith::CmpFPredicate predicate, Value lhs, Value rhs) -> Value {
    Value condition = arith::CmpFOp::create(b, loc, predicate, lhs, rhs);
    return arith::ExtUIOp::create(b, loc, b.getI32Type(), condition);
  };
  Value isInexact = flag(arith::CmpFPredicate::UNE, back, x);
  Value isAbove = flag(arith::CmpFPredicate::OGT, math::AbsFOp::create(b, loc, back),
                       math::AbsFOp::create(b, loc, x));
  Value below = arith::SubIOp::create(b, loc, m.ofFloat(near), isAbove);
  return m.toFloat(m.lor(below, isInexact));
}
