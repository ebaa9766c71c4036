//===- ExpandGroupTiles.cpp - Products of halves by four warps at a time --===//

#include "GroupStages.h"
#include "TensorTileEmitter.h"
#include "WarpGroup.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

namespace {
constexpr int64_t kHalfBytes = 2, kLineBytes = kLineHalves * kHalfBytes;

class GroupTileEmitter : public TensorTileEmitter {
public:
  GroupTileEmitter(const Product &product, const Factor &factor, const TensorTile &tile,
                   const std::optional<TensorMaps> &maps, BlockBuilder &b)
      : TensorTileEmitter(product, factor, tile, b), maps(maps) {}

private:
  SmallVector<Value> addTiles(ValueRange batch, ValueRange sums) override {
    auto stages = makeStages(product, tile, maps, batch, firstRow, firstColumn, b);
    leftMatrix = describeMatrix(b.shared[0], /*alongDepth=*/true, 0, b);
    leftMatrix = moveMatrix(leftMatrix, b.div(b.warp, b.index(kGroupWarps)),
                            kGroupRows * kLineBytes, b);
    rightMatrix = describeMatrix(b.shared[1], /*alongDepth=*/false, kLineHalves * kLineBytes, b);

    stages->begin();
    for (int64_t i = 0; i < GroupStages::kAhead; ++i)
      stages->copy(b.index(i));
    Value turns = b.ceilDiv(b.index(product.depth), kLineHalves);
    Value added =
        b.fold(turns, packSums(sums, b), [&](Value turn, ValueRange before) -> SmallVector<Value> {
           stages->await(turn); // and all have waited for the turn before the last
           stages->copy(b.add(turn, b.index(GroupStages::kAhead)));
           Value after = multiply(b.rem(turn, GroupStages::kCount), before.front());
           constexpr int64_t kRunning = 1;
           NVVM::WgmmaWaitGroupSyncOp::create(b, kRunning);
           return {after};
         }).front();
    stages->end();
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

  const std::optional<TensorMaps> &maps;
  Value leftMatrix, rightMatrix; ///< in the first stage
};
} // namespace

void graphopt::cuda::emitGroupTiles(const Product &product, const Factor &factor,
                                    const TensorTile &tile, BlockBuilder &b) {
  std::optional<TensorMaps> maps = makeTensorMaps(product, tile, b);
  SmallVector<MemRefType> shared = getStageTypes(product, tile, maps);
  launchTensorTiles(product, tile, shared, b, [&](ValueRange batch, Value row, Value column) {
    GroupTileEmitter(product, factor, tile, maps, b).emit(batch, row, column);
  });
}
