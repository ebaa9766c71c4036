//===- ExpandFewRows.cpp - Products of a few rows -------------------------===//

#include "ExpandProduct.h"
#include "GpuEpilogue.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using Size = LoopBuilder::Size;

namespace {
constexpr int64_t kThreads = 256, kWarps = kThreads / kWarp;
constexpr int64_t kLanes = 4;               ///< columns of a thread
constexpr int64_t kColumns = 32;            ///< of a block: those of 8 threads
constexpr int64_t kAcross = kColumns / kLanes;
constexpr int64_t kShares = kThreads / kAcross; ///< threads that share the depth
constexpr int64_t kAhead = 4;               ///< numbers that a thread reads before it adds

class FewRowsEmitter {
public:
  FewRowsEmitter(const Product &product, int64_t rows, BlockBuilder &b)
      : product(product), rows(rows), b(b), type(b.getF32Type()) {}

  void emit(ValueRange batch, Value rowTile, Value columnTile) {
    firstRow = b.mul(rowTile, rows);
    firstColumn = b.mul(columnTile, kColumns);
    SmallVector<Value> sums(rows, b.zero(VectorType::get(kLanes, type)));
    sums = addProducts(batch, sums);
    addShares(sums);
    b.barrier();
    // Threads that are left store a run each.
    b.ifThen(b.isLess(b.thread, b.index(rows * kAcross)), [&] { store(batch); });
  }

private:
  /// Places of the right side's neighbours, read `run` at once.
  SmallVector<SmallVector<Value>> startColumns(ValueRange batch, int64_t run) {
    Value column = b.add(firstColumn, b.mul(b.rem(b.thread, kAcross), kLanes));
    Value last = b.sub(b.index(product.columns), b.index(run));
    SmallVector<SmallVector<Value>> starts;
    for (int64_t j = 0; j < kLanes; j += run)
      starts.push_back(
          product.right->start(b, batch, b.min(b.add(column, b.index(j)), last)));
    return starts;
  }

  Value widen(Value value, Type to) {
    return value.getType() == to ? value : arith::ExtFOp::create(b, to, value).getResult();
  }

  Value loadColumns(ArrayRef<SmallVector<Value>> starts, Value k, int64_t run) {
    const Side &side = *product.right;
    SmallVector<Value> values;
    for (ArrayRef<Value> start : starts) {
      if (run == 1) {
        values.push_back(memref::LoadOp::create(b, side.memref, side.at(b, start, k)));
        continue;
      }
      Value part = b.loadRun(side.memref, side.at(b, start, k), run);
      for (int64_t i = 0; i < run; ++i)
        values.push_back(b.element(part, i));
    }
    return widen(b.gather(values), VectorType::get(kLanes, type));
  }

  SmallVector<Value> addProducts(ValueRange batch, ValueRange sums) {
    int64_t run = std::min(product.right->run, kLanes);
    SmallVector<SmallVector<Value>> columns = startColumns(batch, run), lines;
    Value last = b.sub(b.index(product.rows), b.index(1));
    for (int64_t i = 0; i < rows; ++i)
      lines.push_back(
          product.left->start(b, batch, b.min(b.add(firstRow, b.index(i)), last)));
    Value share = b.div(b.thread, b.index(kAcross)), end = b.index(product.depth);
    std::optional<int64_t> fixed = getFixed(product.depth);
    bool isExact = fixed && *fixed % (kShares * kAhead) == 0;
    Value turns = b.ceilDiv(end, kShares * kAhead);
    return b.fold(turns, sums, [&](Value turn, ValueRange before) {
      SmallVector<Value> after(before);
      for (int64_t ahead = 0; ahead < kAhead; ++ahead) {
        Value k = b.add(b.mul(b.add(b.mul(turn, kAhead), b.index(ahead)), kShares), share);
        Value safe = isExact ? k : b.min(k, b.sub(end, b.index(1)));
        Value right = loadColumns(columns, safe, run);
        if (!isExact)
          right = b.select(b.isLess(k, end), right, b.zero(right.getType()));
        for (int64_t i = 0; i < rows; ++i) {
          Value left = memref::LoadOp::create(b, product.left->memref,
                                              product.left->at(b, lines[i], safe));
          left = widen(left, type);
          if (!isExact) // 0 times what is no number
            left = b.select(b.isLess(k, end), left, b.zero(type));
          after[i] = math::FmaOp::create(b, b.splat(left, kLanes), right, after[i]);
        }
      }
      return after;
    });
  }

  /// Adds up the shares of a warp by shuffles, and stores them as shared[warp, row, column].
  void addShares(ArrayRef<Value> sums) {
    for (int64_t i = 0; i < rows; ++i) {
      SmallVector<Value> totals;
      for (int64_t j = 0; j < kLanes; ++j) {
        Value total = b.element(sums[i], j);
        for (int64_t mask = kAcross; mask < kWarp; mask *= 2)
          total = arith::AddFOp::create(b, total, b.shuffle(total, mask));
        totals.push_back(total);
      }
      b.ifThen(b.isLess(b.lane, b.index(kAcross)), [&] {
        b.storeRun(b.gather(totals), b.shared[0],
                   {b.warp, b.index(i), b.mul(b.lane, kLanes)});
      });
    }
  }

  void store(ValueRange batch) {
    Value i = b.div(b.thread, b.index(kAcross));
    Value offset = b.mul(b.rem(b.thread, kAcross), kLanes);
    Value total = b.zero(VectorType::get(kLanes, type));
    for (int64_t warp = 0; warp < kWarps; ++warp)
      total = arith::AddFOp::create(b, total,
                                    b.loadRun(b.shared[0], {b.index(warp), i, offset}, kLanes));
    Value row = b.add(firstRow, i);
    b.ifThen(b.isLess(row, b.index(product.rows)), [&] {
      SmallVector<Value> values;
      for (int64_t j = 0; j < kLanes; ++j)
        values.push_back(b.element(total, j));
      storeNeighbours(product.op, values,
                      product.place(b, batch, row, b.add(firstColumn, offset)),
                      product.end(b, batch), product.columnRun, b);
    });
  }

  const Product &product;
  int64_t rows;
  BlockBuilder &b;
  Type type;
  Value firstRow, firstColumn;
};
} // namespace

void graphopt::cuda::emitFewRows(const Product &product, int64_t rows, BlockBuilder &b) {
  SmallVector<Size> counts = product.batches;
  counts.push_back(Size(b.ceilDiv(b.index(product.rows), rows)));
  counts.push_back(Size(b.ceilDiv(b.index(product.columns), kColumns)));
  MemRefType shared = sharedType({kWarps, rows, kColumns}, b.getF32Type());
  b.launch(b.product(counts), kThreads, shared, [&] {
    SmallVector<Value> at = b.delinearize(b.block, counts);
    Value column = at.pop_back_val(), row = at.pop_back_val();
    FewRowsEmitter(product, rows, b).emit(at, row, column);
  });
}
