// Quantization without a division for each vector.

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
using namespace graphopt;
using namespace graphopt::cpu;

namespace {
/// roundeven(min(max(x / scale, low), high)) as an integer; `scale` may be null.
struct Quantization {
  Value x, scale, low, high;
};

/// Arithmetic on f32 that is of scalars as long as its operands are.
class QuantizationEmitter : ImplicitLocOpBuilder {
public:
  explicit QuantizationEmitter(arith::FPToSIOp op)
      : ImplicitLocOpBuilder(op.getLoc(), op), type(op.getIn().getType()),
        integers(op.getType()) {}

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

  Type type, integers;
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

/// x is clamped in place of the quotient, so all that follows is small.
Value QuantizationEmitter::emit(const Quantization &grid) {
  Value low = gather(grid.low), high = gather(grid.high), quotient = grid.x;
  if (grid.scale) {
    Value scale = gather(grid.scale);
    low = of<arith::MulFOp>(low, scale);
    high = of<arith::MulFOp>(high, scale);
    quotient = divide(most(least(quotient, most(low, high)), least(low, high)), scale);
  } else {
    quotient = most(least(quotient, high), low);
  }

  Value rounded = math::RoundEvenOp::create(*this, quotient);
  return arith::FPToSIOp::create(*this, integers, rounded);
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
  if (auto difference = value.getDefiningOp<arith::SubFOp>())
    return isSmallInteger(difference.getLhs()) && isSmallInteger(difference.getRhs());
  Operation *cast = value.getDefiningOp();
  return isa_and_present<arith::SIToFPOp, arith::UIToFPOp>(cast) &&
         getElementTypeOrSelf(cast->getOperand(0)).getIntOrFloatBitWidth() <= kMostBits;
}

static std::optional<Quantization> matchQuantization(arith::FPToSIOp op) {
  if (!getElementTypeOrSelf(op.getIn()).isF32() || !getElementTypeOrSelf(op).isInteger(32))
    return std::nullopt;
  auto round = op.getIn().getDefiningOp<math::RoundEvenOp>();
  auto min = round ? round.getOperand().getDefiningOp<arith::MinimumFOp>() : arith::MinimumFOp();
  auto max = min ? min.getLhs().getDefiningOp<arith::MaximumFOp>() : arith::MaximumFOp();
  if (!max || !isSmallInteger(min.getRhs()) || !isSmallInteger(max.getRhs()))
    return std::nullopt;
  Value low = max.getRhs(), high = min.getRhs();
  if (auto quotient = max.getLhs().getDefiningOp<arith::DivFOp>())
    return Quantization{quotient.getLhs(), quotient.getRhs(), low, high};
  return Quantization{max.getLhs(), {}, low, high};
}

void graphopt::cpu::roundQuotients(func::FuncOp function) {
  function.walk([](arith::FPToSIOp op) {
    if (std::optional<Quantization> grid = matchQuantization(op)) {
      op.replaceAllUsesWith(QuantizationEmitter(op).emit(*grid));
      op.erase();
    }
  });
}
