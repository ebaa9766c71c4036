//===- ExpandDepthwiseConv.cpp - kernel.depthwise_conv to loops -----------===//

#include "WindowEmitter.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

namespace {
/// Columns are channels: the left side is a vector, too. The last window
/// dimension is unrolled, so that neighbouring rows share their loads. Of long
/// vectors a tile has rows of two lines, which share them, too.
class DepthwiseConvEmitter : WindowEmitter<DepthwiseConvOp> {
public:
  DepthwiseConvEmitter(DepthwiseConvOp op, ExpandContext &context)
      : WindowEmitter(op, context), isPaired(canPairLines()) {}

  void emit() {
    int64_t channels = shapeOf(op.getInit()).back();
    int64_t full = channels / panelColumns();
    int64_t block = std::max<int64_t>(1, blockPanels(full));
    emitPanels(0, full / block, block, 0, panelColumns());
    if (int64_t rest = full % block)
      emitPanels(full - rest, 1, rest, 0, panelColumns());
    // A vector with a mask apart from those without.
    int64_t ragged = channels % panelColumns(), masked = ragged % lanes;
    if (ragged > masked)
      emitPanels(full, 1, 1, 0, ragged - masked);
    if (masked)
      emitPanels(full, 1, 1, ragged - masked, masked);
  }

private:
  static constexpr int64_t kMostUnrolled = 8;
  bool isPaired;         // lines come in pairs
  bool isPair = false;   // what is emitted now
  bool isMasked = false; // what is emitted now
  Value line;            // the first of the tile's, in the last outer dimension

  int64_t taps() { return kernelShape().back(); }
  bool isUnrolled() { return taps() <= kMostUnrolled; }
  /// Steps of the window along y between a line and the next.
  int64_t lineSteps() { return op.getStrides()[0] / op.getDilations()[0]; }

  bool canPairLines() {
    constexpr int64_t kLong = 64; // one a panel, and 32 registers
    if (spatialDims != 2 || !isUnrolled() || loopEpilogue ||
        context.cpu.vectorBytes < kLong)
      return false;
    std::optional<int64_t> lines = getFixed(lineSizes().back());
    return (!lines || *lines > 1) &&
           op.getStrides()[0] % op.getDilations()[0] == 0 &&
           kernelShape()[0] > 2 * lineSteps(); // else they share too little
  }

  /// Of `panels` panels, those that go through all lines before the others: what
  /// two neighbouring tiles of lines read of them stays in level 1. If the input
  /// does not stay in level 2, it is read in order instead.
  int64_t blockPanels(int64_t panels) {
    auto type = cast<MemRefType>(op.getInput().getType());
    if (spatialDims != 2 || !type.hasStaticShape())
      return panels;
    int64_t bytes = type.getElementTypeBitWidth() / 8;
    if (type.getNumElements() * bytes > context.cpu.level2Bytes)
      return panels;
    int64_t lines = (isPaired ? op.getStrides()[0] : 0) +
                    (kernelShape()[0] - 1) * op.getDilations()[0] + 1;
    int64_t perPanel = lines * type.getDimSize(2) * panelColumns() * bytes;
    constexpr int64_t kLeast = 4; // neighbours in memory
    int64_t most = std::max(kLeast, context.cpu.level1Bytes / perPanel);
    return llvm::divideCeil(panels, std::max<int64_t>(1, llvm::divideCeil(panels, most)));
  }

  /// Blocks of `count` panels from `start` on, so many channels from `offset` on
  /// in each. All of a block's line before the next: the pixels that it reads lie
  /// together in memory.
  void emitPanels(int64_t start, int64_t blocks, int64_t count, int64_t offset,
                  int64_t channels) {
    isMasked = channels % lanes != 0;
    auto emitLine = [&](Value number, ValueRange at, Stretch stretch) {
      panel = number;
      moveTo(at);
      Value first = b.add(b.mul(panel, panelColumns()), b.index(offset));
      emitRows(makeColumns(first, channels, offset), lineSize(), stretch);
    };
    int64_t vectors = llvm::divideCeil(channels, lanes);
    SmallVector<Size> outer = lineSizes();
    if (spatialDims == 1) {
      outer.push_back(b.getIndexAttr(blocks * count));
      return forTurns(outer, lineSize(), vectors,
                      [&](ValueRange indices, Stretch stretch) {
                        emitLine(b.add(indices.back(), b.index(start)),
                                 indices.drop_back(), stretch);
                      });
    }
    Value lines = b.index(outer.back());
    if (isPaired)
      outer.back() = b.ceilDiv(lines, 2);
    Value steps = b.index(outer.back());
    std::optional<int64_t> fixed = getFixed(steps), part;
    if (fixed && blocks > 1)
      part = cutForThreads(*fixed);
    Size perPart = part ? b.getIndexAttr(*part) : outer.back();
    outer.back() = part ? Size(b.ceilDiv(steps, *part)) : Size(b.getIndexAttr(1));
    outer.append({b.getIndexAttr(blocks), perPart});
    Value work = b.mul(b.mul(b.product(reductionSizes()), b.index(lineSize())),
                       vectors * taps() * (isPaired ? 2 : 1));
    forTiles(outer, b.index(count), work, [&](ValueRange indices, Stretch panels) {
      SmallVector<Value> at(indices.drop_back(2));
      Value step = b.add(b.mul(at.back(), b.index(perPart)), indices.back());
      line = at.back() = isPaired ? b.mul(step, 2) : step;
      Value block = indices.drop_back().back();
      Value base = b.add(b.mul(block, count), b.index(start));
      Stretch all{b.index(0), b.ceilDiv(b.index(lineSize()), mostRows(lineSize(), vectors))};
      Value end = panels.end;
      if (part)
        end = clipPart(end, step, steps, b.index(count));
      forLines(lines, [&] {
        b.forRange(b.add(base, panels.begin), b.add(base, end),
                   [&](Value number) { emitLine(number, at, all); });
      });
    });
  }

  /// `body` for a pair of lines, or for the last one alone.
  void forLines(Value lines, llvm::function_ref<void()> body) {
    std::optional<int64_t> fixed = getFixed(lines);
    isPair = isPaired;
    if (!isPaired || (fixed && *fixed % 2 == 0))
      return body();
    Value next = b.add(line, b.index(1));
    Value hasNext =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, next, lines);
    b.forEither(hasNext, [&](bool pair) {
      isPair = pair;
      body();
    });
  }

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
    return widen(epilogue.load(filter, indices, Value()), op.getUnsignedFilter());
  }
  Value inputVector(ValueRange line, Value x, Column column) {
    SmallVector<Value> indices(line);
    indices.append({x, column.index});
    return widen(epilogue.load(input, indices, column.mask), op.getUnsignedInput());
  }
  /// Zeros above unsigned bytes make the product of the upper halves 0.
  bool ofHalves() {
    return op.getUnsignedInput() && sumType.getElementType().isInteger(32) &&
           getElementTypeOrSelf(input).isInteger(8);
  }

  /// In registers: the sums, one vector of each tap's weights for each line, two
  /// pixels; the product and what it overwrites, on a CPU without a fused form.
  /// Masked loads are no operands of a multiply-add.
  int64_t tileRows(int64_t vectors) override {
    int64_t lines = isPaired ? 2 : 1;
    int64_t left = context.cpu.vectorRegisters - 2 - tapsInBody() * lines -
                   (context.cpu.fma ? 0 : 2) - (isMasked ? 4 : 0);
    // Enough to hide the latency of a multiply-add. With more, LLVM loads more
    // pixels ahead than there are registers for.
    int64_t most = isPaired ? 16 : 10;
    return std::max<int64_t>(1, std::min(left, most) / (vectors * lines));
  }
  int64_t tapsInBody() override { return isUnrolled() ? taps() : 1; }

  SmallVector<Value> emitReduction(Columns columns, ArrayRef<Value> rows,
                                   SmallVector<Value> sums, Value first,
                                   Value last) override {
    if (isPair)
      return emitPair(columns, rows, sums);
    return emitSumNest(
        reductionSizes(), first, last, sums,
        [&](ValueRange indices, SmallVector<Value> sums) {
          SmallVector<Value> k(indices.take_front(spatialDims - 1));
          Value start = startOf(rows.front());
          if (!isUnrolled())
            start = b.add(start, b.mul(indices.back(), op.getDilations().back()));
          SmallVector<Value> weights = k;
          if (!isUnrolled())
            weights.push_back(indices.back());
          for (size_t c = 0; c < columns.size(); ++c)
            addPixels(columns, c, rows.size(), lineIndices(k), start,
                      {loadWeights(weights, columns[c])}, sums);
          return sums;
        });
  }
  Value startOf(Value row) { return b.mul(row, op.getStrides().back()); }

  /// The sums of the first line, then those of the second. Of the lines under the
  /// two windows the first ones belong to the first, the last ones to the second.
  SmallVector<Value> emitPair(Columns columns, ArrayRef<Value> rows,
                              SmallVector<Value> zeros) {
    size_t count = zeros.size();
    int64_t steps = lineSteps(), taps = kernelShape()[0];
    SmallVector<Value> sums = zeros;
    sums.append(zeros);
    Value start = startOf(rows.front());
    for (auto [begin, end] : {std::pair<int64_t, int64_t>(0, steps),
                              {steps, taps},
                              {taps, taps + steps}}) {
      bool inFirst = begin < taps, inSecond = end > steps;
      auto add = [&](ValueRange k, SmallVector<Value> sums) {
        Value inLast = b.sub(k[0], b.index(steps));
        for (size_t c = 0; c < columns.size(); ++c) {
          SmallVector<SmallVector<Value>> weights;
          if (inFirst)
            weights.push_back(loadWeights(k[0], columns[c]));
          if (inSecond)
            weights.push_back(loadWeights(inLast, columns[c]));
          addPixels(columns, c, rows.size(), lineIndices(k), start, weights,
                    MutableArrayRef(sums).drop_front(inFirst ? 0 : count));
        }
        return sums;
      };
      sums = emitSumNest(Size(b.getIndexAttr(end)), b.index(begin), b.index(end), sums,
                         add);
    }
    return sums;
  }

  /// A vector for each tap in the body; `k` is what comes before those.
  SmallVector<Value> loadWeights(ValueRange k, Column column) {
    if (!isUnrolled())
      return {rhsVector(k, column)};
    SmallVector<Value> weights, indices(k);
    indices.emplace_back();
    for (int64_t tap = 0; tap < taps(); ++tap) {
      indices.back() = b.index(tap);
      weights.push_back(rhsVector(indices, column));
    }
    return weights;
  }

  /// Adds what the pixels from `start` on contribute to column vector `c`, each
  /// to all rows whose window it lies in before the next is loaded. There are
  /// weights, and sums, for one line or two.
  void addPixels(Columns columns, size_t c, int64_t rows, ValueRange line,
                 Value start, ArrayRef<SmallVector<Value>> weights,
                 MutableArrayRef<Value> sums) {
    int64_t stride = op.getStrides().back(), dilation = op.getDilations().back();
    int64_t taps = weights.front().size();
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
        for (auto [l, lineWeights] : llvm::enumerate(weights)) {
          Value &sum = sums[(l * rows + row) * columns.size() + c];
          sum = multiplyAdd(pixel, lineWeights[tap], sum, ofHalves());
        }
      }
    }
  }

  void storeTile(Columns columns, ArrayRef<Value> rows,
                 ArrayRef<Value> sums) override {
    if (!isPair)
      return TileEmitter::storeTile(columns, rows, sums);
    size_t half = sums.size() / 2;
    epilogue.outer.back() = line;
    TileEmitter::storeTile(columns, rows, sums.take_front(half));
    epilogue.outer.back() = b.add(line, b.index(1));
    TileEmitter::storeTile(columns, rows, sums.drop_front(half));
  }
};
} // namespace

void graphopt::cpu::emitDepthwiseConv(DepthwiseConvOp op,
                                      ExpandContext &context) {
  DepthwiseConvEmitter(op, context).emit();
}
