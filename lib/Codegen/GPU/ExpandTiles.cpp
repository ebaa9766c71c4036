//===- ExpandTiles.cpp - Products of f32 by tiles -------------------------===//

#include "ExpandProduct.h"
#include "GpuEpilogue.h"
#include "Staging.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using Size = LoopBuilder::Size;

namespace {
constexpr int64_t kLanes = 4; ///< numbers that one instruction reads
constexpr int64_t kStages = 2;

/// One thread of a block that computes a tile.
class TileEmitter {
public:
  TileEmitter(const Product &product, const ProductTile &tile, BlockBuilder &b)
      : product(product), tile(tile), b(b), type(b.getF32Type()) {}

  static SmallVector<MemRefType> getShared(const ProductTile &tile, Type type) {
    // The left side is transposed on its way: rows that lie apart keep it from
    // meeting one bank.
    constexpr int64_t kApart = 4;
    return {sharedType({kStages, tile.depth, tile.rows + kApart}, type),
            sharedType({kStages, tile.depth, tile.columns}, type)};
  }

  void emit(ValueRange batch, Value rowTile, Value columnTile) {
    firstRow = b.mul(rowTile, tile.rows);
    firstColumn = b.mul(columnTile, tile.columns);
    placeThread();
    SmallVector<Value> sums(countSums(), b.zero(VectorType::get(kLanes, type)));
    store(batch, addProducts(product.depth, sums, b, [&] { return addTiles(batch, sums); }));
  }

private:
  int64_t rowBlocks() const { return tile.threadRows / kLanes; }
  int64_t columnBlocks() const { return tile.threadColumns / kLanes; }
  int64_t countSums() const { return tile.threadRows * columnBlocks(); }

  /// A warp has up to 8 threads side by side, so that it reads a line of banks.
  void placeThread() {
    int64_t across = tile.columns / tile.threadColumns, wide = std::min<int64_t>(8, across);
    int64_t high = kWarp / wide, warps = across / wide;
    threadColumn = b.mul(b.add(b.mul(b.rem(b.warp, warps), wide), b.rem(b.lane, wide)), kLanes);
    threadRow = b.mul(b.add(b.mul(b.div(b.warp, b.index(warps)), high),
                            b.div(b.lane, b.index(wide))),
                      kLanes);
  }

  /// While a stage of shared memory is multiplied, the next one is read.
  SmallVector<Value> addTiles(ValueRange batch, ValueRange sums) {
    Staging left(*product.left, batch, firstRow, product.rows, product.depth, tile.rows,
                 tile.depth, kLanes, b);
    Staging right(*product.right, batch, firstColumn, product.columns, product.depth,
                  tile.columns, tile.depth, product.right->alongDepth ? kLanes : 1, b);
    Value zero = b.index(0);
    stage(left, left.load(zero), b.shared[0], zero);
    stage(right, right.load(zero), b.shared[1], zero);
    b.barrier();
    Value turns = b.ceilDiv(b.index(product.depth), tile.depth);
    return b.fold(turns, sums, [&](Value turn, ValueRange before) {
      Value next = b.add(turn, b.index(1)), k = b.mul(next, tile.depth);
      SmallVector<Value> lefts = left.load(k), rights = right.load(k);
      SmallVector<Value> after = multiply(b.rem(turn, kStages), before);
      stage(left, lefts, b.shared[0], b.rem(next, kStages));
      stage(right, rights, b.shared[1], b.rem(next, kStages));
      b.barrier();
      return after;
    });
  }

  /// Stores what `staging` loaded as shared[stage, k, line].
  void stage(const Staging &staging, ValueRange loaded, Value memory, Value stage) {
    for (auto [i, piece] : llvm::enumerate(staging.getPieces())) {
      Value run = widen(loaded[i]);
      if (staging.isAlongDepth())
        for (int64_t j = 0; j < kLanes; ++j)
          b.storeRun(b.splat(b.element(run, j), 1), memory,
                     {stage, b.add(piece.k, b.index(j)), piece.line});
      else
        b.storeRun(run, memory, {stage, piece.k, piece.line});
    }
  }

  Value widen(Value run) {
    auto from = cast<VectorType>(run.getType());
    if (from.getElementType() == type)
      return run;
    return arith::ExtFOp::create(b, VectorType::get(from.getShape(), type), run);
  }

  /// What this thread reads at depth `k` of `memory`, for its blocks `step` apart.
  SmallVector<Value> read(Value memory, Value stage, int64_t k, Value first, int64_t blocks,
                          int64_t step) {
    SmallVector<Value> runs;
    for (int64_t i = 0; i < blocks; ++i)
      runs.push_back(
          b.loadRun(memory, {stage, b.index(k), b.add(first, b.index(i * step))}, kLanes));
    return runs;
  }

  SmallVector<Value> multiply(Value stage, ValueRange before) {
    SmallVector<Value> sums(before);
    for (int64_t k = 0; k < tile.depth; ++k) {
      SmallVector<Value> left =
          read(b.shared[0], stage, k, threadRow, rowBlocks(), tile.rows / rowBlocks());
      SmallVector<Value> right = read(b.shared[1], stage, k, threadColumn, columnBlocks(),
                                      tile.columns / columnBlocks());
      for (int64_t i = 0; i < tile.threadRows; ++i) {
        Value x = b.splat(b.element(left[i / kLanes], i % kLanes), kLanes);
        for (int64_t j = 0; j < columnBlocks(); ++j) {
          Value &sum = sums[i * columnBlocks() + j];
          sum = math::FmaOp::create(b, x, right[j], sum);
        }
      }
    }
    return sums;
  }

  void store(ValueRange batch, ValueRange sums) {
    Value end = product.end(b, batch), rows = b.index(product.rows);
    for (int64_t i = 0; i < tile.threadRows; ++i) {
      int64_t offset = i / kLanes * (tile.rows / rowBlocks()) + i % kLanes;
      Value row = b.add(b.add(firstRow, threadRow), b.index(offset));
      b.ifThen(b.isLess(row, rows), [&] {
        for (int64_t j = 0; j < columnBlocks(); ++j) {
          Value column = b.add(b.add(firstColumn, threadColumn),
                               b.index(j * (tile.columns / columnBlocks())));
          SmallVector<Value> values;
          for (int64_t lane = 0; lane < kLanes; ++lane)
            values.push_back(b.element(sums[i * columnBlocks() + j], lane));
          storeNeighbours(product.op, values, product.place(b, batch, row, column), end,
                          product.columnRun, b);
        }
      });
    }
  }

  const Product &product;
  ProductTile tile;
  BlockBuilder &b;
  Type type;
  Value firstRow, firstColumn;     ///< of the tile
  Value threadRow, threadColumn;   ///< of this thread, in the tile
};
} // namespace

void graphopt::cuda::emitTiles(const Product &product, const ProductTile &tile,
                               BlockBuilder &b) {
  SmallVector<Size> counts = product.batches;
  counts.push_back(Size(b.ceilDiv(b.index(product.rows), tile.rows)));
  counts.push_back(Size(b.ceilDiv(b.index(product.columns), tile.columns)));
  int64_t threads =
      tile.rows / tile.threadRows * (tile.columns / tile.threadColumns);
  b.launch(b.product(counts), threads, TileEmitter::getShared(tile, b.getF32Type()), [&] {
    SmallVector<Value> at = b.delinearize(b.block, counts);
    Value column = at.pop_back_val(), row = at.pop_back_val();
    TileEmitter(product, tile, b).emit(at, row, column);
  });
}
