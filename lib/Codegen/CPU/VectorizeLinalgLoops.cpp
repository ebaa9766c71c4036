// The loops around the vector body of a linalg op.

#include "VectorizeLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt::cpu;

namespace {

/// The vector loop in three parts: unrolled groups, single groups, tail.
struct Bounds {
  Value zero, unrolledEnd, groupEnd, end;
  bool hasUnrolled, hasGroups, hasTail; // known at compile time
  bool isStatic;
};

class NestEmitter {
public:
  NestEmitter(linalg::LinalgOp op, const IterationSpace &space,
              const BodyTraits &traits, VectorPlan plan, OpBuilder &builder)
      : op(op), space(space), traits(traits), plan(plan), builder(builder),
        loc(op.getLoc()), ivs(space.loops.size()) {}

  void emit();

private:
  using Emit = function_ref<SmallVector<Value>(ValueRange carried)>;
  using EmitGroups = function_ref<SmallVector<Value>(
      int64_t unroll, Lanes lanes, ValueRange carried)>;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  SmallVector<Value> emitFor(Value lower, Value upper, Value step, Value &iv,
                             ValueRange carried, Emit body);
  SmallVector<Value> emitNest(ArrayRef<unsigned> loops, ValueRange carried,
                              Emit body);
  Bounds vectorBounds(int64_t unroll);
  int64_t unrollFactor() const;

  void emitParallel();
  void emitParallelGroups(int64_t unroll, Lanes lanes);
  void emitReduction();
  SmallVector<Value> emitReductionSweep(int64_t unroll, ValueRange carried);
  void finishReduction(int64_t unroll, ValueRange carried);

  LaneValue loadOperand(OpOperand &operand, LaneEmitter &emitter);
  SmallVector<Value> emitPoint(LaneEmitter &emitter, ValueRange accumulators);
  void storeResult(OpOperand &init, LaneValue value, LaneEmitter &emitter);
  const Access &accessOf(OpOperand &operand) const {
    return space.accesses[operand.getOperandNumber()];
  }
  Monomial vectorStride(const Access &access) const {
    return plan.loop ? access.strides[*plan.loop] : Monomial(0);
  }
  bool isVectorReduction() const {
    return plan.loop && space.loops[*plan.loop].isReduction;
  }
  SmallVector<unsigned> otherLoops(bool reductions) const;

  linalg::LinalgOp op;
  const IterationSpace &space;
  BodyTraits traits;
  VectorPlan plan;
  OpBuilder &builder;
  Location loc;
  SmallVector<Value> ivs; // one a loop; valid inside the loop
};

SmallVector<Value> NestEmitter::emitFor(Value lower, Value upper, Value step,
                                        Value &iv, ValueRange carried,
                                        Emit body) {
  auto loop = scf::ForOp::create(builder, loc, lower, upper, step, carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  iv = loop.getInductionVar();
  SmallVector<Value> next = body(loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(builder, loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> NestEmitter::emitNest(ArrayRef<unsigned> loops,
                                         ValueRange carried, Emit body) {
  if (loops.empty())
    return body(carried);
  unsigned loop = loops.front();
  Value size = space.materialize(space.loops[loop].size, builder, loc);
  return emitFor(index(0), size, index(1), ivs[loop], carried,
                 [&](ValueRange inner) {
                   return emitNest(loops.drop_front(), inner, body);
                 });
}

SmallVector<unsigned> NestEmitter::otherLoops(bool reductions) const {
  SmallVector<unsigned> loops;
  for (unsigned l = 0; l < space.loops.size(); ++l)
    if (l != plan.loop && space.loops[l].isReduction == reductions)
      loops.push_back(l);
  return loops;
}

/// Independent groups that hide the latency of an accumulation.
int64_t NestEmitter::unrollFactor() const {
  constexpr int64_t kUnroll = 4;
  const Monomial &size = space.loops[*plan.loop].size;
  if (!size.isConstant())
    return kUnroll;
  return std::clamp<int64_t>(size.factor / plan.lanes, 1, kUnroll);
}

Bounds NestEmitter::vectorBounds(int64_t unroll) {
  const Monomial &size = space.loops[*plan.loop].size;
  Bounds bounds;
  bounds.isStatic = size.isConstant();
  bounds.zero = index(0);
  bounds.end = space.materialize(size, builder, loc);
  int64_t big = unroll * plan.lanes;
  if (bounds.isStatic) {
    int64_t n = size.factor, unrolled = n / big * big,
            groups = n / plan.lanes * plan.lanes;
    bounds.unrolledEnd = index(unrolled);
    bounds.groupEnd = index(groups);
    bounds.hasUnrolled = unrolled > 0;
    bounds.hasGroups = groups > unrolled;
    bounds.hasTail = n > groups;
    return bounds;
  }
  auto roundDown = [&](int64_t multiple) -> Value {
    Value rest =
        arith::RemUIOp::create(builder, loc, bounds.end, index(multiple));
    return arith::SubIOp::create(builder, loc, bounds.end, rest);
  };
  bounds.unrolledEnd = roundDown(big);
  bounds.groupEnd = unroll == 1 ? bounds.unrolledEnd : roundDown(plan.lanes);
  bounds.hasUnrolled = true;
  bounds.hasGroups = unroll > 1;
  // A size that is a multiple of the lanes for every value of its symbols.
  bounds.hasTail = size.factor % plan.lanes != 0;
  return bounds;
}

LaneValue NestEmitter::loadOperand(OpOperand &operand, LaneEmitter &emitter) {
  const Access &access = accessOf(operand);
  if (!access.flat)
    return {operand.get(), 0, {}};
  Monomial stride = vectorStride(access);
  return emitter.load(access.flat,
                      space.flatIndex(access, ivs, builder, loc), stride,
                      space.materialize(stride, builder, loc));
}

void NestEmitter::storeResult(OpOperand &init, LaneValue value,
                              LaneEmitter &emitter) {
  const Access &access = accessOf(init);
  Monomial stride = vectorStride(access);
  emitter.store(value, access.flat,
                space.flatIndex(access, ivs, builder, loc), stride,
                space.materialize(stride, builder, loc));
}

/// The body at the current point; empty `accumulators`: no result is read.
SmallVector<Value> NestEmitter::emitPoint(LaneEmitter &emitter,
                                          ValueRange accumulators) {
  SmallVector<LaneValue> arguments;
  for (BlockArgument argument : op.getBlock()->getArguments()) {
    OpOperand &operand = *op.getMatchingOpOperand(argument);
    if (op.isDpsInit(&operand)) {
      if (accumulators.empty()) {
        arguments.push_back({});
        continue;
      }
      Value value = accumulators[operand.getOperandNumber() -
                                 op.getNumDpsInputs()];
      if (isa<VectorType>(value.getType()))
        arguments.push_back({{}, 0, value});
      else
        arguments.push_back({value, 0, {}});
    } else if (argument.use_empty()) {
      arguments.push_back({});
    } else {
      arguments.push_back(loadOperand(operand, emitter));
    }
  }
  SmallVector<LaneValue> yielded = emitter.emitBody(
      *op.getBlock(), arguments, [&](unsigned dim) -> LaneValue {
        std::optional<unsigned> loop = space.loopOfDim(dim);
        bool isVector = plan.lanes > 1 && loop == plan.loop;
        return {ivs[*loop], isVector ? 1 : 0, {}};
      });
  SmallVector<Value> values;
  for (LaneValue &value : yielded)
    values.push_back(emitter.asVector(value));
  return values;
}

//===----------------------------------------------------------------------===//
// The vector loop is parallel (or there is none).
//===----------------------------------------------------------------------===//

/// `unroll` groups of lanes side by side; the reduction loops run inside, with
/// the accumulators in registers.
void NestEmitter::emitParallelGroups(int64_t unroll, Lanes lanes) {
  SmallVector<unsigned> reductions = otherLoops(/*reductions=*/true);
  MutableArrayRef<OpOperand> inits = op.getDpsInitsMutable();
  bool readsInits =
      !reductions.empty() || llvm::any_of(inits, [&](OpOperand &init) {
        return op.payloadUsesValueFromOperand(&init);
      });

  Value first = plan.loop ? ivs[*plan.loop] : Value();
  SmallVector<LaneEmitter> emitters;
  for (int64_t u = 0; u < unroll; ++u)
    emitters.emplace_back(builder, loc, lanes);
  auto moveTo = [&](int64_t u) {
    if (plan.loop && u > 0)
      ivs[*plan.loop] = arith::AddIOp::create(builder, loc, first,
                                              index(u * lanes.count));
    else if (plan.loop)
      ivs[*plan.loop] = first;
  };

  SmallVector<Value> carried;
  // Results do not depend on the reduction loops; any point serves.
  for (unsigned loop : reductions)
    ivs[loop] = index(0);
  for (int64_t u = 0; readsInits && u < unroll; ++u) {
    moveTo(u);
    for (OpOperand &init : inits)
      carried.push_back(
          emitters[u].asVector(loadOperand(init, emitters[u])));
  }
  SmallVector<Value> results =
      emitNest(reductions, carried, [&](ValueRange inner) {
        SmallVector<Value> next;
        for (int64_t u = 0; u < unroll; ++u) {
          moveTo(u);
          ValueRange own = readsInits
                               ? inner.slice(u * inits.size(), inits.size())
                               : ValueRange();
          next.append(emitPoint(emitters[u], own));
        }
        return next;
      });
  for (unsigned loop : reductions)
    ivs[loop] = index(0);
  for (int64_t u = 0; u < unroll; ++u) {
    moveTo(u);
    for (auto [i, init] : llvm::enumerate(inits)) {
      Value value = results[u * inits.size() + i];
      bool isVector = isa<VectorType>(value.getType());
      storeResult(init,
                  isVector ? LaneValue{{}, 0, value} : LaneValue{value, 0, {}},
                  emitters[u]);
    }
  }
  if (plan.loop)
    ivs[*plan.loop] = first;
}

void NestEmitter::emitParallel() {
  SmallVector<unsigned> outer = otherLoops(/*reductions=*/false);
  emitNest(outer, {}, [&](ValueRange) {
    if (!plan.loop) {
      emitParallelGroups(1, Lanes{});
      return SmallVector<Value>();
    }
    Value &iv = ivs[*plan.loop];
    bool reduces = !otherLoops(/*reductions=*/true).empty();
    int64_t unroll = reduces ? unrollFactor() : 1;
    Bounds bounds = vectorBounds(unroll);
    auto groups = [&](int64_t count) {
      return [this, count](ValueRange) {
        emitParallelGroups(count, Lanes{plan.lanes, {}, false});
        return SmallVector<Value>();
      };
    };
    if (bounds.hasUnrolled)
      emitFor(bounds.zero, bounds.unrolledEnd, index(unroll * plan.lanes), iv,
              {}, groups(unroll));
    if (bounds.hasGroups)
      emitFor(bounds.unrolledEnd, bounds.groupEnd, index(plan.lanes), iv, {},
              groups(1));
    if (!bounds.hasTail)
      return SmallVector<Value>();
    Value rest =
        arith::SubIOp::create(builder, loc, bounds.end, bounds.groupEnd);
    iv = bounds.groupEnd;
    Lanes tail{plan.lanes, rest, traits.needsValidLanes};
    if (bounds.isStatic) {
      emitParallelGroups(1, tail);
      return SmallVector<Value>();
    }
    Value hasRest = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::ne, rest, bounds.zero);
    auto branch = scf::IfOp::create(builder, loc, hasRest);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    emitParallelGroups(1, tail);
    return SmallVector<Value>();
  });
}

//===----------------------------------------------------------------------===//
// The vector loop is a reduction: vector accumulators, folded at the end.
//===----------------------------------------------------------------------===//

/// One sweep of the vector loop. `carried`: `unroll` groups of one accumulator
/// a result.
SmallVector<Value> NestEmitter::emitReductionSweep(int64_t unroll,
                                                   ValueRange carried) {
  Bounds bounds = vectorBounds(unroll);
  Value &iv = ivs[*plan.loop];
  unsigned numResults = op.getNumDpsInits();
  auto groups = [&](int64_t count) {
    return [this, count, numResults, &iv](ValueRange inner) {
      LaneEmitter emitter(builder, loc, Lanes{plan.lanes, {}, false});
      Value first = iv;
      SmallVector<Value> next;
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
  SmallVector<Value> values = llvm::to_vector(carried);
  if (bounds.hasUnrolled)
    values = emitFor(bounds.zero, bounds.unrolledEnd,
                     index(unroll * plan.lanes), iv, values, groups(unroll));
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
    SmallVector<Value> next = emitPoint(emitter, firstGroup());
    for (auto [value, old] : llvm::zip(next, values))
      value = emitter.selectActive(value, old);
    return next;
  };
  if (bounds.isStatic) {
    replaceFirst(tail());
    return values;
  }
  Value hasRest = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                        rest, bounds.zero);
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

/// `combiner` of two scalars or vectors.
static Value combine(OpBuilder &builder, Operation *combiner, Value lhs,
                     Value rhs) {
  OperationState state(combiner->getLoc(), combiner->getName());
  state.addOperands({lhs, rhs});
  state.addTypes(lhs.getType());
  state.addAttributes(combiner->getAttrs());
  return builder.create(state)->getResult(0);
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
    SmallVector<Value> parts;
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
  SmallVector<Value> neutral;
  for (unsigned i = 0; i < op.getNumDpsInits(); ++i) {
    TypedAttr element = *arith::getNeutralElement(matchCombiner(op, i));
    auto type = VectorType::get({plan.lanes}, element.getType());
    neutral.push_back(arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, element)));
  }
  SmallVector<Value> start;
  for (int64_t u = 0; u < unroll; ++u)
    start.append(neutral);
  emitNest(otherLoops(/*reductions=*/false), {}, [&](ValueRange) {
    SmallVector<Value> sums =
        emitNest(otherLoops(/*reductions=*/true), start,
                 [&](ValueRange carried) {
                   return emitReductionSweep(unroll, carried);
                 });
    finishReduction(unroll, sums);
    return SmallVector<Value>();
  });
}

void NestEmitter::emit() {
  if (isVectorReduction())
    emitReduction();
  else
    emitParallel();
}

} // namespace

void graphopt::cpu::emitLoops(linalg::LinalgOp op, const IterationSpace &space,
                              const BodyTraits &traits, VectorPlan plan,
                              OpBuilder &builder) {
  NestEmitter(op, space, traits, plan, builder).emit();
}
