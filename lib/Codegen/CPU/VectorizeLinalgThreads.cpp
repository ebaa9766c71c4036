// Cuts loops into items for threads. The items depend on the sizes only, never
// on the threads.

#include "VectorizeLinalgNest.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

/// Least work of an item, in vector instructions: about 5 us, ten times what it
/// costs to hand it to another thread that waits.
static constexpr int64_t kItemWork = 1 << 14;

/// Vector instructions of one run of the body, roughly.
int64_t NestEmitter::instructions() {
  constexpr int64_t kMathFunction = 12;
  int64_t count = op->getNumOperands();
  for (Operation &inner : op.getBlock()->without_terminator())
    count += isa<math::MathDialect>(inner.getDialect()) ? kMathFunction : 1;
  return count;
}

/// Instructions of one turn of the loops `outer`, times the lanes.
Monomial NestEmitter::workInside(ArrayRef<unsigned> outer) {
  Monomial work(instructions());
  for (unsigned l = 0; l < space.loops.size(); ++l)
    if (!llvm::is_contained(outer, l))
      work = work * space.loops[l].size;
  if (!plan.loop)
    work = work * Monomial(plan.lanes);
  return work;
}

/// `body` for ranges that make up 0 .. turns - 1 and begin at multiples of
/// `multiple`; each turn has `work` to do, in instructions times lanes.
void NestEmitter::emitItems(const Monomial &turns, const Monomial &work,
                            int64_t multiple, EmitRange body) {
  int64_t enough = kItemWork * plan.lanes;
  Value end = materialize(turns);
  Monomial total = turns * work;
  bool isSmall = total.isConstant() && total.factor < 2 * enough;
  if (!plan.isParallel || isSmall)
    return body(index(0), end);

  auto ceilDiv = [&](Value value, Value by) -> Value {
    return arith::CeilDivUIOp::create(builder, loc, value, by);
  };
  Value size; // turns an item
  if (work.isConstant()) {
    int64_t turnsNeeded = llvm::divideCeil(enough, std::max<int64_t>(
                                                       work.factor, 1));
    size = index(llvm::alignTo(turnsNeeded, multiple));
  } else {
    Value atLeastOne =
        arith::MaxUIOp::create(builder, loc, materialize(work), index(1));
    size = ceilDiv(index(enough), atLeastOne);
    if (multiple != 1)
      size = arith::MulIOp::create(builder, loc,
                                   ceilDiv(size, index(multiple)),
                                   index(multiple));
  }
  Value zero = index(0), one = index(1);
  auto items = scf::ParallelOp::create(builder, loc, zero, ceilDiv(end, size),
                                       one);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(items.getBody());
  Value first = arith::MulIOp::create(builder, loc,
                                      items.getInductionVars()[0], size);
  Value last = arith::AddIOp::create(builder, loc, first, size);
  last = arith::MinUIOp::create(builder, loc, last, end);
  body(first, last);
}

/// A nest of parallel loops.
void NestEmitter::emitOuter(ArrayRef<unsigned> outer, function_ref<void()> body) {
  // The first loop may be short, two together rarely are.
  constexpr int64_t kManyTurns = 16;
  Monomial turns(1);
  unsigned taken = 0;
  while (taken < outer.size() && taken < 2 &&
         !(turns.isConstant() && turns.factor >= kManyTurns))
    turns = turns * space.loops[outer[taken++]].size;
  auto inner = [&](ValueRange) {
    body();
    return Values();
  };
  if (taken == 0 || !plan.isParallel) {
    emitNest(outer, {}, inner);
    return;
  }
  Monomial work = workInside(outer.take_front(taken));
  emitItems(turns, work, 1, [&](Value begin, Value end) {
    Value turn;
    emitFor(begin, end, index(1), turn, {}, [&](ValueRange) {
      if (taken == 1) {
        ivs[outer[0]] = turn;
      } else {
        Value size = materialize(space.loops[outer[1]].size);
        ivs[outer[0]] = arith::DivUIOp::create(builder, loc, turn, size);
        ivs[outer[1]] = arith::RemUIOp::create(builder, loc, turn, size);
      }
      return emitNest(outer.drop_front(taken), {}, inner);
    });
  });
}

/// Parts of the vector loop.
void NestEmitter::emitChunks(int64_t multiple, EmitRange body) {
  emitItems(space.loops[*plan.loop].size, workInside({*plan.loop}), multiple,
            body);
}
