//===- VectorMath.cpp - exp, erf, log, sin and cos of f32 as arithmetic ---===//
//
// The coefficients are minimax fits of ours. In the kernels these functions are
// bound by the number of instructions, so there is no select of coefficients by
// range; the same arithmetic serves the whole line.
//
//===----------------------------------------------------------------------===//

#include "VectorMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using arith::CmpFPredicate;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();
static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

namespace {
/// Arithmetic on f32 or a vector of it.
struct MathBuilder {
  MathBuilder(Location loc, OpBuilder &builder, Type type, bool isAvx512)
      : b(loc, builder), type(type), isAvx512(isAvx512) {
    intType = b.getI32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      intType = vector.clone(intType);
  }

  Value constant(float value) {
    return arith::ConstantOp::create(b, splat(type, b.getF32FloatAttr(value)));
  }
  Value constant(int32_t value) {
    return arith::ConstantOp::create(b,
                                     splat(intType, b.getI32IntegerAttr(value)));
  }

  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, x, y, z);
  }
  Value addInt(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value subInt(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value shiftLeft(Value x, int32_t by) {
    return arith::ShLIOp::create(b, x, constant(by));
  }
  Value shiftRight(Value x, int32_t by) {
    return arith::ShRSIOp::create(b, x, constant(by));
  }
  Value andBits(Value x, int32_t y) {
    return arith::AndIOp::create(b, x, constant(y));
  }
  Value xorBits(Value x, Value y) { return arith::XOrIOp::create(b, x, y); }
  Value bits(Value x) { return arith::BitcastOp::create(b, intType, x); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, type, x); }

  Value select(CmpFPredicate predicate, Value x, Value y, Value yes,
               Value no) {
    return arith::SelectOp::create(
        b, arith::CmpFOp::create(b, predicate, x, y), yes, no);
  }
  /// NaN stays NaN: a minimum and a maximum of x86, which return their second
  /// operand then.
  Value atMost(Value x, float high) {
    Value most = constant(high);
    return select(CmpFPredicate::OLT, most, x, most, x);
  }
  Value atLeast(Value x, float low) {
    Value least = constant(low);
    return select(CmpFPredicate::OGT, least, x, least, x);
  }
  Value clamp(Value x, float low, float high) {
    return atLeast(atMost(x, high), low);
  }

  bool hasScale() const {
    auto vector = dyn_cast<VectorType>(type);
    return isAvx512 && vector && vector.getShape() == ArrayRef<int64_t>{16};
  }
  /// x * 2^n for a whole n, rounded once.
  Value scale(Value x, Value n) {
    Value all = arith::ConstantIntOp::create(b, -1, 16);
    Value current = arith::ConstantIntOp::create(b, 4, 32); // rounding mode
    auto name = b.getStringAttr("llvm.x86.avx512.mask.scalef.ps.512");
    return LLVM::CallIntrinsicOp::create(b, type, name,
                                         ValueRange{x, n, x, all, current})
        .getResult(0);
  }

  /// coefficients[0] + coefficients[1] * x + ..., by Horner's rule.
  Value polynomial(Value x, ArrayRef<float> coefficients) {
    Value sum = constant(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, constant(coefficient));
    return sum;
  }

  ImplicitLocOpBuilder b;
  Type type, intType;

private:
  bool isAvx512;

  static TypedAttr splat(Type type, TypedAttr value) {
    if (auto shaped = dyn_cast<ShapedType>(type))
      return DenseElementsAttr::get(shaped, Attribute(value));
    return value;
  }
};
} // namespace

// ln 2 in two parts; products of the first with integers below 2^9 are exact.
static constexpr float kLn2High = 0x1.63p-1f;
static constexpr float kLn2Low = -0x1.bd0106p-13f;

/// exp(x) = 2^n exp(r) with n = round(x / ln 2), so |r| <= ln(2) / 2
static Value makeExp(MathBuilder m, Value x) {
  // Results are 0 below and infinite above.
  constexpr float kLow = -104.0f, kHigh = 89.0f;
  Value z = m.atMost(x, kHigh);
  // There both factors of 2^n are 0: CPUs take long for results that are too small
  // for a number.
  if (!m.hasScale())
    z = m.atLeast(z, -176.0f);
  // Adding 1.5 * 2^23 leaves the rounded n in the low bits.
  Value shift = m.constant(0x1.8p23f);
  Value shifted = m.fma(z, m.constant(0x1.715476p0f), shift);
  Value n = m.sub(shifted, shift);
  Value r = m.fma(n, m.constant(-kLn2High), z);
  r = m.fma(n, m.constant(-kLn2Low), r);
  Value p = m.polynomial(r, {0.49999994f, 0.1666652f, 0.041668393f,
                             0.008368781f, 0.0013814467f});
  p = m.fma(p, m.mul(r, r), r);
  p = m.add(p, m.constant(1.0f));
  if (m.hasScale()) // a masked one, so low lanes take no time
    return m.select(CmpFPredicate::OLT, x, m.constant(kLow), m.constant(0.0f),
                    m.scale(p, n));
  // In two factors, as 2^n may be no normal number where the result is one.
  Value bits = m.subInt(m.bits(shifted), m.bits(shift));
  Value half = m.shiftRight(bits, 1);
  auto power = [&](Value exponent) {
    return m.fromBits(m.shiftLeft(m.addInt(exponent, m.constant(127)), 23));
  };
  return m.mul(m.mul(p, power(half)), power(m.subInt(bits, half)));
}

/// x / c  =>  x * (1 / c), as erf is no more than half as sensitive to its argument's
/// last place: GELU's division by the root of 2 takes as long as all of erf.
static Value multiplyInstead(MathBuilder m, Value x) {
  auto quotient = x.getDefiningOp<arith::DivFOp>();
  FloatAttr divisor;
  DenseElementsAttr divisors;
  if (!quotient)
    return x;
  if (matchPattern(quotient.getRhs(), m_Constant(&divisors)) &&
      divisors.isSplat())
    divisor = divisors.getSplatValue<FloatAttr>();
  else if (!matchPattern(quotient.getRhs(), m_Constant(&divisor)))
    return x;
  float factor = 1.0f / divisor.getValue().convertToFloat();
  return std::isnormal(factor) ? m.mul(quotient.getLhs(), m.constant(factor))
                               : x;
}

/// erf(x) = x P(x^2) / Q(x^2), and 1 to the last place beyond the clamp
static Value makeErf(MathBuilder m, Value x) {
  x = multiplyInstead(m, x);
  Value z = m.clamp(x, -3.925f, 3.925f);
  Value square = m.mul(z, z);
  Value p = m.polynomial(square, {0x1.10d8ap+1f, 0x1.70b048p-2f, 0x1.98502p-4f,
                                  0x1.d30ce2p-8f, 0x1.1a1da4p-11f,
                                  0x1.03627ep-18f});
  Value q = m.polynomial(square, {0x1.e39b7ap+0f, 0x1.e5c672p-1f,
                                  0x1.b9c168p-3f, 0x1.cfbd9ep-6f,
                                  0x1.202d4cp-9f, 0x1.2d77dap-14f});
  Value ratio = arith::DivFOp::create(m.b, m.mul(z, p), q);
  return m.clamp(ratio, -1.0f, 1.0f);
}

/// log(x) = e ln 2 + log(1 + f) with x = 2^e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2)
static Value makeLog(MathBuilder m, Value x) {
  Value one = m.constant(1.0f), zero = m.constant(0.0f);
  Value least = m.constant(std::numeric_limits<float>::min());
  // Subnormal numbers are made normal.
  Value normal = m.select(CmpFPredicate::OLT, x, least,
                          m.mul(x, m.constant(0x1p23f)), x);
  Value correction =
      m.select(CmpFPredicate::OLT, x, least, m.constant(-23.0f), zero);
  Value bits = m.bits(normal);
  Value root = m.bits(m.constant(0x1.6a09e6p-1f));
  Value e = m.shiftRight(m.subInt(bits, root), 23);
  Value f = m.sub(m.fromBits(m.subInt(bits, m.shiftLeft(e, 23))), one);
  Value exponent =
      m.add(arith::SIToFPOp::create(m.b, m.type, e), correction);

  Value square = m.mul(f, f);
  Value p = m.polynomial(f, {0.3333333f, -0.25000823f, 0.20001239f,
                             -0.16623253f, 0.14201395f, -0.1316089f,
                             0.12764671f, -0.07636545f});
  Value y = m.fma(p, m.mul(f, square), m.mul(exponent, m.constant(kLn2Low)));
  y = m.fma(m.constant(-0.5f), square, y);
  y = m.fma(exponent, m.constant(kLn2High), m.add(y, f));

  Value infinity = m.constant(kInfinity);
  y = m.select(CmpFPredicate::OLT, x, infinity, y, infinity);
  Value other = m.select(CmpFPredicate::OEQ, x, zero, m.constant(-kInfinity),
                         m.constant(kNaN));
  return m.select(CmpFPredicate::OGT, x, zero, y, other);
}

// pi / 2 in three parts.
static constexpr float kHalfPi[] = {0x1.921fb6p+0f, -0x1.777a5cp-25f,
                                    -0x1.ee59dap-50f};

/// sin(r) or cos(r) of r = |x| - n pi / 2, with their signs: right for |x| up to
/// kMostTurned, beyond which r has too few digits.
static constexpr float kMostTurned = 0x1p17f;
static Value makeTurned(MathBuilder m, Value x, Value size, bool isCos) {
  Value shift = m.constant(0x1.8p23f); // n is in the low bits, as in exp
  Value shifted = m.fma(size, m.constant(0x1.45f306p-1f), shift);
  Value n = m.sub(shifted, shift), r = size;
  for (float part : kHalfPi)
    r = m.fma(n, m.constant(-part), r);
  Value square = m.mul(r, r);
  Value sine = m.polynomial(square, {-0x1.555546p-3f, 0x1.110778p-7f,
                                     -0x1.9954p-13f});
  sine = m.fma(sine, m.mul(square, r), r);
  Value cosine = m.polynomial(square, {0x1.55554ap-5f, -0x1.6c0c28p-10f,
                                       0x1.99e80cp-16f});
  cosine = m.fma(cosine, m.mul(square, square),
                 m.fma(square, m.constant(-0.5f), m.constant(1.0f)));

  Value quarter = m.bits(shifted);
  if (isCos)
    quarter = m.addInt(quarter, m.constant(1));
  Value isEven =
      arith::CmpIOp::create(m.b, arith::CmpIPredicate::eq,
                            m.andBits(quarter, 1), m.constant(0));
  Value y = arith::SelectOp::create(m.b, isEven, sine, cosine);
  Value sign = m.shiftLeft(m.andBits(quarter, 2), 30);
  if (!isCos)
    sign = m.xorBits(sign, m.andBits(m.bits(x), INT32_MIN));
  return m.fromBits(m.xorBits(m.bits(y), sign));
}

/// sin or cos of a vector; lanes that are too large by libm, one by one
template <typename Op>
static LogicalResult expandTurned(Op op, PatternRewriter &rewriter) {
  auto type = dyn_cast<VectorType>(op.getType());
  if (!type || type.getRank() != 1 || !type.getElementType().isF32())
    return rewriter.notifyMatchFailure(op, "is no vector of f32");
  Value x = op.getOperand();
  MathBuilder m(op.getLoc(), rewriter, type, /*isAvx512=*/false);
  Value size = math::AbsFOp::create(m.b, x);
  Value isSmall = arith::CmpFOp::create(m.b, CmpFPredicate::OLE, size,
                                        m.constant(kMostTurned));
  Value areSmall =
      vector::ReductionOp::create(m.b, vector::CombiningKind::AND, isSmall);
  Value y = makeTurned(m, x, size, std::is_same_v<Op, math::CosOp>);
  auto choice = scf::IfOp::create(m.b, TypeRange{type}, areSmall,
                                  /*withElseRegion=*/true);
  m.b.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(m.b, y);
  m.b.setInsertionPointToStart(choice.elseBlock());
  SmallVector<Value> lanes;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    lanes.push_back(Op::create(m.b, vector::ExtractOp::create(m.b, x, i)));
  // No lane depends on its neighbours.
  Value slow = vector::FromElementsOp::create(m.b, type, lanes);
  scf::YieldOp::create(
      m.b, arith::SelectOp::create(m.b, isSmall, y, slow).getResult());
  rewriter.replaceOp(op, choice);
  return success();
}

namespace {
template <typename Op, Value (*make)(MathBuilder, Value)>
struct Expand : OpRewritePattern<Op> {
  Expand(MLIRContext *context, bool isAvx512)
      : OpRewritePattern<Op>(context), isAvx512(isAvx512) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return rewriter.notifyMatchFailure(op, "is not of f32");
    rewriter.replaceOp(op,
                       make(MathBuilder(op.getLoc(), rewriter, type, isAvx512),
                            op.getOperand()));
    return success();
  }

private:
  bool isAvx512;
};
} // namespace

void graphopt::cpu::populateVectorMathPatterns(RewritePatternSet &patterns,
                                               const CpuModel &cpu) {
  bool isAvx512 = cpu.row == "avx512";
  patterns.add<Expand<math::ExpOp, makeExp>, Expand<math::ErfOp, makeErf>,
               Expand<math::LogOp, makeLog>>(patterns.getContext(), isAvx512);
  if (cpu.fma) // for the digits of |x| - n pi / 2
    patterns.add(expandTurned<math::SinOp>).add(expandTurned<math::CosOp>);
}
