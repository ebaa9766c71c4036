//===- AttentionParts.cpp - What all forms of attention share -------------===//

#include "AttentionParts.h"
#include "GpuEpilogue.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using namespace graphopt::kernel;
using Size = LoopBuilder::Size;

AttentionParts::AttentionParts(AttentionOp op, BlockBuilder &b)
    : op(op), b(b), type(b.getF32Type()), depth(op.getSizes(Role::Query)[3]),
      columns(op.getSizes(Role::Value)[3]) {}

void AttentionParts::launch(int64_t perBlock, int64_t threads, ArrayRef<MemRefType> shared,
                            llvm::function_ref<void()> body) {
  queries = sizeOf(Role::Query, 2);
  keys = sizeOf(Role::Key, 2);
  SmallVector<Size> counts = {Size(sizeOf(Role::Query, 0)), Size(sizeOf(Role::Query, 1)),
                              Size(b.ceilDiv(queries, perBlock))};
  Value heads = b.div(sizeOf(Role::Query, 1), sizeOf(Role::Key, 1)); // of a group
  b.launch(b.product(counts), threads, shared, [&] {
    SmallVector<Value> at = b.delinearize(b.block, counts);
    batch = at[0];
    head = at[1];
    group = b.div(head, heads);
    firstQuery = b.mul(at[2], perBlock);
    body();
  });
}

Value AttentionParts::sizeOf(Role role, int64_t dim) {
  return b.index(b.sizeOf(operand(role), op.getDim(role, dim)));
}

Value AttentionParts::operand(Role role) {
  return role == Role::Query ? Value(op.getQuery())
         : role == Role::Key ? Value(op.getKey())
         : role == Role::Value ? Value(op.getValue())
                               : Value(op.getInit());
}

SmallVector<Value> AttentionParts::indicesOf(Role role, Value s, Value d) {
  Value logical[] = {batch, role == Role::Query || role == Role::Init ? head : group, s, d};
  SmallVector<Value> indices(4);
  for (int64_t i = 0; i < 4; ++i)
    indices[op.getDim(role, i)] = logical[i];
  return indices;
}

Value AttentionParts::constant(double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

Value AttentionParts::lowest() { return constant(-std::numeric_limits<double>::infinity()); }

Value AttentionParts::widen(Value value) { return convert(value, type); }

Value AttentionParts::convert(Value value, Type element) {
  Type from = getElementTypeOrSelf(value.getType()), to = element;
  if (from == element)
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  auto like = [&](Type element) -> Type {
    return vector ? Type(VectorType::get(vector.getShape(), element)) : element;
  };
  if (from.getIntOrFloatBitWidth() < 32)
    value = arith::ExtFOp::create(b, like(type), value);
  return to == type ? value : arith::TruncFOp::create(b, like(to), value).getResult();
}

Value AttentionParts::findLimit(Value query) {
  if (!op.getCausal())
    return keys;
  Value end = b.add(query, b.index(1));
  if (op.getFromEnd())
    end = arith::MaxSIOp::create(b, b.sub(b.add(end, keys), queries), b.index(0));
  return arith::MinSIOp::create(b, end, keys);
}

void AttentionParts::copyRows(Role role, Value memory, int64_t rows, int64_t width, int64_t real,
                              Value first, Value count) {
  constexpr int64_t kRun = 4; // numbers that one instruction reads
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  Value source = operand(role);
  int64_t run = width % kRun == 0 ? getRun(source, kRun) : 1;
  int64_t perRow = width / run, total = rows * perRow;
  for (int64_t done = 0; done < total; done += b.threads) {
    Value number = b.add(b.thread, b.index(done));
    auto copy = [&] {
      Value line = b.div(number, b.index(perRow)), d = b.mul(b.rem(number, perRow), run);
      Value s = b.add(first, line);
      Value isReal = b.both(b.isLess(s, count), b.isLess(d, b.index(real)));
      SmallVector<Value> from = indicesOf(role, b.min(s, b.sub(count, b.index(1))),
                                          b.min(d, b.index(real - run)));
      if (run > 1) {
        Value part = convert(b.loadRun(source, from, run), element);
        b.storeRun(b.select(isReal, part, b.zero(part.getType())), memory, {line, d});
      } else {
        Value part = convert(memref::LoadOp::create(b, source, from), element);
        memref::StoreOp::create(b, b.select(isReal, part, b.zero(element)), memory,
                                ValueRange{line, d});
      }
    };
    if (done + b.threads <= total)
      copy();
    else
      b.ifThen(b.isLess(number, b.index(total)), copy);
  }
}

Value AttentionParts::scale(Value sum) {
  double factor = op.getScale().convertToDouble();
  std::optional<APFloat> cap = op.getSoftcap();
  if (!cap)
    return arith::MulFOp::create(b, sum, constant(factor));
  double most = cap->convertToDouble();
  sum = arith::MulFOp::create(b, sum, constant(factor / most));
  return arith::MulFOp::create(b, math::TanhOp::create(b, sum), constant(most));
}

Value AttentionParts::addMask(Value value, Value query, Value key) {
  if (!op.getMask())
    return value;
  Value logical[] = {batch, head, query, key};
  SmallVector<Value> indices;
  for (AffineExpr result : op.getMaskMap()->getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    indices.push_back(dim ? logical[dim.getPosition()] : b.index(0));
  }
  Value mask = memref::LoadOp::create(b, op.getMask(), indices);
  return arith::AddFOp::create(b, value, widen(mask));
}

Value AttentionParts::baseOf(Value most) {
  Value isNone = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, most, lowest());
  return b.select(isNone, constant(0), most);
}

void AttentionParts::storeColumn(Value sum, Value total, Value query, Value column) {
  Value isEmpty = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, keys, b.index(0));
  Value value = b.select(isEmpty, constant(0), arith::DivFOp::create(b, sum, total));
  SmallVector<Value> at = indicesOf(Role::Init, query, column);
  value = applyEpilogue(cast<EpilogueOp>(op.getOperation()), value, at, b);
  memref::StoreOp::create(b, value, op.getInit(), at);
}
