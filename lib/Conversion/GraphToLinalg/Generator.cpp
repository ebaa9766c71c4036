#include "dialects/Graph/Generator.h"
#include "Generators.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

SmallVector<OpFoldResult> graphopt::filledSizes(Lowering &to, Value graphShape,
                                                Value graphResult) {
  IndexMath m = to.math();
  SmallVector<OpFoldResult> sizes;
  for (auto [i, dim] : llvm::enumerate(to.get(graphResult).dims)) {
    bool isKnown = to.isComputable(dim);
    OpFoldResult size = isKnown ? to.size(dim)
                                : OpFoldResult(to.entry(graphShape, i));
    if (!isKnown || !to.shapes.isNonNegative(dim))
      to.require(m.compare(P::sge, to.asIndex(size), to.constantIndex(0)),
                 "the shape has a negative extent");
    sizes.push_back(size);
  }
  return sizes;
}

namespace {
struct LowerConstantOfShape : LoweringPattern<ConstantOfShapeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ConstantOfShapeOp op, Adaptor, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = filledSizes(to, op.getShape(), op.getResult());
    TypedAttr value = op.getValue();
    Type element = to.element(value.getType());
    unsigned width = element.getIntOrFloatBitWidth();
    if (auto integer = dyn_cast<IntegerAttr>(value)) {
      bool isSigned = !value.getType().isUnsignedInteger() && !value.getType().isInteger(1);
      value = to.b.getIntegerAttr(element, isSigned ? integer.getValue().sextOrTrunc(width)
                                                    : integer.getValue().zextOrTrunc(width));
    } else if (isSmallFloat(value.getType())) {
      APInt bits = cast<FloatAttr>(value).getValue().bitcastToAPInt();
      value = to.b.getIntegerAttr(element, bits.zext(width));
    }
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

/// The only element of an integer graph value, as an index.
Value readSingle(Lowering &to, Value graphValue) {
  const InferredTensor &tensor = to.get(graphValue);
  if (tensor.elements && to.isComputable(tensor.elements->front()))
    return to.asIndex(to.size(tensor.elements->front()));
  SmallVector<Value> zeros(tensor.getRank(), to.constantIndex(0));
  return to.math().index(tensor::ExtractOp::create(
      to.b, to.loc, to.lowered(graphValue), zeros));
}

struct LowerTrilu : LoweringPattern<TriluOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(TriluOp op, Adaptor in, Lowering &to) const override {
    int64_t rank = op.getType().getRank();
    Value k = op.getK() ? readSingle(to, op.getK()) : to.constantIndex(0);
    // Beyond all elements, but not so far that sums wrap.
    constexpr int64_t far = int64_t(1) << 48;
    k = to.math().clamp(k, to.constantIndex(-far), to.constantIndex(far));
    Type element = to.element(op.getType().getElementType());
    return {{to.map(in.getInput(), to.b.getMultiDimIdentityMap(rank),
                    to.sizes(op.getInput()), element,
                    [&](OpBuilder &b, Location loc, ValueRange x) {
                      IndexMath m{b, loc};
                      Value row = linalg::IndexOp::create(b, loc, rank - 2);
                      Value column = linalg::IndexOp::create(b, loc, rank - 1);
                      Value isKept =
                          m.compare(op.getUpper() ? P::sge : P::sle, column,
                                    m.add(row, k));
                      return m.select(isKept, x[0], m.zero(element));
                    })}};
  }
};

struct LowerOneHot : LoweringPattern<OneHotOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(OneHotOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &result = to.get(op.getResult());
    int64_t rank = result.getRank();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    Value depth = readSingle(to, op.getDepth()), zero = to.constantIndex(0);
    to.require(to.math().compare(P::sge, depth, zero), "the depth is negative");
    to.requireEqual(to.get(op.getValues()).dims[0], to.shapes.constant(2),
                    "values are not two elements");
    SmallVector<OpFoldResult> sizes = to.sizes(op.getIndices());
    sizes.insert(sizes.begin() + axis, getAsOpFoldResult(depth));
    SmallVector<AffineExpr> read;
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != axis)
        read.push_back(to.b.getAffineDimExpr(dim));
    Value off = tensor::ExtractOp::create(to.b, to.loc, in.getValues(), zero);
    Value on = tensor::ExtractOp::create(to.b, to.loc, in.getValues(),
                                         to.constantIndex(1));
    return {{to.map(in.getIndices(),
                    AffineMap::get(rank, 0, read, to.b.getContext()), sizes,
                    to.element(result.elementType),
                    [&](OpBuilder &b, Location loc, ValueRange index) {
                      IndexMath m{b, loc};
                      Value at = m.index(index[0]);
                      at = m.select(m.isNegative(at), m.add(at, depth), at);
                      Value place = linalg::IndexOp::create(b, loc, axis);
                      return m.select(m.compare(P::eq, place, at), on, off);
                    })}};
  }
};
} // namespace

void graphopt::populateGeneratorLowering(LoweringPatterns to) {
  to.add<LowerConstantOfShape, LowerOneHot, LowerRange, LowerTrilu>();
  populateRandomLowering(to);
}
