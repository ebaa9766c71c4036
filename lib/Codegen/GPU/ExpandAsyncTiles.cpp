//===- ExpandAsyncTiles.cpp - Products of halves that are copied as they are ===//

#include "AsyncSide.h"
#include "TensorTileEmitter.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

namespace {
constexpr int64_t kStages = 4;
constexpr int64_t kRun = AsyncSide::kRun; // and of a row of a fragment

/// Both sides lie in shared memory as they do outside, the left one by rows, the right one
/// by numbers of the depth.
class AsyncTileEmitter : public FragmentTileEmitter {
public:
  using FragmentTileEmitter::FragmentTileEmitter;

  static SmallVector<MemRefType> getShared(const TensorTile &tile, Type half) {
    // Rows that lie apart keep the threads that read a fragment from meeting one bank.
    constexpr int64_t kApart = 8;
    return {sharedType({kStages, tile.rows, 2 * tile.words + kApart}, half),
            sharedType({kStages, 2 * tile.words, tile.columns + kApart}, half)};
  }

private:
  SmallVector<Value> addTiles(ValueRange batch, ValueRange sums) override {
    int64_t depth = 2 * tile.words;
    auto asOutside = [](Value major, Value minor) -> SmallVector<Value> { return {major, minor}; };
    AsyncSide left(*product.left, batch, firstRow, product.rows, product.depth, tile.rows, depth,
                   b.shared[0], asOutside, b);
    AsyncSide right(*product.right, batch, firstColumn, product.columns, product.depth,
                    tile.columns, depth, b.shared[1], asOutside, b);
    // A group of copies for each stage, also if nothing is left: their number tells which is there.
    auto copy = [&](Value turn) {
      Value k = b.mul(turn, depth), stage = b.rem(turn, kStages);
      left.copy(k, stage);
      right.copy(k, stage);
      NVVM::CpAsyncCommitGroupOp::create(b);
    };
    for (int64_t i = 0; i < kStages - 1; ++i)
      copy(b.index(i));
    Value turns = b.ceilDiv(b.index(product.depth), depth);
    SmallVector<Value> after = b.fold(turns, sums, [&](Value turn, ValueRange before) {
      NVVM::CpAsyncWaitGroupOp::create(b, kStages - 2);
      // Others' copies are there, and all are done with the stage of the turn before.
      b.barrier();
      copy(b.add(turn, b.index(kStages - 1)));
      return multiply(b.rem(turn, kStages), before);
    });
    NVVM::CpAsyncWaitGroupOp::create(b, 0);
    return after;
  }

  Fragment readLeft(Value stage, int64_t fragment, int64_t word) override {
    Value row = b.add(b.add(warpRow, b.index(fragment * kRows)), b.rem(b.lane, kRows));
    Value column = b.add(b.mul(b.div(b.lane, b.index(kRows)), kRun), b.index(2 * word));
    return loadMatrices(factor, b.shared[0], {stage, row, column}, /*transpose=*/false, b);
  }

  /// Two columns of 8 x 8 halves at a time: the instruction that loads them turns them.
  SmallVector<Fragment> readRight(Value stage, int64_t word) override {
    SmallVector<Fragment> fragments;
    Value row = b.add(b.rem(b.lane, 2 * kRun), b.index(2 * word));
    Value column = b.add(warpColumn, b.mul(b.div(b.lane, b.index(2 * kRun)), kColumns));
    for (int64_t j = 0; j < columnFragments(); j += 2) {
      Fragment both =
          loadMatrices(factor, b.shared[1], {stage, row, b.add(column, b.index(j * kColumns))},
                       /*transpose=*/true, b);
      fragments.push_back({both[0], both[1]});
      fragments.push_back({both[2], both[3]});
    }
    return fragments;
  }
};
} // namespace

bool graphopt::cuda::canCopyAsync(const Product &product, const Factor &factor,
                                  const GpuModel &gpu) {
  Type type = product.left->getElementType();
  bool isWhole = (factor.kind == NVVM::MMATypes::f16 && type.isF16()) ||
                 (factor.kind == NVVM::MMATypes::bf16 && type.isBF16());
  return gpu.asyncCopies && isWhole && product.right->getElementType() == type &&
         product.left->alongDepth && !product.right->alongDepth && product.left->run >= kRun &&
         product.right->run >= kRun;
}

void graphopt::cuda::emitAsyncTiles(const Product &product, const Factor &factor,
                                    const TensorTile &tile, BlockBuilder &b) {
  auto shared = AsyncTileEmitter::getShared(tile, product.left->getElementType());
  launchTensorTiles(product, tile, shared, b, [&](ValueRange batch, Value row, Value column) {
    AsyncTileEmitter(product, factor, tile, b).emit(batch, row, column);
  });
}
