#include "Heap.h"
#include "Selection.h"
#include "Sorting.h"
#include "dialects/Graph/Sorting.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

namespace {
/// One box as an interval in each of two dimensions.
struct Box {
  Value low[2], high[2];

  static Box read(IndexMath m, Value boxes, Value batch, Value box,
                  bool isCentered) {
    auto entry = [&](int64_t i) -> Value {
      return tensor::ExtractOp::create(m.b, m.loc, boxes,
                                       ValueRange{batch, box, m.constant(i)});
    };
    Box result;
    for (int64_t dim : {0, 1}) {
      Value x = entry(dim), y = entry(dim + 2);
      if (!isCentered) {
        result.low[dim] = m.op<arith::MinimumFOp>(x, y);
        result.high[dim] = m.op<arith::MaximumFOp>(x, y);
        continue;
      }
      Value half = m.op<arith::MulFOp>(y, constant(m, 0.5));
      result.low[dim] = m.op<arith::SubFOp>(x, half);
      result.high[dim] = m.op<arith::AddFOp>(x, half);
    }
    return result;
  }

  static Value constant(IndexMath m, double value) {
    return arith::ConstantOp::create(m.b, m.loc, m.b.getF32FloatAttr(value));
  }

  Value area(IndexMath m) const {
    return m.op<arith::MulFOp>(m.op<arith::SubFOp>(high[0], low[0]),
                               m.op<arith::SubFOp>(high[1], low[1]));
  }

  /// Whether intersection over union is more than `limit`; not of empty boxes.
  Value overlaps(IndexMath m, const Box &other, Value limit) const {
    Value zero = constant(m, 0);
    auto isGreater = [&](Value x, Value y) -> Value {
      return arith::CmpFOp::create(m.b, m.loc, arith::CmpFPredicate::OGT, x, y);
    };
    Box common;
    Value result;
    auto require = [&](Value condition) {
      result = result ? m.andI(result, condition) : condition;
    };
    for (int64_t dim : {0, 1}) {
      common.low[dim] = m.op<arith::MaximumFOp>(low[dim], other.low[dim]);
      common.high[dim] = m.op<arith::MinimumFOp>(high[dim], other.high[dim]);
      require(isGreater(common.high[dim], common.low[dim]));
    }
    Value intersection = common.area(m), own = area(m), others = other.area(m);
    Value both = m.op<arith::SubFOp>(m.op<arith::AddFOp>(own, others),
                                     intersection);
    for (Value size : {intersection, own, others, both})
      require(isGreater(size, zero));
    require(isGreater(m.op<arith::DivFOp>(intersection, both), limit));
    return result;
  }
};

/// Each class has its candidates sorted by score, then kept one after the other
/// unless they overlap one that was kept.
struct LowerNonMaxSuppression : LoweringPattern<NonMaxSuppressionOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(NonMaxSuppressionOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> boxes = to.get(op.getBoxes()).dims,
                         scores = to.get(op.getScores()).dims;
    to.requireEqual(boxes[0], scores[0], "boxes and scores differ in batches");
    to.requireEqual(boxes[1], scores[2], "there are more or less scores than boxes");
    to.requireEqual(boxes[2], to.shapes.constant(4), "boxes are not four numbers");
    IndexMath m = to.math();
    Type i64 = to.b.getI64Type();
    Value zero = to.constantIndex(0);
    Value count = to.asIndex(to.size(boxes[1]));
    Value limit = op.getMaxBoxes() ? m.index(readScalar(to, op.getMaxBoxes())) : zero;
    limit = m.clamp(limit, zero, count);
    Value overlap = op.getOverlap() ? readScalar(to, op.getOverlap())
                                    : Box::constant(m, 0);
    Value threshold;
    if (op.getThreshold())
      threshold = readScalar(to, op.getThreshold());

    SmallVector<OpFoldResult> classes = to.sizes(scores.take_front(2));
    Value rows = m.mul(limit, m.mul(to.asIndex(classes[0]), to.asIndex(classes[1])));
    // A slice starts inside of its tensor.
    rows = m.max(rows, to.constantIndex(1));
    Value kept = to.empty({getAsOpFoldResult(rows), to.b.getIndexAttr(3)}, i64);
    Value items = to.empty(getAsOpFoldResult(count), i64);
    auto nest = scf::buildLoopNest(
        to.b, to.loc, {zero, zero},
        {to.asIndex(classes[0]), to.asIndex(classes[1])},
        {to.constantIndex(1), to.constantIndex(1)}, {kept, zero, items},
        [&](OpBuilder &b, Location loc, ValueRange at, ValueRange state) {
          return keepClass(op, in, to, at, state, count, limit, overlap,
                           threshold);
        });
    return {{to.slice(nest.results[0],
                      {to.b.getIndexAttr(0), to.b.getIndexAttr(0)},
                      {getAsOpFoldResult(nest.results[1]), to.b.getIndexAttr(3)})}};
  }

  /// State: rows kept so far, their number, room for the items of a class.
  static scf::ValueVector keepClass(NonMaxSuppressionOp op, Adaptor in,
                                    Lowering &to, ValueRange at,
                                    ValueRange state, Value count, Value limit,
                                    Value overlap, Value threshold) {
    IndexMath m = to.math();
    Value batch = at[0], first = state[1];
    auto score = [&](IndexMath m, Value item) -> Value {
      return tensor::ExtractOp::create(m.b, m.loc, in.getScores(),
                                       ValueRange{batch, at[1], item});
    };
    Value items, candidates;
    std::tie(items, candidates) =
        collect(to, state[2], count, [&](IndexMath m, Value item) -> Value {
          if (!threshold)
            return arith::ConstantIntOp::create(m.b, m.loc, 1, 1);
          return arith::CmpFOp::create(m.b, m.loc, arith::CmpFPredicate::OGT,
                                       score(m, item), threshold);
        });
    Heap heap(to.b, to.loc, [&](IndexMath m, Value i, Value j) {
      return isBefore(m, to.b.getF32Type(), score(m, j), score(m, i), i, j);
    });
    items = heap.sort(heap.build(items, candidates), candidates);

    auto loop = scf::ForOp::create(
        to.b, to.loc, m.constant(0), candidates, m.constant(1),
        ValueRange{state[0], first},
        [&](OpBuilder &b, Location loc, Value i, ValueRange kept) {
          IndexMath m{b, loc};
          Value item = m.index(tensor::ExtractOp::create(b, loc, items, i));
          Value isKept = isFree(op, in, m, batch, item, kept, first, limit, overlap);
          auto branch = scf::IfOp::create(
              b, loc, isKept,
              [&](OpBuilder &b, Location loc) {
                Value rows = kept[0];
                SmallVector<Value> row{batch, at[1], item};
                for (auto [column, value] : llvm::enumerate(row))
                  rows = tensor::InsertOp::create(
                      b, loc, m.cast(b.getI64Type(), value), rows,
                      ValueRange{kept[1], m.constant(column)});
                Value next = m.add(kept[1], m.constant(1));
                scf::YieldOp::create(b, loc, ValueRange{rows, next});
              },
              [&](OpBuilder &b, Location loc) {
                scf::YieldOp::create(b, loc, kept);
              });
          scf::YieldOp::create(b, loc, branch.getResults());
        });
    return {loop.getResult(0), loop.getResult(1), items};
  }

  /// The numbers below `count` for which `holds`, at the front of `items`; and
  /// how many they are.
  static std::pair<Value, Value>
  collect(Lowering &to, Value items, Value count,
          llvm::function_ref<Value(IndexMath, Value)> holds) {
    IndexMath m = to.math();
    auto loop = scf::ForOp::create(
        to.b, to.loc, m.constant(0), count, m.constant(1),
        ValueRange{items, m.constant(0)},
        [&](OpBuilder &b, Location loc, Value item, ValueRange state) {
          IndexMath m{b, loc};
          auto branch = scf::IfOp::create(
              b, loc, holds(m, item),
              [&](OpBuilder &b, Location loc) {
                Value more = tensor::InsertOp::create(
                    b, loc, m.cast(b.getI64Type(), item), state[0], state[1]);
                Value next = m.add(state[1], m.constant(1));
                scf::YieldOp::create(b, loc, ValueRange{more, next});
              },
              [&](OpBuilder &b, Location loc) {
                scf::YieldOp::create(b, loc, state);
              });
          scf::YieldOp::create(b, loc, branch.getResults());
        });
    return {loop.getResult(0), loop.getResult(1)};
  }

  /// Whether there is room for `item`, and no box kept from `first` on overlaps.
  static Value isFree(NonMaxSuppressionOp op, Adaptor in, IndexMath m,
                      Value batch, Value item, ValueRange kept, Value first,
                      Value limit, Value overlap) {
    Value isRoom = m.compare(P::slt, m.sub(kept[1], first), limit);
    Value end = m.select(isRoom, kept[1], first);
    Box own = Box::read(m, in.getBoxes(), batch, item, op.getCentered());
    auto loop = scf::WhileOp::create(
        m.b, m.loc, TypeRange{m.b.getIndexType()}, ValueRange{first},
        [&](OpBuilder &b, Location loc, ValueRange at) {
          Value isInside = m.compare(P::slt, at[0], end);
          auto goesOn = scf::IfOp::create(
              b, loc, isInside,
              [&](OpBuilder &b, Location loc) {
                Value other = m.index(tensor::ExtractOp::create(
                    b, loc, kept[0], ValueRange{at[0], m.constant(2)}));
                Box box = Box::read(m, in.getBoxes(), batch, other,
                                    op.getCentered());
                Value no = arith::ConstantIntOp::create(b, loc, 0, 1);
                scf::YieldOp::create(
                    b, loc,
                    m.compare(P::eq, own.overlaps(m, box, overlap), no));
              },
              [&](OpBuilder &b, Location loc) {
                scf::YieldOp::create(b, loc, isInside);
              });
          scf::ConditionOp::create(b, loc, goesOn.getResult(0), at);
        },
        [&](OpBuilder &b, Location loc, ValueRange at) {
          scf::YieldOp::create(b, loc, m.add(at[0], m.constant(1)));
        });
    return m.andI(isRoom, m.compare(P::eq, loop.getResult(0), end));
  }
};
} // namespace

void graphopt::populateNonMaxSuppressionLowering(LoweringPatterns to) {
  to.add<LowerNonMaxSuppression>();
}
