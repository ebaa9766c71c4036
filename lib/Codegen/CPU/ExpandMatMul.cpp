//===- ExpandMatMul.cpp - kernel.matmul to loops over vectors -------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

namespace {
class MatMulEmitter : TileEmitter {
public:
  MatMulEmitter(MatMulOp op, ExpandContext &context)
      : TileEmitter(cast<EpilogueOp>(op.getOperation()), context), op(op),
        lhs(op.getLhs()), rhs(op.getRhs()) {
    interleave = op.getInterleave();
  }

  void emit() {
    if (hasRhsBatch() || !hasLhsBatch() || !epilogue.flattenRows(lhs)) {
      batch = b.sizesOf(epilogue.init);
      batch.pop_back_n(2);
    }
    rows = b.sizeOf(epilogue.init, batch.size());
    Size columns = b.sizeOf(epilogue.init, batch.size() + 1);
    std::optional<int64_t> fixed = getFixed(columns);
    panelColumns =
        op.getPacked() ? shapeOf(rhs).back() / interleave
                       : lanes * context.cpu.panelVectors(
                                     getFixed(rows).value_or(-1),
                                     fixed.value_or(-1),
                                     sumType.getElementTypeBitWidth());
    chooseBlockSize();
    if (op.getPacked())
      usePanels(rhs, rows, lhs);
    if (!fixed)
      return emitOpenColumns(b.index(columns));
    // Full panels in a loop, the last one apart when it is ragged.
    int64_t full = *fixed / panelColumns;
    emitPanels(b.getIndexAttr(full));
    if (int64_t ragged = *fixed % panelColumns)
      emitPart(b.getIndexAttr(1), llvm::divideCeil(ragged, lanes), [&](Value) {
        panel = b.index(full);
        return makeColumns(b.index(full * panelColumns), ragged);
      });
  }

private:
  static ArrayRef<int64_t> shapeOf(Value memref) {
    return cast<MemRefType>(memref.getType()).getShape();
  }
  bool hasRhsBatch() {
    return !op.getPacked() &&
           llvm::any_of(shapeOf(rhs).drop_back(2),
                        [](int64_t size) { return size != 1; });
  }
  /// True if lhs has all of init's batches.
  bool hasLhsBatch() {
    ArrayRef<int64_t> have = shapeOf(lhs).drop_back(2);
    ArrayRef<int64_t> need = shapeOf(epilogue.init).drop_back(2);
    if (have.size() != need.size())
      return false;
    for (auto [size, wanted] : llvm::zip(have, need))
      if (size == 1 && wanted != 1)
        return false;
    return true;
  }

  /// All rows of all batches of `columns(part)`, for each part below `parts`.
  void emitPart(Size parts, int64_t vectors,
                llvm::function_ref<SmallVector<Column>(Value)> columns) {
    SmallVector<Size> outer(batch);
    outer.push_back(parts);
    forTurns(outer, rows, vectors, [&](ValueRange indices, Stretch stretch) {
      epilogue.outer = llvm::to_vector(indices.drop_back());
      emitRows(columns(indices.back()), rows, stretch);
    });
  }

  void emitPanels(Size count) {
    emitPart(count, panelColumns / lanes, [&](Value i) {
      panel = i;
      return makeColumns(b.mul(i, panelColumns), panelColumns);
    });
  }

  /// Full panels, then single vectors, the last of which may be masked.
  void emitOpenColumns(Value size) {
    Value full = b.div(size, b.index(panelColumns));
    emitPanels(full);
    Value first = b.mul(full, panelColumns);
    Value rest = b.sub(size, first);
    emitPart(b.ceilDiv(rest, lanes), 1, [&](Value i) {
      Column column{b.add(first, b.mul(i, lanes)), Value(), b.index(0)};
      Value left = b.sub(size, column.index);
      column.mask = vector::CreateMaskOp::create(
          b, epilogue.vectorOf(b.getI1Type()), left);
      return SmallVector<Column>{column};
    });
  }

  void chooseBlockSize() {
    std::optional<int64_t> k = getFixed(reductionSizes().front());
    int64_t bytesPerK =
        panelColumns * interleave *
        cast<MemRefType>(rhs.getType()).getElementTypeBitWidth() / 8;
    if (!k || *k * bytesPerK <= context.panelBytes)
      return;
    // Equal blocks.
    int64_t most = std::max<int64_t>(1, context.panelBytes / bytesPerK);
    blockSize = llvm::divideCeil(*k, llvm::divideCeil(*k, most));
  }

  SmallVector<Size> reductionSizes() override {
    return {b.sizeOf(rhs, cast<MemRefType>(rhs.getType()).getRank() - 2)};
  }

  /// The batch coordinates of an operand, its last two indices added.
  SmallVector<Value> coordinatesIn(Value operand, Value x, Value y) {
    ArrayRef<int64_t> batch = shapeOf(operand).drop_back(2);
    SmallVector<Value> indices;
    ArrayRef<Value> outer = epilogue.outer;
    // Flattened rows leave a plain rhs with batch dimensions of size 1.
    for (size_t i = 0; i < batch.size(); ++i)
      indices.push_back(batch[i] == 1 ? b.index(0)
                                      : outer.take_back(batch.size())[i]);
    indices.append({x, y});
    return indices;
  }

  /// Where sums are of groups of k the last group may be a shorter one.
  SmallVector<Value> emitReduction(Columns columns, ArrayRef<Value> rows,
                                   SmallVector<Value> sums, Value first,
                                   Value last) override {
    int64_t rest = shapeOf(op.getLhs()).back() % interleave;
    if (rest == 0)
      return TileEmitter::emitReduction(columns, rows, sums, first, last);
    Value full = b.index(shapeOf(op.getLhs()).back() / interleave);
    sums = TileEmitter::emitReduction(columns, rows, sums, first, b.min(last, full));
    return emitSumNest(reductionSizes(), b.max(first, full), last, sums,
                       [&](ValueRange k, SmallVector<Value> sums) {
                         for (size_t i = 0; i < sums.size(); ++i) {
                           Value lhs = lhsGroup(rows[i / columns.size()], k[0], rest);
                           Value rhs = rhsVector(k, columns[i % columns.size()]);
                           sums[i] = multiplyAdd(lhs, rhs, sums[i]);
                         }
                         return sums;
                       });
  }

  Value lhsGroup(Value row, Value k, int64_t count) {
    return broadcastGroup(lhs, coordinatesIn(lhs, row, b.mul(k, interleave)), count);
  }

  Value lhsVector(Value row, ValueRange k) override {
    if (interleave != 1)
      return lhsGroup(row, k[0], interleave);
    Value element =
        memref::LoadOp::create(b, lhs, coordinatesIn(lhs, row, k[0]));
    return broadcast(widen(element, op.getUnsignedLhs()));
  }
  SmallVector<Value> lhsAddress(Value row, Value offset) override {
    return coordinatesIn(lhs, row, offset);
  }
  Value rhsVector(ValueRange k, Column column) override {
    if (interleave != 1)
      return loadGroups(rhs, {panel, k[0], column.offset}, op.getUnsignedRhs());
    Value vector =
        op.getPacked()
            ? epilogue.load(rhs, {panel, k[0], column.offset}, Value())
            : epilogue.load(rhs, coordinatesIn(rhs, k[0], column.index),
                            column.mask);
    return widen(vector, op.getUnsignedRhs());
  }

  MatMulOp op;
  Value lhs, rhs;
  SmallVector<Size> batch; // dimensions that are not rows
  Size rows;
  int64_t panelColumns = 0;
};
} // namespace

void graphopt::cpu::emitMatMul(MatMulOp op, ExpandContext &context) {
  MatMulEmitter(op, context).emit();
}
