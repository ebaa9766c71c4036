// Clones the body of a linalg op for a group of lanes; see LaneEmitter.

#include "VectorizeLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

Type LaneValue::elementType() const {
  return scalar ? scalar.getType()
                : cast<VectorType>(vector.getType()).getElementType();
}

LaneEmitter::LaneEmitter(OpBuilder &builder, Location loc, Lanes lanes)
    : builder(builder), loc(loc), lanes(lanes) {
  if (lanes.active)
    mask = vector::CreateMaskOp::create(
        builder, loc, vectorOf(builder.getI1Type()), lanes.active);
}

VectorType LaneEmitter::vectorOf(Type element) const {
  return VectorType::get({lanes.count}, element);
}

Value LaneEmitter::selectActive(Value onTrue, Value onFalse) {
  if (!mask)
    return onTrue;
  return arith::SelectOp::create(builder, loc, mask, onTrue, onFalse);
}

/// The distance of lane `i` from lane 0: `i`, or 0 if the lane is inactive.
Value LaneEmitter::laneOffset(int64_t i) {
  Value offset = arith::ConstantIndexOp::create(builder, loc, i);
  if (!lanes.active || i == 0)
    return offset;
  Value isActive = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, offset, lanes.active);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  return arith::SelectOp::create(builder, loc, isActive, offset, zero);
}

Value LaneEmitter::asVector(const LaneValue &value) {
  if (value.vector)
    return value.vector;
  Type element = value.scalar.getType();
  if (lanes.count == 1 && value.isUniform())
    return value.scalar;
  VectorType type = vectorOf(element);
  Value base =
      vector::BroadcastOp::create(builder, loc, type, value.scalar);
  if (value.isUniform())
    return base;
  SmallVector<Attribute> steps;
  for (int64_t i = 0; i < lanes.count; ++i)
    steps.push_back(builder.getIntegerAttr(element, i * value.step));
  Value offsets = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, steps));
  if (lanes.active && lanes.repeatFirst) {
    Value zeros = arith::ConstantOp::create(builder, loc,
                                            builder.getZeroAttr(type));
    offsets = selectActive(offsets, zeros);
  }
  return arith::AddIOp::create(builder, loc, base, offsets);
}

Value LaneEmitter::lane(const LaneValue &value, int64_t i) {
  if (value.isUniform())
    return value.scalar;
  if (value.vector)
    return vector::ExtractOp::create(builder, loc, value.vector, i);
  Value offset = laneOffset(i);
  if (!value.scalar.getType().isIndex())
    offset = arith::IndexCastOp::create(builder, loc, value.scalar.getType(),
                                        offset);
  if (value.step != 1) {
    Value step = arith::ConstantOp::create(
        builder, loc, builder.getIntegerAttr(offset.getType(), value.step));
    offset = arith::MulIOp::create(builder, loc, offset, step);
  }
  return arith::AddIOp::create(builder, loc, value.scalar, offset);
}

/// Puts lane 0 into the inactive lanes.
Value LaneEmitter::repeatFirst(Value vector) {
  if (!lanes.active || !lanes.repeatFirst)
    return vector;
  Value first = vector::ExtractOp::create(builder, loc, vector, 0);
  Value all =
      vector::BroadcastOp::create(builder, loc, vector.getType(), first);
  return selectActive(vector, all);
}

/// A load of consecutive elements; nothing is read for inactive lanes.
static Value loadVector(OpBuilder &builder, Location loc, VectorType type,
                        Value memref, ValueRange indices, Value mask) {
  if (!mask)
    return vector::LoadOp::create(builder, loc, type, memref, indices);
  Value zeros =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, memref, indices,
                                      mask, zeros);
}

LaneValue LaneEmitter::load(Value flat, Value index, const Monomial &stride,
                            Value strideValue) {
  Type element = cast<MemRefType>(flat.getType()).getElementType();
  if (lanes.count == 1 || stride.is(0))
    return {memref::LoadOp::create(builder, loc, flat, index), 0, {}};
  VectorType type = vectorOf(element);
  if (stride.is(1)) {
    Value loaded = loadVector(builder, loc, type, flat, index,
                              mask);
    return {{}, 0, repeatFirst(loaded)};
  }
  SmallVector<Value> elements;
  for (int64_t i = 0; i < lanes.count; ++i) {
    Value distance =
        arith::MulIOp::create(builder, loc, laneOffset(i), strideValue);
    Value at = arith::AddIOp::create(builder, loc, index, distance);
    elements.push_back(memref::LoadOp::create(builder, loc, flat, at));
  }
  return {{}, 0, vector::FromElementsOp::create(builder, loc, type, elements)};
}

void LaneEmitter::store(LaneValue value, Value flat, Value index,
                        const Monomial &stride, Value strideValue) {
  if (lanes.count == 1 || stride.is(0)) {
    memref::StoreOp::create(builder, loc, lane(value, 0), flat, index);
    return;
  }
  if (stride.is(1)) {
    if (lanes.active)
      vector::MaskedStoreOp::create(builder, loc, flat, index, mask,
                                    asVector(value));
    else
      vector::StoreOp::create(builder, loc, asVector(value), flat, index);
    return;
  }
  // Inactive lanes equal lane 0 and write its value to its place once more.
  assert((!lanes.active || lanes.repeatFirst) && "inactive lanes hold padding");
  for (int64_t i = 0; i < lanes.count; ++i) {
    Value distance =
        arith::MulIOp::create(builder, loc, laneOffset(i), strideValue);
    Value at = arith::AddIOp::create(builder, loc, index, distance);
    memref::StoreOp::create(builder, loc, lane(value, i), flat, at);
  }
}

/// Values from outside the body are the same in all lanes.
LaneValue LaneEmitter::lookup(Value value, const Values &values) {
  auto it = values.find(value);
  return it == values.end() ? LaneValue{value, 0, {}} : it->second;
}

/// Constant of an integer-like uniform value.
static std::optional<int64_t> constantOf(const LaneValue &value) {
  APInt constant;
  if (value.isUniform() && matchPattern(value.scalar, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

/// Keeps `base + step * lane` of integers as scalars through + - * and casts.
bool LaneEmitter::emitLinear(Operation &op, Values &values) {
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::IndexCastOp,
           arith::IndexCastUIOp>(op))
    return false;
  SmallVector<LaneValue> operands;
  for (Value operand : op.getOperands())
    operands.push_back(lookup(operand, values));
  if (!llvm::all_of(operands, [](auto &v) { return v.isLinear(); }))
    return false;
  Type type = op.getResult(0).getType();
  int64_t step;
  if (isa<arith::AddIOp>(op)) {
    step = operands[0].step + operands[1].step;
  } else if (isa<arith::SubIOp>(op)) {
    step = operands[0].step - operands[1].step;
  } else if (isa<arith::MulIOp>(op)) {
    auto lhs = constantOf(operands[0]), rhs = constantOf(operands[1]);
    if (!lhs && !rhs)
      return false;
    step = rhs ? operands[0].step * *rhs : operands[1].step * *lhs;
  } else {
    // A narrow sum may wrap between lanes; a 64-bit one does not.
    Type from = op.getOperand(0).getType();
    if (!from.isIndex() && !from.isInteger(64))
      return false;
    step = operands[0].step;
  }
  IRMapping map;
  for (auto [from, to] : llvm::zip_equal(op.getOperands(), operands))
    map.map(from, to.scalar);
  values[op.getResult(0)] = {builder.clone(op, map)->getResult(0), step, {}};
  assert(values[op.getResult(0)].scalar.getType() == type);
  (void)type;
  return true;
}

/// All operands are uniform: one scalar op.
void LaneEmitter::emitScalar(Operation &op, Values &values) {
  IRMapping map;
  for (auto &[from, to] : values)
    if (to.isUniform())
      map.map(from, to.scalar);
  Operation *clone = builder.clone(op, map);
  for (auto [from, to] : llvm::zip_equal(op.getResults(), clone->getResults()))
    values[from] = {to, 0, {}};
}

void LaneEmitter::emitElementwise(Operation &op, Values &values) {
  OperationState state(op.getLoc(), op.getName());
  for (Value operand : op.getOperands())
    state.addOperands(asVector(lookup(operand, values)));
  for (Type type : op.getResultTypes())
    state.addTypes(vectorOf(type));
  state.addAttributes(op.getAttrs());
  Operation *clone = builder.create(state);
  for (auto [from, to] : llvm::zip_equal(op.getResults(), clone->getResults()))
    values[from] = {{}, 0, to};
}

/// memref.load: a vector load if only the last index moves, by 1 a lane.
void LaneEmitter::emitLoad(Operation &op, Values &values) {
  auto load = cast<memref::LoadOp>(op);
  SmallVector<LaneValue> indices;
  for (Value index : load.getIndices())
    indices.push_back(lookup(index, values));
  MemRefType memref = load.getMemRefType();
  bool isContiguous = !indices.empty() && memref.isLastDimUnitStride() &&
                      indices.back().isLinear() && indices.back().step == 1 &&
                      !memref.getElementType().isInteger(1);
  for (LaneValue &index : MutableArrayRef(indices).drop_back())
    isContiguous &= index.isUniform();
  if (!isContiguous)
    return emitLanewise(op, values);
  SmallVector<Value> first;
  for (LaneValue &index : indices)
    first.push_back(index.scalar);
  Value loaded = loadVector(builder, loc, vectorOf(memref.getElementType()),
                            load.getMemRef(), first,
                            mask);
  values[load.getResult()] = {{}, 0, repeatFirst(loaded)};
}

/// An op without a vector form: one scalar copy a lane.
void LaneEmitter::emitLanewise(Operation &op, Values &values) {
  SetVector<Value> used(op.operand_begin(), op.operand_end());
  getUsedValuesDefinedAbove(op.getRegions(), used);
  SmallVector<SmallVector<Value>> results(op.getNumResults());
  for (int64_t i = 0; i < lanes.count; ++i) {
    IRMapping map;
    for (Value value : used)
      map.map(value, lane(lookup(value, values), i));
    Operation *clone = builder.clone(op, map);
    for (auto [list, result] : llvm::zip_equal(results, clone->getResults()))
      list.push_back(result);
  }
  for (auto [from, elements] : llvm::zip_equal(op.getResults(), results))
    values[from] = {{},
                    0,
                    vector::FromElementsOp::create(
                        builder, loc, vectorOf(from.getType()), elements)};
}

SmallVector<LaneValue>
LaneEmitter::emitBody(Block &body, ArrayRef<LaneValue> arguments,
                      function_ref<LaneValue(unsigned dim)> index) {
  Values values;
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), arguments))
    values[argument] = value;
  for (Operation &op : body.without_terminator()) {
    if (auto indexOp = dyn_cast<linalg::IndexOp>(op)) {
      values[indexOp.getResult()] = index(indexOp.getDim());
      continue;
    }
    SetVector<Value> used(op.operand_begin(), op.operand_end());
    getUsedValuesDefinedAbove(op.getRegions(), used);
    bool isUniform = lanes.count == 1 || llvm::all_of(used, [&](Value v) {
      return lookup(v, values).isUniform();
    });
    if (isUniform)
      emitScalar(op, values);
    else if (emitLinear(op, values))
      continue;
    else if (OpTrait::hasElementwiseMappableTraits(&op))
      emitElementwise(op, values);
    else if (isa<memref::LoadOp>(op))
      emitLoad(op, values);
    else
      emitLanewise(op, values);
  }
  SmallVector<LaneValue> yielded;
  for (Value value : body.getTerminator()->getOperands())
    yielded.push_back(lookup(value, values));
  return yielded;
}

BodyTraits graphopt::cpu::analyzeBody(linalg::LinalgOp op) {
  BodyTraits traits;
  Block &body = *op.getBlock();
  for (BlockArgument argument : body.getArguments()) {
    // vector<i1> in memory is packed in bits, memref<i1> is not.
    if (argument.getType().isInteger(1) || !argument.getType().isIntOrFloat())
      traits.isVectorizable = false;
  }
  body.walk([&](Operation *inner) {
    if (inner == body.getTerminator() || isa<linalg::IndexOp>(inner))
      return;
    if (!inner->hasTrait<OpTrait::HasRecursiveMemoryEffects>() &&
        !isMemoryEffectFree(inner) &&
        !hasSingleEffect<MemoryEffects::Read>(inner))
      traits.isPure = false;
    // A division by a padded 0 traps, a load at a padded index is wild.
    if (!OpTrait::hasElementwiseMappableTraits(inner) ||
        isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
            arith::CeilDivSIOp, arith::CeilDivUIOp, arith::FloorDivSIOp>(inner))
      traits.needsValidLanes |= !inner->hasTrait<OpTrait::ConstantLike>();
    if (!llvm::all_of(inner->getResultTypes(), [](Type type) {
          return type.isIntOrIndexOrFloat();
        }))
      traits.isVectorizable = false;
  });
  return traits;
}

unsigned graphopt::cpu::widestVaryingBits(linalg::LinalgOp op,
                                          const IterationSpace &space,
                                          unsigned loop) {
  unsigned widest = 8;
  DenseSet<Value> varying;
  auto add = [&](Value value) {
    varying.insert(value);
    Type type = value.getType();
    // Indices are 64 bits wide, but mostly stay scalar.
    unsigned bits = type.isIndex() ? 32 : type.getIntOrFloatBitWidth();
    // Arithmetic on f16 and bf16 happens in f32.
    if (value.getDefiningOp() && (type.isF16() || type.isBF16()))
      bits = 32;
    widest = std::max(widest, bits);
  };
  for (OpOperand &operand : op->getOpOperands()) {
    const Access &access = space.accesses[operand.getOperandNumber()];
    if (!access.strides[loop].is(0))
      add(op.getMatchingBlockArgument(&operand));
  }
  // An accumulator of a vector loop that reduces is a vector, too.
  if (space.loops[loop].isReduction)
    for (BlockArgument argument : op.getRegionOutputArgs())
      add(argument);
  op.getBlock()->walk([&](Operation *inner) {
    auto index = dyn_cast<linalg::IndexOp>(inner);
    SetVector<Value> used(inner->operand_begin(), inner->operand_end());
    getUsedValuesDefinedAbove(inner->getRegions(), used);
    if (index ? space.loopOfDim(index.getDim()) == loop
              : llvm::any_of(used, [&](Value v) { return varying.contains(v); }))
      llvm::for_each(inner->getResults(), add);
  });
  return widest;
}
