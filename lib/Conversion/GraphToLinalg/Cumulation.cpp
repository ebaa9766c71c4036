#include "dialects/Graph/Cumulation.h"
#include "Rows.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

namespace {
/// A loop along the dimension. Where it is the innermost, the running value is a
/// scalar in a loop nest; else it is a tensor that lacks the dimension, and each
/// step is element-wise. A dimension that only the run knows is looked back along
/// from each element.
class Cumulation {
public:
  Cumulation(CumulateOp op, Value input, Lowering &to)
      : op(op), input(input), to(to), sizes(to.sizes(op.getInput())),
        rank(sizes.size()), type(op.getType().getElementType()), element(to.element(type)),
        sumType(isa<FloatType>(type) ? getSumType(type) : element),
        start(to.constant(sumType, op.getKind() == CumKind::Prod)) {}

  Value lower() {
    auto known = to.get(op.getAxis()).getConstantElements();
    if (!known)
      return lookBack();
    axis = *normalizeAxis(std::nullopt, known->front(), rank);
    return axis + 1 == rank ? alongRows() : acrossSlices();
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
  /// Which position in `dim` step `i` of a loop is about.
  Value position(IndexMath m, int64_t dim, Value i) {
    if (!op.getReverse())
      return i;
    return m.sub(m.sub(to.asIndex(sizes[dim]), m.constant(1)), i);
  }

  Value alongRows();
  Value acrossSlices();
  Value lookBack();
  Value readAxis();

  CumulateOp op;
  Value input;
  Lowering &to;
  SmallVector<OpFoldResult> sizes;
  int64_t rank, axis = -1;
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
          place.push_back(position({b, loc}, axis, i));
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
  offsets[axis] = position(to.math(), axis, loop.getInductionVar());
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

/// The axis counted from the front.
Value Cumulation::readAxis() {
  IndexMath m = to.math();
  SmallVector<Value> zeros(op.getAxis().getType().getRank(),
                           to.constantIndex(0));
  Value index = m.index(tensor::ExtractOp::create(
      to.b, to.loc, to.lowered(op.getAxis()), zeros));
  Value end = to.constantIndex(rank), zero = to.constantIndex(0);
  index = m.select(m.isNegative(index), m.add(index, end), index);
  to.require(m.andI(m.compare(P::sge, index, zero), m.compare(P::slt, index, end)),
             "the axis is not a dimension");
  return index;
}

/// All elements in order, each from the one before it along the axis.
Value Cumulation::lookBack() {
  Value dynamicAxis = readAxis(), zero = to.constantIndex(0);
  SmallVector<Value> zeros(rank, zero), ends,
      ones(rank, to.constantIndex(1));
  for (OpFoldResult size : sizes)
    ends.push_back(to.asIndex(size));
  return scf::buildLoopNest(
             to.b, to.loc, zeros, ends, ones, to.empty(sizes, element),
             [&](OpBuilder &b, Location loc, ValueRange steps,
                 ValueRange carried) -> scf::ValueVector {
               Scalar s{b, loc};
               IndexMath m{b, loc};
               SmallVector<Value> at, before;
               Value isFirst;
               for (auto [dim, step] : llvm::enumerate(steps)) {
                 Value isAxis =
                     m.compare(P::eq, dynamicAxis, m.constant(dim));
                 Value isStart = m.andI(isAxis, m.compare(P::eq, step, zero));
                 isFirst = isFirst ? m.orI(isFirst, isStart) : isStart;
                 Value back = m.max(m.sub(step, m.constant(1)), zero);
                 at.push_back(position(m, dim, step));
                 before.push_back(
                     position(m, dim, m.select(isAxis, back, step)));
               }
               Value running =
                   tensor::ExtractOp::create(b, loc, carried[0], before);
               Value x = tensor::ExtractOp::create(
                   b, loc, input, op.getExclusive() ? before : at);
               Value sum =
                   combine(s, s.select(isFirst, start, convert(s, running, sumType)),
                           convert(s, x, sumType));
               if (op.getExclusive())
                 sum = s.select(isFirst, start, sum);
               Value own = convert(s, sum, element);
               return {tensor::InsertOp::create(b, loc, own, carried[0], at)
                           .getResult()};
             })
      .results[0];
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
