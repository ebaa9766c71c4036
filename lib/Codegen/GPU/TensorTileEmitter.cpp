//===- TensorTileEmitter.cpp - What tensor cores do with a tile -----------===//

#include "TensorTileEmitter.h"
#include "GpuEpilogue.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

TensorTileEmitter::TensorTileEmitter(const Product &product, const Factor &factor,
                                     const TensorTile &tile, BlockBuilder &b)
    : product(product), factor(factor), tile(tile), b(b),
      sumType(kernel::EpilogueOp(product.op).getValueType()) {}

void TensorTileEmitter::emit(ValueRange batch, Value rowTile, Value columnTile) {
  firstRow = b.mul(rowTile, tile.rows);
  firstColumn = b.mul(columnTile, tile.columns);
  int64_t across = tile.columns / tile.warpColumns;
  warpRow = b.mul(b.div(b.warp, b.index(across)), tile.warpRows);
  warpColumn = b.mul(b.rem(b.warp, across), tile.warpColumns);
  SmallVector<Value> sums(4 * rowFragments() * columnFragments(), b.zero(sumType));
  store(batch, addProducts(product.depth, sums, b, [&] { return addTiles(batch, sums); }));
}

SmallVector<Value> FragmentTileEmitter::multiply(Value stage, ValueRange before) {
  SmallVector<Value> sums(before);
  for (int64_t word = 0; word < tile.words; word += kWords) {
    SmallVector<Fragment> left, right;
    for (int64_t i = 0; i < rowFragments(); ++i)
      left.push_back(readLeft(stage, i, word));
    right = readRight(stage, word);
    for (int64_t i = 0; i < rowFragments(); ++i)
      for (int64_t j = 0; j < columnFragments(); ++j)
        multiplyFragments(factor, left[i], right[j],
                          MutableArrayRef(sums).slice(4 * (i * columnFragments() + j), 4), b);
  }
  return sums;
}

void TensorTileEmitter::store(ValueRange batch, ValueRange sums) {
  Value end = product.end(b, batch), rows = b.index(product.rows);
  for (int64_t i = 0; i < rowFragments(); ++i)
    for (int64_t half = 0; half < 2; ++half) {
      Value row = b.add(b.add(firstRow, warpRow), b.div(b.lane, b.index(4)));
      row = b.add(row, b.index(i * kRows + half * kRows / 2));
      b.ifThen(b.isLess(row, rows), [&] {
        for (int64_t j = 0; j < columnFragments(); ++j) {
          Value column = b.add(b.add(firstColumn, warpColumn), b.mul(b.rem(b.lane, 4), 2));
          column = b.add(column, b.index(j * kColumns));
          storeNeighbours(product.op,
                          sums.slice(4 * (i * columnFragments() + j) + 2 * half, 2),
                          product.place(b, batch, row, column), end, product.columnRun, b);
        }
      });
    }
}

void graphopt::cuda::launchTensorTiles(const Product &product, const TensorTile &tile,
                                       ArrayRef<MemRefType> shared, BlockBuilder &b,
                                       llvm::function_ref<void(ValueRange, Value, Value)> emit) {
  SmallVector<LoopBuilder::Size> counts = product.batches;
  counts.push_back(LoopBuilder::Size(b.ceilDiv(b.index(product.rows), tile.rows)));
  counts.push_back(LoopBuilder::Size(b.ceilDiv(b.index(product.columns), tile.columns)));
  int64_t threads = tile.rows / tile.warpRows * (tile.columns / tile.warpColumns) * kWarp;
  b.launch(b.product(counts), threads, shared, [&] {
    SmallVector<Value> at = b.delinearize(b.block, counts);
    Value column = at.pop_back_val(), row = at.pop_back_val();
    emit(at, row, column);
  });
}
