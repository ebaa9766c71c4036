// Reductions: sums in blocks; vector loops that reduce, whose vector accumulators
// are folded at the end.

#include "VectorizeLinalgNest.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

/// `combiner` of two scalars or vectors.
static Value combine(OpBuilder &builder, Operation *combiner, Value lhs,
                     Value rhs) {
  OperationState state(combiner->getLoc(), combiner->getName());
  state.addOperands({lhs, rhs});
  state.addTypes(lhs.getType());
  state.addAttributes(combiner->getAttrs());
  return builder.create(state)->getResult(0);
}

//===----------------------------------------------------------------------===//
// Accurate sums
//===----------------------------------------------------------------------===//

/// Steps of a loop whose values are added up before they meet the total: the
/// error of n additions grows with n / kSumBlock + kSumBlock, not with n.
static constexpr int64_t kSumBlock = 32;

bool NestEmitter::addsManyFloats(Value lower, Value upper, int64_t step) {
  std::optional<int64_t> first = getConstantIntValue(lower);
  std::optional<int64_t> last = getConstantIntValue(upper);
  if (first && last && *last - *first <= 2 * kSumBlock * step)
    return false;
  bool adds = false;
  for (unsigned i = 0; i < op.getNumDpsInits(); ++i) {
    Operation *combiner = matchCombiner(op, i);
    if (!combiner)
      return false;
    adds |= isa<arith::AddFOp>(combiner);
  }
  return adds;
}

/// What `result`'s combiner leaves others as they are with, in `type`.
Value NestEmitter::neutral(unsigned result, Type type) {
  TypedAttr element = *arith::getNeutralElement(matchCombiner(op, result));
  if (auto vector = dyn_cast<VectorType>(type))
    element = DenseElementsAttr::get(vector, element);
  return arith::ConstantOp::create(builder, loc, element);
}

/// emitFor for an innermost reduction loop; `carried` holds groups of one
/// accumulator a result.
SmallVector<Value> NestEmitter::emitSumFor(Value lower, Value upper,
                                           int64_t step, Value &iv,
                                           ValueRange carried,
                                           EmitCarried body) {
  if (carried.empty() || !addsManyFloats(lower, upper, step))
    return emitFor(lower, upper, index(step), iv, carried, body);
  unsigned results = op.getNumDpsInits();
  Value blockStep = index(step * kSumBlock), start;
  return emitFor(lower, upper, blockStep, start, carried, [&](ValueRange totals) {
    Values sums;
    for (auto [i, total] : llvm::enumerate(totals))
      sums.push_back(neutral(i % results, total.getType()));
    Value end = arith::AddIOp::create(builder, loc, start, blockStep);
    end = arith::MinUIOp::create(builder, loc, end, upper);
    sums = emitFor(start, end, index(step), iv, sums, body);
    for (auto [i, total] : llvm::enumerate(totals))
      sums[i] = combine(builder, matchCombiner(op, i % results), total, sums[i]);
    return sums;
  });
}

//===----------------------------------------------------------------------===//
// Vector loops that reduce
//===----------------------------------------------------------------------===//

/// One sweep of the vector loop. `carried`: `unroll` groups of one accumulator
/// a result.
SmallVector<Value> NestEmitter::emitReductionSweep(int64_t unroll,
                                                   ValueRange carried) {
  VectorBounds bounds =
      vectorBounds(unroll, index(0), materialize(space.loops[*plan.loop].size));
  Value &iv = ivs[*plan.loop];
  unsigned numResults = op.getNumDpsInits();
  auto groups = [&](int64_t count) {
    return [this, count, numResults, &iv](ValueRange inner) {
      LaneEmitter emitter(builder, loc, Lanes{plan.lanes, {}, false});
      Value first = iv;
      Values next;
      for (int64_t u = 0; u < count; ++u) {
        if (u > 0)
          iv = arith::AddIOp::create(builder, loc, first,
                                     index(u * plan.lanes));
        next.append(
            emitPoint(emitter, inner.slice(u * numResults, numResults)));
      }
      return next;
    };
  };
  Values values = llvm::to_vector(carried);
  if (bounds.hasUnrolled)
    values = emitSumFor(bounds.begin, bounds.unrolledEnd, unroll * plan.lanes,
                        iv, values, groups(unroll));
  auto replaceFirst = [&](ValueRange first) {
    llvm::copy(first, values.begin());
  };
  auto firstGroup = [&] { return ValueRange(values).take_front(numResults); };
  if (bounds.hasGroups)
    replaceFirst(emitFor(bounds.unrolledEnd, bounds.groupEnd,
                         index(plan.lanes), iv, firstGroup(), groups(1)));
  if (!bounds.hasTail)
    return values;

  Value rest =
      arith::SubIOp::create(builder, loc, bounds.end, bounds.groupEnd);
  iv = bounds.groupEnd;
  auto tail = [&] {
    LaneEmitter emitter(builder, loc,
                        Lanes{plan.lanes, rest, traits.needsValidLanes});
    Values next = emitPoint(emitter, firstGroup());
    for (auto [value, old] : llvm::zip(next, values))
      value = emitter.selectActive(value, old);
    return next;
  };
  if (bounds.isStatic) {
    replaceFirst(tail());
    return values;
  }
  Value hasRest = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                        rest, index(0));
  auto branch = scf::IfOp::create(builder, loc, firstGroup().getTypes(),
                                  hasRest, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(builder, loc, tail());
    builder.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(builder, loc, firstGroup());
  }
  replaceFirst(branch.getResults());
  return values;
}

/// Folds the lanes of `vector` by halves.
static Value foldLanes(OpBuilder &builder, Operation *combiner, Value vector) {
  Location loc = combiner->getLoc();
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  for (int64_t half = lanes / 2; half > 1; half /= 2) {
    SmallVector<int64_t> low = llvm::to_vector(llvm::seq<int64_t>(0, half));
    SmallVector<int64_t> high =
        llvm::to_vector(llvm::seq<int64_t>(half, 2 * half));
    vector = combine(
        builder, combiner,
        vector::ShuffleOp::create(builder, loc, vector, vector, low),
        vector::ShuffleOp::create(builder, loc, vector, vector, high));
  }
  return combine(builder, combiner,
                 vector::ExtractOp::create(builder, loc, vector, 0),
                 vector::ExtractOp::create(builder, loc, vector, 1));
}

void NestEmitter::finishReduction(int64_t unroll, ValueRange carried) {
  LaneEmitter scalar(builder, loc, Lanes{});
  for (unsigned loop : otherLoops(/*reductions=*/true))
    ivs[loop] = index(0);
  ivs[*plan.loop] = index(0);
  MutableArrayRef<OpOperand> inits = op.getDpsInitsMutable();
  for (auto [i, init] : llvm::enumerate(inits)) {
    Operation *combiner = matchCombiner(op, i);
    Values parts;
    for (int64_t u = 0; u < unroll; ++u)
      parts.push_back(carried[u * inits.size() + i]);
    while (parts.size() > 1) { // pairwise
      size_t half = parts.size() / 2;
      for (size_t k = 0; k < half; ++k)
        parts[k] = combine(builder, combiner, parts[k],
                           parts[parts.size() - 1 - k]);
      parts.truncate(parts.size() - half);
    }
    Value total = foldLanes(builder, combiner, parts.front());
    Value start = loadOperand(init, scalar).scalar;
    storeResult(init, {combine(builder, combiner, start, total), 0, {}},
                scalar);
  }
}

void NestEmitter::emitReduction() {
  int64_t unroll = unrollFactor();
  Values start;
  for (int64_t u = 0; u < unroll; ++u)
    for (unsigned i = 0; i < op.getNumDpsInits(); ++i) {
      Type element = matchCombiner(op, i)->getResult(0).getType();
      start.push_back(neutral(i, VectorType::get({plan.lanes}, element)));
    }
  emitOuter(otherLoops(/*reductions=*/false), [&] {
    Values sums = emitNest(otherLoops(/*reductions=*/true), start,
                           [&](ValueRange carried) {
                             return emitReductionSweep(unroll, carried);
                           });
    finishReduction(unroll, sums);
  });
}
