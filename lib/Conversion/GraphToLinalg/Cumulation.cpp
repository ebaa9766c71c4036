#include "dialects/Graph/Cumulation.h"
#include "Rows.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// A loop along the dimension. Where it is the innermost, the running value is a
/// scalar in a loop nest; else it is a tensor that lacks the dimension, and each
/// step is element-wise.
class Cumulation {
public:
  Cumulation(CumulateOp op, Value input, Lowering &to)
      : op(op), input(input), to(to), sizes(to.sizes(op.getInput())),
        axis(*normalizeAxis(std::nullopt, op.getAxis(), sizes.size())),
        type(op.getType().getElementType()), element(to.element(type)),
        sumType(isa<FloatType>(type) ? getSumType(type) : element),
        start(to.constant(sumType, op.getKind() == CumKind::Prod)) {}

  Value lower() {
    bool isInnermost = axis + 1 == static_cast<int64_t>(sizes.size());
    return isInnermost ? alongRows() : acrossSlices();
  }

private:
  Value combine(Scalar s, Value running, Value x) {
    bool isFloat = isa<FloatType>(type);
    if (op.getKind() == CumKind::Sum)
      return isFloat ? s.add(running, x) : s.op<arith::AddIOp>({running, x});
    return isFloat ? s.mul(running, x) : s.op<arith::MulIOp>({running, x});
  }
  /// Floats change their width; integers stay.
  Value convert(Scalar s, Value x, Type type) {
    return isa<FloatType>(type) ? s.convert(x, type) : x;
  }
  /// Which element step `i` of the loop is about.
  Value position(IndexMath m, Value i) {
    if (!op.getReverse())
      return i;
    Value last = m.sub(to.asIndex(sizes[axis]), m.constant(1));
    return m.sub(last, i);
  }

  Value alongRows();
  Value acrossSlices();

  CumulateOp op;
  Value input;
  Lowering &to;
  SmallVector<OpFoldResult> sizes;
  int64_t axis;
  Type type, element, sumType;
  Value start;
};
} // namespace

Value Cumulation::alongRows() {
  SmallVector<Value> zeros(axis, to.constantIndex(0)), ends,
      ones(axis, to.constantIndex(1));
  for (OpFoldResult size : ArrayRef(sizes).drop_back())
    ends.push_back(to.asIndex(size));
  Value length = to.asIndex(sizes.back());
  auto row = [&](OpBuilder &b, Location loc, ValueRange at, Value result) {
    auto loop = scf::ForOp::create(
        b, loc, to.constantIndex(0), length, to.constantIndex(1),
        ValueRange{result, start},
        [&](OpBuilder &b, Location loc, Value i, ValueRange carried) {
          Scalar s{b, loc};
          SmallVector<Value> place(at);
          place.push_back(position({b, loc}, i));
          Value x = tensor::ExtractOp::create(b, loc, input, place);
          Value next = combine(s, carried[1], convert(s, x, sumType));
          Value own = convert(s, op.getExclusive() ? carried[1] : next, element);
          Value inserted =
              tensor::InsertOp::create(b, loc, own, carried[0], place);
          scf::YieldOp::create(b, loc, ValueRange{inserted, next});
        });
    return loop.getResult(0);
  };
  Value result = to.empty(sizes, element);
  if (axis == 0)
    return row(to.b, to.loc, {}, result);
  return scf::buildLoopNest(to.b, to.loc, zeros, ends, ones, result,
                            [&](OpBuilder &b, Location loc, ValueRange at,
                                ValueRange carried) -> scf::ValueVector {
                              return {row(b, loc, at, carried[0])};
                            })
      .results[0];
}

Value Cumulation::acrossSlices() {
  int64_t rank = sizes.size();
  SmallVector<OpFoldResult> part(sizes);
  part[axis] = to.b.getIndexAttr(1);
  AffineMap each = to.b.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> parallel(rank,
                                            utils::IteratorType::parallel);
  auto loop = scf::ForOp::create(
      to.b, to.loc, to.constantIndex(0), to.asIndex(sizes[axis]),
      to.constantIndex(1),
      ValueRange{to.empty(sizes, element), to.filled(part, start)});
  OpBuilder::InsertionGuard guard(to.b);
  to.b.setInsertionPointToEnd(loop.getBody());
  SmallVector<OpFoldResult> offsets(rank, to.b.getIndexAttr(0));
  offsets[axis] = position(to.math(), loop.getInductionVar());
  Value result = loop.getRegionIterArg(0), running = loop.getRegionIterArg(1);
  auto store = [&](Value values) {
    Value own = to.map(values, each, part, element,
                       [&](OpBuilder &b, Location loc, ValueRange in) {
                         return convert(Scalar{b, loc}, in[0], element);
                       });
    result = to.insert(own, result, offsets, part);
  };
  if (op.getExclusive())
    store(running);
  // In place: the running values are not needed any more.
  running = linalg::GenericOp::create(
                to.b, to.loc, running.getType(),
                to.slice(input, offsets, part), running,
                ArrayRef<AffineMap>{each, each}, parallel,
                [&](OpBuilder &b, Location loc, ValueRange in) {
                  Scalar s{b, loc};
                  Value next = combine(s, in[1], convert(s, in[0], sumType));
                  linalg::YieldOp::create(b, loc, next);
                })
                .getResult(0);
  if (!op.getExclusive())
    store(running);
  scf::YieldOp::create(to.b, to.loc, ValueRange{result, running});
  to.b.setInsertionPointAfter(loop);
  return loop.getResult(0);
}

namespace {
struct LowerCumulate : LoweringPattern<CumulateOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(CumulateOp op, Adaptor in, Lowering &to) const override {
    return {{Cumulation(op, in.getInput(), to).lower()}};
  }
};
} // namespace

void graphopt::populateCumulationLowering(LoweringPatterns to) {
  to.add<LowerCumulate>();
}
