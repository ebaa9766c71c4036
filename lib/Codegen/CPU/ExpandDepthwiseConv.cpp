//===- ExpandDepthwiseConv.cpp - kernel.depthwise_conv to loops -----------===//

#include "WindowEmitter.h"

using namespace mlir;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

namespace {
/// Columns are channels: the left side is a vector, too. The last window
/// dimension is unrolled, so that neighbouring rows share their loads.
class DepthwiseConvEmitter : WindowEmitter<DepthwiseConvOp> {
public:
  using WindowEmitter::WindowEmitter;

  void emit() {
    int64_t channels = shapeOf(op.getInit()).back();
    int64_t full = channels / panelColumns();
    emitPanels(0, full, 0, panelColumns());
    // A vector with a mask apart from those without.
    int64_t ragged = channels % panelColumns(), masked = ragged % lanes;
    if (ragged > masked)
      emitPanels(full, 1, 0, ragged - masked);
    if (masked)
      emitPanels(full, 1, ragged - masked, masked);
  }

private:
  static constexpr int64_t kMostUnrolled = 8;
  bool isMasked = false; // what is emitted now

  /// Panels `start` .. `start + count - 1`, so many channels from `offset` on in
  /// each. All of a line before the next: the pixels that it reads lie together
  /// in memory.
  void emitPanels(int64_t start, int64_t count, int64_t offset,
                  int64_t channels) {
    SmallVector<Size> outer = lineSizes();
    outer.push_back(b.getIndexAttr(count));
    Size rows = lineSize();
    isMasked = channels % lanes != 0;
    forTurns(outer, rows, llvm::divideCeil(channels, lanes),
             [&](ValueRange indices, Stretch stretch) {
               panel = b.add(indices.back(), b.index(start));
               moveTo(indices.drop_back());
               Value first =
                   b.add(b.mul(panel, panelColumns()), b.index(offset));
               emitRows(makeColumns(first, channels, offset), rows, stretch);
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

  /// In registers: the sums, one vector of each tap's weights, two pixels; the
  /// product and what it overwrites, on a CPU without a fused form. Masked loads
  /// are no operands of a multiply-add.
  int64_t tileRows(int64_t vectors) override {
    int64_t left = context.cpu.vectorRegisters - 2 - tapsInBody() -
                   (context.cpu.fma ? 0 : 2) - (isMasked ? 4 : 0);
    // Enough to hide the latency of a multiply-add. With more, LLVM loads more
    // pixels ahead than there are registers for.
    constexpr int64_t kMostSums = 10;
    return std::max<int64_t>(1, std::min(left, kMostSums) / vectors);
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

void graphopt::cpu::emitDepthwiseConv(DepthwiseConvOp op,
                                      ExpandContext &context) {
  DepthwiseConvEmitter(op, context).emit();
}
