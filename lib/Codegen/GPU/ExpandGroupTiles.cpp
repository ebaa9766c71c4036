//===- ExpandGroupTiles.cpp - Products of halves by four warps at a time --===//

#include "AsyncSide.h"
#include "TensorTileEmitter.h"
#include "WarpGroup.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

namespace {
constexpr int64_t kStages = 4;
constexpr int64_t kHalfBytes = 2;

/// The left side lies by rows, a stage's depth long; of the right one, blocks of 64 columns by
/// numbers of the depth.
class GroupTileEmitter : public TensorTileEmitter {
public:
  using TensorTileEmitter::TensorTileEmitter;

  static SmallVector<MemRefType> getShared(const TensorTile &tile, Type half) {
    assert(2 * tile.words == kLineHalves && "a row is a line");
    return {sharedType({kStages, tile.rows, kLineHalves}, half),
            sharedType({kStages, tile.columns / kLineHalves, kLineHalves, kLineHalves}, half)};
  }

private:
  SmallVector<Value> addTiles(ValueRange batch, ValueRange sums) override {
    AsyncSide left(
        *product.left, batch, firstRow, product.rows, product.depth, tile.rows, kLineHalves,
        b.shared[0],
        [&](Value row, Value k) -> SmallVector<Value> { return {row, placeInLine(row, k, b)}; }, b);
    AsyncSide right(
        *product.right, batch, firstColumn, product.columns, product.depth, tile.columns,
        kLineHalves, b.shared[1],
        [&](Value k, Value column) -> SmallVector<Value> {
          Value at = b.rem(column, kLineHalves);
          return {b.div(column, b.index(kLineHalves)), k, placeInLine(k, at, b)};
        },
        b);
    auto copy = [&](Value turn) {
      Value k = b.mul(turn, kLineHalves), stage = b.rem(turn, kStages);
      left.copy(k, stage);
      right.copy(k, stage);
      NVVM::CpAsyncCommitGroupOp::create(b);
    };
    leftMatrix = describeMatrix(b.shared[0], /*alongDepth=*/true, 0, b);
    leftMatrix = moveMatrix(leftMatrix, b.div(b.warp, b.index(kGroupWarps)),
                            kGroupRows * kLineBytes, b);
    rightMatrix = describeMatrix(b.shared[1], /*alongDepth=*/false, kLineHalves * kLineBytes, b);

    // The products of one turn run while the next one's begin: their stage and the one that
    // is multiplied are not copied to.
    constexpr int64_t kAhead = kStages - 2;
    for (int64_t i = 0; i < kAhead; ++i)
      copy(b.index(i));
    Value turns = b.ceilDiv(b.index(product.depth), kLineHalves);
    Value added =
        b.fold(turns, packSums(sums, b), [&](Value turn, ValueRange before) -> SmallVector<Value> {
           NVVM::CpAsyncWaitGroupOp::create(b, kAhead - 1);
           NVVM::FenceProxyOp::create(
               b, NVVM::ProxyKind::async_shared,
               NVVM::SharedSpaceAttr::get(b.getContext(), NVVM::SharedSpace::shared_cta));
           // Others' copies are there, and all have waited for the turn before the last.
           b.barrier();
           copy(b.add(turn, b.index(kAhead)));
           Value after = multiply(b.rem(turn, kStages), before.front());
           constexpr int64_t kRunning = 1;
           NVVM::WgmmaWaitGroupSyncOp::create(b, kRunning);
           return {after};
         }).front();
    NVVM::CpAsyncWaitGroupOp::create(b, 0);
    return waitForSums(added, b);
  }

  Value multiply(Value stage, Value sums) {
    Value left = moveMatrix(leftMatrix, stage, tile.rows * kLineBytes, b);
    Value right = moveMatrix(rightMatrix, stage, tile.columns * kLineBytes, b);
    NVVM::WgmmaFenceAlignedOp::create(b);
    for (int64_t i = 0; i < kLineHalves / kGroupDepth; ++i)
      sums = multiplyMatrices(
          factor, moveMatrix(left, b.index(i), kGroupDepth * kHalfBytes, b),
          moveMatrix(right, b.index(i), kGroupDepth * kLineBytes, b), sums, b);
    NVVM::WgmmaGroupSyncAlignedOp::create(b);
    return sums;
  }

  static constexpr int64_t kLineBytes = kLineHalves * kHalfBytes;
  Value leftMatrix, rightMatrix; ///< in the first stage
};
} // namespace

void graphopt::cuda::emitGroupTiles(const Product &product, const Factor &factor,
                                    const TensorTile &tile, BlockBuilder &b) {
  auto shared = GroupTileEmitter::getShared(tile, product.left->getElementType());
  launchTensorTiles(product, tile, shared, b, [&](ValueRange batch, Value row, Value column) {
    GroupTileEmitter(product, factor, tile, b).emit(batch, row, column);
  });
}
