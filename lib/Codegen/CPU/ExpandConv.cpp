//===- ExpandConv.cpp - kernel.conv to loops ------------------------------===//

#include "WindowEmitter.h"
#include "../Common/CollapseShape.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

/// [0], ..., [dim, dim + 1], ..., [rank - 1]
static SmallVector<ReassociationIndices> mergePair(int64_t rank, int64_t dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i) {
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  }
  return groups;
}

namespace {
class ConvEmitter : WindowEmitter<ConvOp> {
public:
  ConvEmitter(ConvOp op, ExpandContext &context) : WindowEmitter(op, context) {
    interleave = op.getInterleave();
  }

  void emit() {
    if (isPointwise() && epilogue.flattenRows(input)) {
      isFlat = true;
      // The filter is one matrix a panel.
      while (shapeOf(filter).size() > 3)
        filter = memref::CollapseShapeOp::create(
            b, filter, mergePair(shapeOf(filter).size(), 1));
    } else {
      mergeRun();
    }
    Size lines = b.product(lineSizes());
    if ((linesPerPart = cutLines()))
      lines = b.getIndexAttr(*linesPerPart);
    Size rows = b.mul(b.index(lines), b.index(lineSize()));
    usePanels(filter, rows, isFlat ? input : Value());
    int64_t perGroup = shapeOf(op.getInit()).back() / op.getGroups();
    int64_t full = perGroup / panelColumns();
    emitPanels(0, full, panelColumns());
    if (int64_t ragged = perGroup % panelColumns())
      emitPanels(full, 1, ragged);
  }

private:
  int64_t channelsPerGroup() {
    return shapeOf(op.getInput()).back() / op.getGroups();
  }

  /// True if an output position depends on the same input position only.
  bool isPointwise() {
    auto isOne = [](int64_t size) { return size == 1; };
    return op.getGroups() == 1 && llvm::all_of(kernelShape(), isOne) &&
           llvm::all_of(op.getStrides(), isOne);
  }

  /// (kw, c) is one run of the input if nothing lies between its pixels.
  void mergeRun() {
    int64_t inputRank = shapeOf(input).size();
    auto inputGroups = mergePair(inputRank, inputRank - 2);
    auto filterGroups = mergePair(inputRank + 1, inputRank - 2);
    isRun = op.getGroups() == 1 &&
            (op.getDilations().back() == 1 || kernelShape().back() == 1) &&
            memref::CollapseShapeOp::isGuaranteedCollapsible(
                cast<MemRefType>(input.getType()), inputGroups) &&
            memref::CollapseShapeOp::isGuaranteedCollapsible(
                cast<MemRefType>(filter.getType()), filterGroups);
    if (!isRun)
      return;
    input = collapseShape(b, b.getLoc(), input, inputGroups);
    filter = memref::CollapseShapeOp::create(b, filter, filterGroups);
  }

  /// Lines to carry through all panels before the next, see cutForThreads.
  std::optional<int64_t> cutLines() {
    if (isFlat || op.getGroups() != 1 ||
        !leavesRoom(cast<MemRefType>(filter.getType())))
      return std::nullopt;
    std::optional<int64_t> lines = getFixed(lineSizes().back());
    return lines ? cutForThreads(*lines) : std::nullopt;
  }

  /// Panels `start` .. `start + count - 1` of each group, of so many columns.
  /// A panel of the filter is used for all lines, or for a part of them, before
  /// the next.
  void emitPanels(int64_t start, int64_t count, int64_t columns) {
    int64_t perGroup = shapeOf(op.getInit()).back() / op.getGroups();
    int64_t panels = llvm::divideCeil(perGroup, panelColumns());
    SmallVector<Size> outer{b.getIndexAttr(op.getGroups())}, lines = lineSizes();
    Size ofImage;
    if (linesPerPart) {
      ofImage = lines.pop_back_val();
      outer.append(lines);
      outer.append({b.ceilDiv(b.index(ofImage), *linesPerPart), b.getIndexAttr(count),
                    b.getIndexAttr(*linesPerPart)});
    } else {
      outer.push_back(b.getIndexAttr(count));
      outer.append(lines);
    }
    forTurns(outer, lineSize(), llvm::divideCeil(columns, lanes),
             [&](ValueRange indices, Stretch stretch) {
               Value group = indices.front(), i;
               SmallVector<Value> at(indices.drop_front());
               if (linesPerPart) {
                 Value ofPart = at.pop_back_val();
                 i = at.pop_back_val();
                 at.back() = b.add(b.mul(at.back(), *linesPerPart), ofPart);
                 stretch.end = clipPart(stretch.end, at.back(), b.index(ofImage),
                                        stretch.end);
                 moveTo(at);
                 rowsBefore = b.mul(ofPart, b.index(lineSize()));
               } else {
                 i = at.front();
                 moveTo(ArrayRef(at).drop_front());
               }
               i = b.add(i, b.index(start));
               firstChannel = b.mul(group, channelsPerGroup());
               panel = b.add(b.mul(group, panels), i);
               Value first =
                   b.add(b.mul(group, perGroup), b.mul(i, panelColumns()));
               emitRows(makeColumns(first, columns), lineSize(), stretch);
             });
  }

  SmallVector<Size> reductionSizes() override {
    // Everything between the panels and the columns.
    SmallVector<Size> sizes;
    for (int64_t size : shapeOf(filter).drop_front().drop_back())
      sizes.push_back(b.getIndexAttr(size));
    return sizes;
  }

  Value prepareRow(Value x) override {
    if (isFlat)
      return x;
    Value column = b.mul(x, op.getStrides().back());
    return isRun ? b.mul(column, shapeOf(op.getInput()).back()) : column;
  }

  Value lhsVector(Value start, ValueRange k) override {
    SmallVector<Value> indices;
    Value last = b.mul(k.back(), interleave);
    if (isFlat) {
      indices = {start, last};
    } else if (isRun) {
      indices = lineIndices(k);
      indices.push_back(b.add(start, last));
    } else {
      indices = lineIndices(k);
      Value offset = b.mul(k[spatialDims - 1], op.getDilations().back());
      indices.push_back(b.add(start, offset));
      indices.push_back(b.add(firstChannel, last));
    }
    if (interleave != 1)
      return broadcastGroup(input, indices, interleave);
    return broadcast(
        widen(memref::LoadOp::create(b, input, indices), op.getUnsignedInput()));
  }

  SmallVector<Value> lhsAddress(Value row, Value offset) override {
    return {row, offset};
  }

  Value rhsVector(ValueRange k, Column column) override {
    SmallVector<Value> indices{panel};
    indices.append(k.begin(), k.end());
    indices.push_back(column.offset);
    if (interleave != 1)
      return loadGroups(filter, indices, op.getUnsignedFilter());
    return widen(epilogue.load(filter, indices, Value()), op.getUnsignedFilter());
  }

  Value firstChannel;
  std::optional<int64_t> linesPerPart;
  bool isFlat = false, isRun = false;
};
} // namespace

void graphopt::cpu::emitConv(ConvOp op, ExpandContext &context) {
  ConvEmitter(op, context).emit();
}
