//===- ExpandDepthwise.cpp - Convolutions of single channels --------------===//

#include "ExpandDepthwise.h"
#include "ElementLoops.h"
#include "GpuEpilogue.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using namespace graphopt::kernel;
using Size = LoopBuilder::Size;

namespace {
class DepthwiseEmitter {
public:
  DepthwiseEmitter(DepthwiseConvOp op, int64_t run, int64_t pixels, BlockBuilder &b)
      : op(op), kernel(cast<EpilogueOp>(op.getOperation())), run(run), pixels(pixels),
        taps(getTaps(op)), last(taps.size() - 1), b(b),
        type(VectorType::get(run, kernel.getValueType())) {}

  void emit() {
    SmallVector<Size> sizes = b.sizesOf(op.getInit());
    columns = sizes[1 + last];
    sizes[1 + last] = Size(b.ceilDiv(b.index(columns), pixels));
    sizes.back() = Size(b.div(b.index(sizes.back()), b.index(run)));
    SmallVector<Value> starts(sizes.size(), b.index(0)), steps(sizes.size(), b.index(1)), ends;
    for (Size size : sizes)
      ends.push_back(b.index(size));
    auto loop = scf::ParallelOp::create(b, starts, ends, steps);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    place = SmallVector<Value>(loop.getInductionVars());
    place[1 + last] = b.mul(place[1 + last], pixels);
    place.back() = b.mul(place.back(), run);
    sums.assign(pixels, b.zero(type));
    addRows({});
    store();
  }

  static ArrayRef<int64_t> getTaps(DepthwiseConvOp op) { // packed: [1, K..., 1, C]
    return cast<MemRefType>(op.getFilter().getType()).getShape().drop_front().drop_back(2);
  }

private:
  /// For each place of a tap but in the last dimension.
  void addRows(SmallVector<int64_t> row) {
    if (row.size() == last)
      return addRow(row);
    for (int64_t tap = 0; tap < taps[row.size()]; ++tap) {
      row.push_back(tap);
      addRows(row);
      row.pop_back();
    }
  }

  void addRow(ArrayRef<int64_t> row) {
    int64_t stride = op.getStrides()[last], dilation = op.getDilations()[last];
    SmallVector<Value> weights;
    for (int64_t tap = 0; tap < taps[last]; ++tap)
      weights.push_back(loadTap(row, tap));
    int64_t width = (pixels - 1) * stride + (taps[last] - 1) * dilation + 1;
    for (int64_t at = 0; at < width; ++at) {
      Value input; // which no tap may meet
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        for (int64_t tap = 0; tap < taps[last]; ++tap) {
          if (pixel * stride + tap * dilation != at)
            continue;
          if (!input)
            input = loadPixel(row, at);
          sums[pixel] = addProduct(b, sums[pixel], input, weights[tap]);
        }
    }
  }

  Value loadTap(ArrayRef<int64_t> row, int64_t tap) {
    SmallVector<Value> indices = {b.index(0)};
    for (int64_t i : row)
      indices.push_back(b.index(i));
    indices.append({b.index(tap), b.index(0), place.back()});
    return widen(b, b.loadRun(op.getFilter(), indices, run), type, op.getUnsignedFilter());
  }

  /// Of the input, `at` pixels behind that of the first result; behind the end, the last one.
  Value loadPixel(ArrayRef<int64_t> row, int64_t at) {
    SmallVector<Value> indices = {place.front()};
    for (auto [i, tap] : llvm::enumerate(row))
      indices.push_back(b.add(b.mul(place[1 + i], op.getStrides()[i]),
                              b.index(tap * op.getDilations()[i])));
    Value column = b.add(b.mul(place[1 + last], op.getStrides()[last]), b.index(at));
    if (std::optional<int64_t> fixed = getFixed(columns); !fixed || *fixed % pixels != 0)
      column = b.min(column, b.sub(b.index(b.sizeOf(op.getInput(), 1 + last)), b.index(1)));
    indices.append({column, place.back()});
    return widen(b, b.loadRun(op.getInput(), indices, run), type, op.getUnsignedInput());
  }

  void store() {
    Value channels = b.index(b.sizesOf(op.getInit()).back());
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      SmallVector<Value> at(place), values;
      at[1 + last] = b.add(at[1 + last], b.index(pixel));
      for (int64_t i = 0; i < run; ++i)
        values.push_back(b.element(sums[pixel], i));
      b.ifThen(b.isLess(at[1 + last], b.index(columns)),
               [&] { storeNeighbours(kernel, values, at, channels, run, b); });
    }
  }

  DepthwiseConvOp op;
  EpilogueOp kernel;
  int64_t run, pixels;
  ArrayRef<int64_t> taps;
  size_t last; ///< spatial dimension
  BlockBuilder &b;
  VectorType type;
  Size columns; ///< of the result, along it
  SmallVector<Value> place, sums; ///< of the first pixel; of each
};
} // namespace

/// As many as leave each multiprocessor some hundred threads.
static int64_t choosePixels(DepthwiseConvOp op, int64_t run, const GpuModel &gpu) {
  constexpr int64_t kMostPixels = 4, kMostSums = 16, kThreads = 512;
  auto type = cast<MemRefType>(op.getInit().getType());
  int64_t pixels = std::clamp<int64_t>(kMostSums / run, 1, kMostPixels);
  if (!type.hasStaticShape())
    return pixels;
  while (pixels > 1 &&
         type.getNumElements() / run / pixels < kThreads * gpu.multiprocessors)
    pixels /= 2;
  return pixels;
}

bool graphopt::cuda::emitDepthwise(DepthwiseConvOp op, const GpuModel &gpu, BlockBuilder &b) {
  constexpr int64_t kMostTaps = 49; // which are one after the other in the code
  auto filter = cast<MemRefType>(op.getFilter().getType());
  int64_t channels = cast<MemRefType>(op.getInit().getType()).getShape().back();
  if (!op.getPacked() || filter.getDimSize(0) != 1 || filter.getShape().back() != channels)
    return false;
  int64_t taps = 1;
  for (int64_t extent : DepthwiseEmitter::getTaps(op))
    taps *= extent;
  int64_t run = getRun(op.getInit(), 16);
  for (Value operand : {op.getInput(), op.getFilter()})
    run = std::min(run, getRun(operand, 16));
  if (run == 1 || taps > kMostTaps)
    return false;
  DepthwiseEmitter(op, run, choosePixels(op, run, gpu), b).emit();
  return true;
}
