// Square tiles for ops that walk an operand across its rows: rows of the tile
// are loaded as vectors and transposed in registers, so that no cache line is
// touched for one element.

#include "TransposeSquare.h"
#include "VectorizeLinalgNest.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

/// Operands that lie along the row loop, to be transposed.
SmallVector<OpOperand *> NestEmitter::crossedOperands() {
  SmallVector<OpOperand *> crossed;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    const Access &access = accessOf(*operand);
    if (access.flat && !access.strides[*plan.loop].is(0) &&
        !access.strides[*plan.loop].is(1) &&
        access.strides[*plan.rowLoop].is(1) &&
        !op.getMatchingBlockArgument(operand).use_empty())
      crossed.push_back(operand);
  }
  return crossed;
}

/// The square tile at the current point of the vector loop and the row loop.
void NestEmitter::emitTile() {
  Value firstLane = ivs[*plan.loop], firstRow = ivs[*plan.rowLoop];
  auto offset = [&](Value from, int64_t by) -> Value {
    return by ? arith::AddIOp::create(builder, loc, from, index(by)).getResult()
              : from;
  };
  SmallVector<std::pair<unsigned, Values>> tiles;
  for (OpOperand *operand : crossedOperands()) {
    const Access &access = accessOf(*operand);
    Type element = cast<MemRefType>(access.flat.getType()).getElementType();
    auto type = VectorType::get({plan.lanes}, element);
    Values rows;
    for (int64_t i = 0; i < plan.lanes; ++i) {
      ivs[*plan.loop] = offset(firstLane, i);
      Value at = space.flatIndex(access, ivs, builder, loc);
      rows.push_back(
          vector::LoadOp::create(builder, loc, type, access.flat, at));
    }
    transposeSquare(builder, loc, rows);
    tiles.push_back({operand->getOperandNumber(), rows});
  }
  ivs[*plan.loop] = firstLane;
  for (int64_t i = 0; i < plan.lanes; ++i) {
    ivs[*plan.rowLoop] = offset(firstRow, i);
    for (auto &[operand, rows] : tiles)
      loaded[operand] = rows[i];
    emitGroups(1, Lanes{plan.lanes, {}, false});
  }
  loaded.clear();
  ivs[*plan.rowLoop] = firstRow;
}

/// Whole tiles of rows `begin` .. `end - 1`, then what is left of lanes and rows
/// in the ordinary way.
void NestEmitter::emitTiledRows(Value begin, Value end) {
  Value &lane = ivs[*plan.loop], &row = ivs[*plan.rowLoop];
  Value lanesEnd = materialize(space.loops[*plan.loop].size);
  VectorBounds rows = vectorBounds(1, begin, end);
  VectorBounds lanes = vectorBounds(1, index(0), lanesEnd);
  Value step = index(plan.lanes);
  emitFor(begin, rows.groupEnd, step, row, {}, [&](ValueRange) {
    emitFor(index(0), lanes.groupEnd, step, lane, {}, [&](ValueRange) {
      emitTile();
      return Values();
    });
    return Values();
  });
  auto emitRows = [&](Value from, Value to, Value firstLane) {
    emitFor(from, to, index(1), row, {}, [&](ValueRange) {
      emitVectorLoop(1, firstLane, lanesEnd);
      return Values();
    });
  };
  emitRows(begin, rows.groupEnd, lanes.groupEnd);
  emitRows(rows.groupEnd, end, index(0));
}

/// The vector loop crosses the rows of an operand.
void NestEmitter::emitTiled() {
  SmallVector<unsigned> outer = otherLoops(/*reductions=*/false);
  llvm::erase(outer, *plan.rowLoop);
  const Monomial &rows = space.loops[*plan.rowLoop].size;
  if (outer.empty())
    return emitItems(rows, workInside({*plan.rowLoop}), plan.lanes,
                     [&](Value begin, Value end) { emitTiledRows(begin, end); });
  emitOuter(outer, [&] { emitTiledRows(index(0), materialize(rows)); });
}
