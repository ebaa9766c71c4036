// The loops around the vector body of a linalg op; see NestEmitter.

#include "VectorizeLinalgNest.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

SmallVector<Value> NestEmitter::emitFor(Value lower, Value upper, Value step,
                                        Value &iv, ValueRange carried,
                                        EmitCarried body) {
  auto loop = scf::ForOp::create(builder, loc, lower, upper, step, carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  iv = loop.getInductionVar();
  Values next = body(loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(builder, loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> NestEmitter::emitNest(ArrayRef<unsigned> loops,
                                         ValueRange carried, EmitCarried body) {
  if (loops.empty())
    return body(carried);
  unsigned loop = loops.front();
  Value end = materialize(space.loops[loop].size);
  if (space.loops[loop].isReduction && loops.size() == 1)
    return emitSumFor(index(0), end, 1, ivs[loop], carried, body);
  return emitFor(index(0), end, index(1), ivs[loop], carried,
                 [&](ValueRange inner) {
                   return emitNest(loops.drop_front(), inner, body);
                 });
}

void NestEmitter::emitIf(Value condition, function_ref<void()> body) {
  auto branch = scf::IfOp::create(builder, loc, condition);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  body();
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

/// `begin` is a multiple of the lanes of all groups together.
VectorBounds NestEmitter::vectorBounds(int64_t unroll, Value begin, Value end) {
  const Monomial &size = space.loops[*plan.loop].size;
  int64_t together = unroll * plan.lanes;
  VectorBounds bounds;
  bounds.begin = begin;
  bounds.end = end;
  std::optional<int64_t> first = getConstantIntValue(begin);
  std::optional<int64_t> last = getConstantIntValue(end);
  bounds.isStatic = first && last;
  if (bounds.isStatic) {
    int64_t unrolled = *last / together * together;
    int64_t groups = *last / plan.lanes * plan.lanes;
    bounds.unrolledEnd = index(unrolled);
    bounds.groupEnd = index(groups);
    bounds.hasUnrolled = unrolled > *first;
    bounds.hasGroups = groups > unrolled;
    bounds.hasTail = *last > groups;
    return bounds;
  }
  auto roundDown = [&](int64_t multiple) -> Value {
    Value rest = arith::RemUIOp::create(builder, loc, end, index(multiple));
    return arith::SubIOp::create(builder, loc, end, rest);
  };
  bounds.unrolledEnd = roundDown(together);
  bounds.groupEnd = unroll == 1 ? bounds.unrolledEnd : roundDown(plan.lanes);
  bounds.hasUnrolled = true;
  bounds.hasGroups = unroll > 1;
  // Sizes like 16 * n are multiples of the lanes whatever n is.
  bounds.hasTail = size.factor % plan.lanes != 0;
  return bounds;
}

static LaneValue asLaneValue(Value value) {
  if (isa<VectorType>(value.getType()))
    return {{}, 0, value};
  return {value, 0, {}};
}

/// Loads the inputs that are the same for all of the vector loop: its stores keep LLVM
/// from it.
void NestEmitter::loadUniform() {
  if (!otherLoops(/*reductions=*/true).empty())
    return;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    const Access &access = accessOf(*operand);
    if (access.flat && vectorStride(access).is(0) && !access.isNonlinearIn(*plan.loop) &&
        op.payloadUsesValueFromOperand(operand))
      loaded[operand->getOperandNumber()] = memref::LoadOp::create(
          builder, loc, access.flat, space.flatIndex(access, ivs, builder, loc));
  }
}

LaneValue NestEmitter::loadOperand(OpOperand &operand, LaneEmitter &emitter) {
  const Access &access = accessOf(operand);
  if (!access.flat)
    return {operand.get(), 0, {}};
  if (Value value = loaded.lookup(operand.getOperandNumber()))
    return asLaneValue(value);
  Monomial stride = vectorStride(access);
  return emitter.load(access.flat, space.flatIndex(access, ivs, builder, loc),
                      stride, materialize(stride));
}

void NestEmitter::storeResult(OpOperand &init, LaneValue value,
                              LaneEmitter &emitter) {
  const Access &access = accessOf(init);
  Monomial stride = vectorStride(access);
  emitter.store(value, access.flat, space.flatIndex(access, ivs, builder, loc),
                stride, materialize(stride));
}

/// The body at the current point; empty `accumulators`: no result is read.
SmallVector<Value> NestEmitter::emitPoint(LaneEmitter &emitter,
                                          ValueRange accumulators) {
  SmallVector<LaneValue> arguments;
  for (BlockArgument argument : op.getBlock()->getArguments()) {
    OpOperand &operand = *op.getMatchingOpOperand(argument);
    bool isInit = op.isDpsInit(&operand);
    if (isInit ? accumulators.empty() : argument.use_empty())
      arguments.push_back({});
    else if (isInit)
      arguments.push_back(asLaneValue(
          accumulators[operand.getOperandNumber() - op.getNumDpsInputs()]));
    else
      arguments.push_back(loadOperand(operand, emitter));
  }
  SmallVector<LaneValue> yielded = emitter.emitBody(
      *op.getBlock(), arguments, [&](unsigned dim) -> LaneValue {
        std::optional<unsigned> loop = space.loopOfDim(dim);
        bool isVector = plan.lanes > 1 && loop == plan.loop;
        return {ivs[*loop], isVector ? 1 : 0, {}};
      });
  Values values;
  for (LaneValue &value : yielded)
    values.push_back(emitter.asVector(value));
  return values;
}

/// `unroll` groups of lanes side by side; the reduction loops run inside, with
/// the accumulators in registers.
void NestEmitter::emitGroups(int64_t unroll, Lanes lanes) {
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
  // Results do not depend on the reduction loops; any point serves.
  auto leaveReductions = [&] {
    for (unsigned loop : reductions)
      ivs[loop] = index(0);
  };

  Values carried;
  leaveReductions();
  for (int64_t u = 0; readsInits && u < unroll; ++u) {
    moveTo(u);
    for (OpOperand &init : inits)
      carried.push_back(emitters[u].asVector(loadOperand(init, emitters[u])));
  }
  Values results = emitNest(reductions, carried, [&](ValueRange inner) {
    Values next;
    for (int64_t u = 0; u < unroll; ++u) {
      moveTo(u);
      next.append(emitPoint(
          emitters[u], readsInits ? inner.slice(u * inits.size(), inits.size())
                                  : ValueRange()));
    }
    return next;
  });
  leaveReductions();
  for (int64_t u = 0; u < unroll; ++u) {
    moveTo(u);
    for (auto [i, init] : llvm::enumerate(inits))
      storeResult(init, asLaneValue(results[u * inits.size() + i]),
                  emitters[u]);
  }
  if (plan.loop)
    ivs[*plan.loop] = first;
}

void NestEmitter::emitVectorLoop(int64_t unroll, Value begin, Value end) {
  Value &iv = ivs[*plan.loop];
  VectorBounds bounds = vectorBounds(unroll, begin, end);
  iv = begin;
  loadUniform();
  llvm::scope_exit forget([&] { loaded.clear(); });
  auto groups = [&](int64_t count) {
    return [this, count](ValueRange) {
      emitGroups(count, Lanes{plan.lanes, {}, false});
      return Values();
    };
  };
  if (bounds.hasUnrolled)
    emitFor(bounds.begin, bounds.unrolledEnd, index(unroll * plan.lanes), iv, {},
            groups(unroll));
  if (bounds.hasGroups)
    emitFor(bounds.unrolledEnd, bounds.groupEnd, index(plan.lanes), iv, {},
            groups(1));
  if (!bounds.hasTail)
    return;
  Value rest =
      arith::SubIOp::create(builder, loc, bounds.end, bounds.groupEnd);
  iv = bounds.groupEnd;
  auto tail = [&] {
    emitGroups(1, Lanes{plan.lanes, rest, traits.needsValidLanes});
  };
  if (bounds.isStatic)
    return tail();
  emitIf(arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, rest,
                               index(0)),
         tail);
}

/// The vector loop is parallel, or there is none.
void NestEmitter::emitParallel() {
  SmallVector<unsigned> outer = otherLoops(/*reductions=*/false);
  if (!plan.loop)
    return emitOuter(outer, [&] { emitGroups(1, Lanes{}); });
  bool reduces = !otherLoops(/*reductions=*/true).empty();
  int64_t unroll = reduces ? unrollFactor() : 1;
  if (outer.empty())
    return emitChunks(unroll * plan.lanes, [&](Value begin, Value end) {
      emitVectorLoop(unroll, begin, end);
    });
  emitOuter(outer, [&] {
    emitVectorLoop(unroll, index(0),
                   materialize(space.loops[*plan.loop].size));
  });
}

void NestEmitter::emit() {
  if (plan.loop && space.loops[*plan.loop].isReduction)
    emitReduction();
  else if (plan.rowLoop)
    emitTiled();
  else
    emitParallel();
}

void graphopt::cpu::emitLoops(linalg::LinalgOp op, const IterationSpace &space,
                              const BodyTraits &traits, VectorPlan plan,
                              OpBuilder &builder) {
  NestEmitter(op, space, traits, plan, builder).emit();
}
