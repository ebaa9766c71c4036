#include "dialects/Graph/Generator.h"
#include "Lowering.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

namespace {
struct LowerConstantOfShape : LoweringPattern<ConstantOfShapeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ConstantOfShapeOp op, Adaptor, Lowering &to) const override {
    IndexMath m = to.math();
    SmallVector<OpFoldResult> sizes;
    for (auto [i, dim] : llvm::enumerate(to.get(op.getResult()).dims)) {
      bool isKnown = to.isComputable(dim);
      OpFoldResult size = isKnown ? to.size(dim)
                                  : OpFoldResult(to.entry(op.getShape(), i));
      if (!isKnown || !to.shapes.isNonNegative(dim))
        to.require(
            m.compare(P::sge, to.asIndex(size), to.constantIndex(0)),
            "the shape has a negative extent");
      sizes.push_back(size);
    }
    TypedAttr value = op.getValue();
    Type element = to.element(value.getType());
    if (auto integer = dyn_cast<IntegerAttr>(value))
      value = to.b.getIntegerAttr(
          element, integer.getValue().zextOrTrunc(element.getIntOrFloatBitWidth()));
    Value scalar = arith::ConstantOp::create(to.b, to.loc, value);
    return {{to.filled(sizes, scalar)}};
  }
};

struct LowerRange : LoweringPattern<RangeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RangeOp op, Adaptor in, Lowering &to) const override {
    Value start = read(in.getStart(), to), limit = read(in.getLimit(), to),
          delta = read(in.getDelta(), to);
    AffineExpr dim = to.get(op.getResult()).dims[0];
    OpFoldResult size;
    if (to.isComputable(dim)) {
      size = to.size(dim);
    } else {
      size = isa<FloatType>(start.getType())
                 ? countFloats(start, limit, delta, to)
                 : countIntegers(start, limit, delta, to);
    }
    Type result = to.element(op.getType().getElementType());
    return {{to.generate(
        size, result, [&](OpBuilder &b, Location loc, ValueRange position) {
          Type type = start.getType();
          IndexMath m{b, loc};
          if (!isa<FloatType>(type))
            return m.add(start, m.mul(m.cast(type, position[0]), delta));
          Value at = arith::SIToFPOp::create(
              b, loc, type, m.cast(b.getI64Type(), position[0]));
          at = arith::MulFOp::create(b, loc, at, delta);
          at = arith::AddFOp::create(b, loc, start, at);
          if (type != result)
            at = arith::TruncFOp::create(b, loc, result, at);
          return at;
        })}};
  }

  /// The only element; half floats are computed as f32.
  static Value read(Value scalar, Lowering &to) {
    Value value = tensor::ExtractOp::create(to.b, to.loc, scalar, ValueRange{});
    if (value.getType().isF16() || value.getType().isBF16())
      value = arith::ExtFOp::create(to.b, to.loc, to.b.getF32Type(), value);
    return value;
  }

  static OpFoldResult countFloats(Value start, Value limit, Value delta,
                                  Lowering &to) {
    Value distance = arith::SubFOp::create(to.b, to.loc, limit, start);
    Value count = arith::DivFOp::create(to.b, to.loc, distance, delta);
    count = math::CeilOp::create(to.b, to.loc, count);
    // Not more than any memory holds; not for a NaN either.
    Value zero = to.constant(count.getType(), 0),
          most = to.constant(count.getType(), 0x1p48);
    count = arith::MaxNumFOp::create(to.b, to.loc, count, zero);
    count = arith::MinNumFOp::create(to.b, to.loc, count, most);
    count = arith::FPToSIOp::create(to.b, to.loc, to.b.getI64Type(), count);
    return getAsOpFoldResult(to.math().index(count));
  }

  static OpFoldResult countIntegers(Value start, Value limit, Value delta,
                                    Lowering &to) {
    IndexMath m = to.math();
    Value from = m.index(start), until = m.index(limit), by = m.index(delta);
    Value zero = to.constantIndex(0), one = to.constantIndex(1);
    Value isForward = m.compare(P::sgt, by, zero);
    Value distance =
        m.select(isForward, m.sub(until, from), m.sub(from, until));
    // The smallest number has no negation.
    Value backward =
        m.max(by, to.constantIndex(-std::numeric_limits<int64_t>::max()));
    Value magnitude =
        m.max(m.select(isForward, by, m.sub(zero, backward)), one);
    Value count = m.add(m.div(m.sub(m.max(distance, one), one), magnitude), one);
    return getAsOpFoldResult(
        m.select(m.compare(P::sgt, distance, zero), count, zero));
  }
};
} // namespace

void graphopt::populateGeneratorLowering(LoweringPatterns to) {
  to.add<LowerConstantOfShape, LowerRange>();
}
