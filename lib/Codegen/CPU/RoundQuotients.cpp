// Quantization without a division for each vector, and without a slow rounding.

#include "VectorMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include <limits>

using namespace mlir;
using namespace graphopt::cpu;

namespace {
/// min(max(roundeven(x / scale) + zero, low), high) as an integer; `scale` and `zero`
/// may be null.
struct Quantization {
  Value x, scale, zero;
  float low, high;
};

/// Arithmetic on f32 that is of scalars as long as its operands are.
class QuantizationEmitter : ImplicitLocOpBuilder {
public:
  explicit QuantizationEmitter(arith::FPToSIOp op)
      : ImplicitLocOpBuilder(op.getLoc(), op), type(op.getIn().getType()) {}

  Value emit(const Quantization &grid);

private:
  Value divide(Value x, Value scale);

  template <typename Op> Value of(Value x, Value y) {
    match(x, y);
    return Op::create(*this, x, y);
  }
  Value choose(arith::CmpFPredicate predicate, Value x, Value y) {
    match(x, y);
    return arith::SelectOp::create(*this, arith::CmpFOp::create(*this, predicate, x, y), x, y);
  }
  /// Instructions of x86: of a NaN and a number the number.
  Value least(Value x, Value y) { return choose(arith::CmpFPredicate::OLT, x, y); }
  Value most(Value x, Value y) { return choose(arith::CmpFPredicate::OGT, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(*this, spread(x), spread(y), spread(z));
  }
  Value number(float value) { return arith::ConstantOp::create(*this, getF32FloatAttr(value)); }

  void match(Value &x, Value &y) {
    if (isa<VectorType>(x.getType()) || isa<VectorType>(y.getType())) {
      x = spread(x);
      y = spread(y);
    }
  }
  /// As a vector, where the quantization is one of vectors.
  Value spread(Value value) {
    auto vector = dyn_cast<VectorType>(type);
    if (!vector || isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(*this, vector.clone(value.getType()), value);
  }
  /// The scalar that all lanes of `value` are, if it is known to be one.
  Value gather(Value value) {
    if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
      if (!isa<VectorType>(broadcast.getSource().getType()))
        return broadcast.getSource();
    SplatElementsAttr splat;
    if (matchPattern(value, m_Constant(&splat)))
      return arith::ConstantOp::create(*this, splat.getSplatValue<TypedAttr>());
    return value;
  }

  Type type;
};
} // namespace

/// The quotient of a division, of scales from 2^-100 on: the product with the
/// reciprocal, corrected by the remainder.
Value QuantizationEmitter::divide(Value x, Value scale) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  Value reciprocal = of<arith::DivFOp>(number(1), scale);
  reciprocal = most(least(reciprocal, number(kLargest)), number(-kLargest));
  Value quotient = of<arith::MulFOp>(x, reciprocal);
  Value negative = arith::NegFOp::create(*this, scale);
  Value remainder = fma(quotient, negative, x);
  return fma(remainder, reciprocal, quotient);
}

/// x is clamped in place of the sum, so all that follows is small. Added to 1.5 * 2^23
/// the quotient leaves the rounded one in the low bits.
Value QuantizationEmitter::emit(const Quantization &grid) {
  Value low = number(grid.low), high = number(grid.high);
  Value zero = grid.zero ? gather(grid.zero) : Value();
  if (zero) {
    low = of<arith::SubFOp>(low, zero);
    high = of<arith::SubFOp>(high, zero);
  }
  Value quotient = grid.x;
  if (grid.scale) {
    Value scale = gather(grid.scale);
    low = of<arith::MulFOp>(low, scale);
    high = of<arith::MulFOp>(high, scale);
    quotient = divide(most(least(grid.x, most(low, high)), least(low, high)), scale);
  } else {
    quotient = most(least(quotient, high), low);
  }

  constexpr float kShift = 0x1.8p23f;
  constexpr int32_t kShiftBits = 0x4B400000;
  Value shifted = of<arith::AddFOp>(quotient, number(kShift));
  auto integers = [&](Type type) -> Type {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(getI32Type())) : Type(getI32Type());
  };
  Value moved = arith::ConstantOp::create(*this, getI32IntegerAttr(-kShiftBits));
  if (zero) {
    Value whole = arith::FPToSIOp::create(*this, integers(zero.getType()), zero);
    moved = of<arith::AddIOp>(whole, moved);
  }
  Value bits = arith::BitcastOp::create(*this, integers(shifted.getType()), shifted);
  return of<arith::AddIOp>(bits, moved);
}

static std::optional<float> getNumber(Value value) {
  FloatAttr number;
  SplatElementsAttr splat;
  if (matchPattern(value, m_Constant(&splat)) && splat.getElementType().isF32())
    return splat.getSplatValue<float>();
  if (matchPattern(value, m_Constant(&number)) && number.getType().isF32())
    return number.getValue().convertToFloat();
  return std::nullopt;
}

/// Numbers of so many bits are exact in all steps.
static constexpr unsigned kMostBits = 16;

static bool isSmallInteger(Value value) {
  if (std::optional<float> number = getNumber(value))
    return std::abs(*number) <= 1 << kMostBits && *number == int(*number);
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    value = broadcast.getSource();
  Operation *cast = value.getDefiningOp();
  return isa_and_present<arith::SIToFPOp, arith::UIToFPOp>(cast) &&
         getElementTypeOrSelf(cast->getOperand(0)).getIntOrFloatBitWidth() <= kMostBits;
}

static std::optional<Quantization> matchQuantization(arith::FPToSIOp op) {
  if (!getElementTypeOrSelf(op.getIn()).isF32() || !getElementTypeOrSelf(op).isInteger(32))
    return std::nullopt;
  auto min = op.getIn().getDefiningOp<arith::MinimumFOp>();
  auto max = min ? min.getLhs().getDefiningOp<arith::MaximumFOp>() : arith::MaximumFOp();
  if (!max || !isSmallInteger(min.getRhs()) || !isSmallInteger(max.getRhs()))
    return std::nullopt;
  std::optional<float> low = getNumber(max.getRhs()), high = getNumber(min.getRhs());
  Value rounded = max.getLhs(), zero;
  if (auto sum = rounded.getDefiningOp<arith::AddFOp>()) {
    bool isFirst = sum.getLhs().getDefiningOp<math::RoundEvenOp>() != nullptr;
    rounded = isFirst ? sum.getLhs() : sum.getRhs();
    zero = isFirst ? sum.getRhs() : sum.getLhs();
    if (!isSmallInteger(zero))
      return std::nullopt;
  }
  auto round = rounded.getDefiningOp<math::RoundEvenOp>();
  if (!low || !high || *low > *high || !round)
    return std::nullopt;
  if (auto quotient = round.getOperand().getDefiningOp<arith::DivFOp>())
    return Quantization{quotient.getLhs(), quotient.getRhs(), zero, *low, *high};
  return Quantization{round.getOperand(), {}, zero, *low, *high};
}

void graphopt::cpu::roundQuotients(func::FuncOp function) {
  function.walk([](arith::FPToSIOp op) {
    if (std::optional<Quantization> grid = matchQuantization(op)) {
      op.replaceAllUsesWith(QuantizationEmitter(op).emit(*grid));
      op.erase();
    }
  });
}
