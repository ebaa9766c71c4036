//===- ExpandConv.cpp - kernel.conv, kernel.depthwise_conv to loops -------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

static ArrayRef<int64_t> shapeOf(Value memref) {
  return cast<MemRefType>(memref.getType()).getShape();
}

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
/// A convolution whose rows are neighbours in the last spatial dimension.
template <typename Op>
class WindowEmitter : protected TileEmitter {
public:
  WindowEmitter(Op op, ExpandContext &context)
      : TileEmitter(cast<EpilogueOp>(op.getOperation()), context), op(op),
        input(op.getInput()), filter(op.getFilter()),
        spatialDims(op.getStrides().size()) {}

protected:
  int64_t panelColumns() { return shapeOf(filter).back(); }
  ArrayRef<int64_t> kernelShape() {
    return cast<MemRefType>(op.getFilter().getType())
        .getShape()
        .slice(1, spatialDims);
  }

  /// Batch and outer spatial sizes; none if rows are flat.
  SmallVector<Size> lineSizes() {
    SmallVector<Size> sizes = b.sizesOf(epilogue.init);
    sizes.pop_back_n(2);
    return sizes;
  }
  /// Moves to a line, in init and as the corner of its windows.
  void moveTo(ValueRange line) {
    epilogue.outer.assign(line.begin(), line.end());
    rowsBefore = b.index(0);
    for (auto [index, size] : llvm::zip(line, lineSizes()))
      rowsBefore = b.add(b.mul(rowsBefore, b.index(size)), index);
    rowsBefore = b.mul(rowsBefore, b.index(lineSize()));
    corner.assign(line.begin(), line.end());
    for (size_t dim = 1; dim < line.size(); ++dim)
      corner[dim] = b.mul(line[dim], op.getStrides()[dim - 1]);
  }
  Size lineSize() {
    return b.sizeOf(epilogue.init, shapeOf(epilogue.init).size() - 2);
  }

  /// Batch and outer spatial indices of the input under the window's `k`.
  SmallVector<Value> lineIndices(ValueRange k) {
    SmallVector<Value> indices{corner.front()};
    for (int64_t dim = 0; dim + 1 < spatialDims; ++dim)
      indices.push_back(
          b.add(corner[1 + dim], b.mul(k[dim], op.getDilations()[dim])));
    return indices;
  }

  Op op;
  Value input, filter;
  int64_t spatialDims;
  SmallVector<Value> corner;
};

class ConvEmitter : WindowEmitter<ConvOp> {
public:
  using WindowEmitter::WindowEmitter;

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
    Size rows = b.mul(b.product(lineSizes()), b.index(lineSize()));
    int64_t vectors = panelColumns() / lanes;
    if (isFlat) {
      auto type = cast<MemRefType>(filter.getType());
      int64_t channels = channelsPerGroup();
      planRows(input, rows, channels * bytesOf(input), type.getDimSize(0),
                     channels * panelColumns() * bytesOf(filter), vectors);
    }
    panelPrefetch =
        PanelPrefetch(filter, rowsOfBlock(rows, vectors), tileRows(vectors));
    int64_t perGroup = shapeOf(op.getInit()).back() / op.getGroups();
    int64_t full = perGroup / panelColumns();
    emitPanels(0, full, panelColumns());
    if (int64_t ragged = perGroup % panelColumns())
      emitPanels(full, 1, ragged);
  }

private:
  static int64_t bytesOf(Value memref) {
    return getElementTypeOrSelf(memref).getIntOrFloatBitWidth() / 8;
  }
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
    input = memref::CollapseShapeOp::create(b, input, inputGroups);
    filter = memref::CollapseShapeOp::create(b, filter, filterGroups);
  }

  /// Panels `start` .. `start + count - 1` of each group, of so many columns.
  /// A panel of the filter is used for all lines before the next.
  void emitPanels(int64_t start, int64_t count, int64_t columns) {
    int64_t perGroup = shapeOf(op.getInit()).back() / op.getGroups();
    int64_t panels = llvm::divideCeil(perGroup, panelColumns());
    SmallVector<Size> outer{b.getIndexAttr(op.getGroups()),
                            b.getIndexAttr(count)};
    outer.append(lineSizes());
    Size rows = lineSize();
    forTurns(outer, rows, llvm::divideCeil(columns, lanes),
             [&](ValueRange indices, Stretch stretch) {
               Value group = indices[0], i = b.add(indices[1], b.index(start));
               moveTo(indices.drop_front(2));
               firstChannel = b.mul(group, channelsPerGroup());
               panel = b.add(b.mul(group, panels), i);
               Value first =
                   b.add(b.mul(group, perGroup), b.mul(i, panelColumns()));
               emitRows(makeColumns(first, columns), rows, stretch);
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
    if (isFlat) {
      indices = {start, k[0]};
    } else if (isRun) {
      indices = lineIndices(k);
      indices.push_back(b.add(start, k.back()));
    } else {
      indices = lineIndices(k);
      Value offset = b.mul(k[spatialDims - 1], op.getDilations().back());
      indices.push_back(b.add(start, offset));
      indices.push_back(b.add(firstChannel, k.back()));
    }
    return broadcast(widen(memref::LoadOp::create(b, input, indices)));
  }

  SmallVector<Value> lhsAddress(Value row, Value offset) override {
    return {row, offset};
  }

  Value rhsVector(ValueRange k, Column column) override {
    SmallVector<Value> indices{panel};
    indices.append(k.begin(), k.end());
    indices.push_back(column.offset);
    return widen(epilogue.load(filter, indices, Value()));
  }

  Value firstChannel;
  bool isFlat = false, isRun = false;
};

/// Columns are channels: the left side is a vector, too. The last window
/// dimension is unrolled, so that neighbouring rows share their loads.
class DepthwiseConvEmitter : WindowEmitter<DepthwiseConvOp> {
public:
  using WindowEmitter::WindowEmitter;

  void emit() {
    int64_t channels = shapeOf(op.getInit()).back();
    int64_t full = channels / panelColumns();
    emitPanels(0, full, panelColumns());
    if (int64_t ragged = channels % panelColumns())
      emitPanels(full, 1, ragged);
  }

private:
  static constexpr int64_t kMostUnrolled = 8;

  /// Panels `start` .. `start + count - 1`, of so many channels. All of a line
  /// before the next: the pixels that it reads lie together in memory.
  void emitPanels(int64_t start, int64_t count, int64_t channels) {
    SmallVector<Size> outer = lineSizes();
    outer.push_back(b.getIndexAttr(count));
    Size rows = lineSize();
    forTurns(outer, rows, llvm::divideCeil(channels, lanes),
             [&](ValueRange indices, Stretch stretch) {
               panel = b.add(indices.back(), b.index(start));
               moveTo(indices.drop_back());
               emitRows(makeColumns(b.mul(panel, panelColumns()), channels),
                        rows, stretch);
             });
  }

  bool isUnrolled() { return kernelShape().back() <= kMostUnrolled; }

  SmallVector<Size> reductionSizes() override {
    SmallVector<Size> sizes;
    for (int64_t size : kernelShape())
      sizes.push_back(b.getIndexAttr(size));
    if (isUnrolled()) {
      sizes.pop_back();
      if (sizes.empty()) // one spatial dimension: a loop of one step
        sizes.push_back(b.getIndexAttr(1));
    }
    return sizes;
  }

  Value lhsVector(Value, ValueRange) override {
    llvm_unreachable("the left side depends on the column");
  }
  Value rhsVector(ValueRange k, Column column) override {
    SmallVector<Value> indices{panel};
    indices.append(k.begin(), k.end());
    indices.append({b.index(0), column.offset});
    return widen(epilogue.load(filter, indices, Value()));
  }
  Value inputVector(ValueRange line, Value x, Column column) {
    SmallVector<Value> indices(line);
    indices.append({x, column.index});
    return widen(epilogue.load(input, indices, column.mask));
  }

  /// In registers: the sums, one vector of each tap's weights, two pixels.
  int64_t tileRows(int64_t vectors) override {
    int64_t left = context.cpu.vectorRegisters - 2 - tapsInBody() -
                   (context.cpu.fma ? 0 : 1);
    return std::clamp<int64_t>(left / vectors, 1, 12);
  }
  int64_t tapsInBody() override { return isUnrolled() ? kernelShape().back() : 1; }

  SmallVector<Value> emitReduction(Columns columns, ArrayRef<Value> rows,
                                   SmallVector<Value> sums, Value first,
                                   Value last) override {
    int64_t dilation = op.getDilations().back();
    return emitSumNest(
        reductionSizes(), first, last, sums,
        [&](ValueRange indices, SmallVector<Value> sums) {
          SmallVector<Value> k(indices.take_front(spatialDims - 1));
          Value start = b.mul(rows.front(), op.getStrides().back());
          if (!isUnrolled())
            start = b.add(start, b.mul(indices.back(), dilation));
          for (size_t c = 0; c < columns.size(); ++c) {
            SmallVector<Value> weights;
            for (int64_t tap = 0; tap < tapsInBody(); ++tap) {
              k.push_back(isUnrolled() ? b.index(tap) : indices.back());
              weights.push_back(rhsVector(k, columns[c]));
              k.pop_back();
            }
            addPixels(columns, c, rows.size(), lineIndices(k), start, weights,
                      sums);
          }
          return sums;
        });
  }

  /// Adds what the pixels from `start` on contribute to column vector `c`, each
  /// to all rows whose window it lies in before the next is loaded.
  void addPixels(Columns columns, size_t c, int64_t rows, ValueRange line,
                 Value start, ArrayRef<Value> weights,
                 SmallVector<Value> &sums) {
    int64_t stride = op.getStrides().back(), dilation = op.getDilations().back();
    int64_t taps = weights.size();
    int64_t pixels = (rows - 1) * stride + (taps - 1) * dilation + 1;
    for (int64_t distance = 0; distance < pixels; ++distance) {
      Value pixel;
      for (int64_t tap = 0; tap < taps; ++tap) {
        int64_t offset = distance - tap * dilation;
        int64_t row = offset / stride;
        if (offset < 0 || offset % stride != 0 || row >= rows)
          continue;
        if (!pixel)
          pixel = inputVector(line, b.add(start, b.index(distance)), columns[c]);
        Value &sum = sums[row * columns.size() + c];
        sum = multiplyAdd(pixel, weights[tap], sum);
      }
    }
  }
};
} // namespace

void graphopt::cpu::emitConv(ConvOp op, ExpandContext &context) {
  ConvEmitter(op, context).emit();
}
void graphopt::cpu::emitDepthwiseConv(DepthwiseConvOp op,
                                      ExpandContext &context) {
  DepthwiseConvEmitter(op, context).emit();
}
