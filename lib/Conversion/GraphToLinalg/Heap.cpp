#include "Heap.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace graphopt;

using P = arith::CmpIPredicate;

Value Heap::read(Value items, Value at) {
  return m.index(tensor::ExtractOp::create(m.b, m.loc, items, at));
}

Value Heap::write(Value items, Value at, Value item) {
  return tensor::InsertOp::create(m.b, m.loc, m.cast(m.b.getI64Type(), item),
                                  items, at);
}

Value Heap::repeat(Value count, Value items, Body body) {
  return scf::ForOp::create(
             m.b, m.loc, m.constant(0), count, m.constant(1), items,
             [&](OpBuilder &b, Location loc, Value i, ValueRange state) {
               scf::YieldOp::create(b, loc, body(i, state[0]));
             })
      .getResult(0);
}

Value Heap::build(Value items, Value size) {
  Value parents = m.div(size, m.constant(2)), last = m.sub(parents, m.constant(1));
  return repeat(parents, items, [&](Value i, Value state) {
    Value parent = m.sub(last, i);
    return sift(state, size, parent, read(state, parent));
  });
}

Value Heap::offer(Value items, Value size, Value item) {
  Value zero = m.constant(0);
  Value isBetter = isBefore(m, item, read(items, zero));
  return scf::IfOp::create(
             m.b, m.loc, isBetter,
             [&](OpBuilder &b, Location loc) {
               scf::YieldOp::create(b, loc, sift(items, size, zero, item));
             },
             [&](OpBuilder &b, Location loc) {
               scf::YieldOp::create(b, loc, items);
             })
      .getResult(0);
}

Value Heap::sort(Value items, Value size) {
  Value zero = m.constant(0), one = m.constant(1), last = m.sub(size, one);
  // Each time the last one of those that are left moves to their end.
  return repeat(last, items, [&](Value i, Value state) {
    Value end = m.sub(last, i);
    Value item = read(state, end);
    state = write(state, end, read(state, zero));
    return sift(state, end, zero, item);
  });
}

Value Heap::sift(Value items, Value size, Value hole, Value item) {
  Value one = m.constant(1), last = m.sub(size, one);
  Type index = m.b.getIndexType();
  // Moves items up until `item` fits: (items, hole, child, item of the child).
  auto loop = scf::WhileOp::create(
      m.b, m.loc, TypeRange{items.getType(), index, index, index},
      ValueRange{items, hole},
      [&](OpBuilder &b, Location loc, ValueRange state) {
        Value left = m.add(m.mul(state[1], m.constant(2)), one);
        Value exists = m.compare(P::slt, left, size);
        // Reads stay inside where there is no child.
        left = m.min(left, last);
        Value right = m.min(m.add(left, one), last);
        Value leftItem = read(state[0], left), rightItem = read(state[0], right);
        Value isRight = isBefore(m, leftItem, rightItem);
        Value child = m.select(isRight, right, left);
        Value childItem = m.select(isRight, rightItem, leftItem);
        Value moves = m.andI(exists, isBefore(m, item, childItem));
        scf::ConditionOp::create(
            b, loc, moves, ValueRange{state[0], state[1], child, childItem});
      },
      [&](OpBuilder &b, Location loc, ValueRange state) {
        Value moved = write(state[0], state[1], state[3]);
        scf::YieldOp::create(b, loc, ValueRange{moved, state[2]});
      });
  return write(loop.getResult(0), loop.getResult(1), item);
}
