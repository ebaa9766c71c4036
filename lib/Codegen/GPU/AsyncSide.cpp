//===- AsyncSide.cpp - A side of a product that is copied past the registers ===//

#include "AsyncSide.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

AsyncSide::AsyncSide(const Side &side, ValueRange batch, Value first, LoopBuilder::Size count,
                     LoopBuilder::Size total, int64_t lines, int64_t depth, Value memory,
                     Place place, BlockBuilder &b)
    : side(side), total(total), memory(memory), b(b) {
  int64_t along = side.alongDepth ? depth : lines, runs = along / kRun;
  int64_t copies = lines * depth / kRun;
  assert(copies % b.threads == 0 && "threads have unequal shares");
  Value last = b.sub(b.index(count), b.index(side.alongDepth ? 1 : kRun));
  for (int64_t i = 0; i < copies / b.threads; ++i) {
    Value number = b.add(b.thread, b.index(i * b.threads));
    Value major = b.div(number, b.index(runs)), minor = b.mul(b.rem(number, runs), kRun);
    Value line = b.add(first, side.alongDepth ? major : minor);
    pieces.push_back({place(major, minor), side.alongDepth ? minor : major,
                      side.start(b, batch, b.min(line, last))});
  }
}

void AsyncSide::copy(Value k, Value stage) {
  Value end = b.index(total), last = b.sub(end, b.index(side.alongDepth ? kRun : 1));
  for (const Piece &piece : pieces) {
    Value at = b.add(k, piece.k);
    Value given = b.select(b.isLess(at, end), b.index(kRun), b.index(0));
    SmallVector<Value> place = {stage};
    llvm::append_range(place, piece.place);
    nvgpu::DeviceAsyncCopyOp::create(
        b, nvgpu::DeviceAsyncTokenType::get(b.getContext()), memory, place, side.memref,
        side.at(b, piece.start, b.min(at, last)), b.getIndexAttr(kRun), given,
        /*bypassL1=*/b.getUnitAttr());
  }
}
