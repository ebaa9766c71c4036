//===- ExpandTensorAttention.cpp - Attention by tensor cores --------------===//
//
// Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work
// Partitioning", 2023: a warp has rows of the scores, which never leave its registers.
//
//===----------------------------------------------------------------------===//

#include "AttentionParts.h"
#include "ExpandAttention.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using namespace graphopt::kernel;

namespace {
constexpr int64_t kWarps = 4, kThreads = kWarps * kWarp;
constexpr int64_t kKeys = 64;                         ///< at a time
constexpr int64_t kHalves = 2 * kFragmentWords;       ///< along the depth, of one product
constexpr int64_t kBlocks = kKeys / kFragmentColumns; ///< of the scores of a warp's queries

/// One thread of a block. A warp has 16 queries, of which a lane has two: those of the rows
/// g and g + 8 of all fragments.
class TensorAttentionEmitter : AttentionParts {
public:
  TensorAttentionEmitter(AttentionOp op, const Factor &factor, BlockBuilder &b)
      : AttentionParts(op, b), factor(factor),
        half(factor.kind == NVVM::MMATypes::f16 ? Type(b.getF16Type()) : Type(b.getBF16Type())),
        wide(llvm::alignTo(depth, kHalves)), wideColumns(llvm::alignTo(columns, kHalves)) {}

  void emit() {
    // Rows that lie apart keep the threads that read a fragment from meeting one bank.
    constexpr int64_t kApart = 8;
    launch(perBlock(), kThreads,
           {sharedType({kKeys, wide + kApart}, half), sharedType({kKeys, wideColumns + kApart}, half)},
           [&] { emitBlock(); });
  }

private:
  static int64_t perBlock() { return kWarps * kFragmentRows; }
  int64_t columnBlocks() const { return wideColumns / kFragmentColumns; }

  void emitBlock() {
    Value last = b.min(b.add(firstQuery, b.index(perBlock() - 1)), b.sub(queries, b.index(1)));
    Value end = findLimit(last);
    for (int64_t i = 0; i < 2; ++i) {
      Value row = b.add(b.mul(b.warp, kFragmentRows), b.div(b.lane, b.index(4)));
      Value query = b.add(firstQuery, b.add(row, b.index(i * kFragmentRows / 2)));
      exists.push_back(b.isLess(query, queries));
      places.push_back(b.min(query, b.sub(queries, b.index(1))));
      limits.push_back(findLimit(places.back()));
    }
    for (int64_t d = 0; d < wide; d += kHalves)
      left.push_back(readQueries(d));
    // Of both queries the greatest score and this lane's sum of weights; its columns.
    SmallVector<Value> start(2, lowest());
    start.append(2 + 4 * columnBlocks(), constant(0));
    store(b.fold(LoopBuilder::Size(b.ceilDiv(end, kKeys)), start,
                 [&](Value turn, ValueRange before) { return addKeys(turn, before); }));
  }

  /// The queries' numbers from `d` on, which no other warp needs.
  Fragment readQueries(int64_t d) {
    Fragment fragment;
    for (int64_t word = 0; word < 2; ++word)
      for (int64_t i = 0; i < 2; ++i) {
        SmallVector<Value> pair;
        for (int64_t j = 0; j < 2; ++j) {
          Value at = b.add(b.mul(b.rem(b.lane, 4), 2), b.index(d + word * kFragmentWords + j));
          Value safe = b.min(at, b.index(depth - 1));
          Value number = memref::LoadOp::create(b, op.getQuery(),
                                                indicesOf(Role::Query, places[i], safe));
          pair.push_back(b.select(b.isLess(at, b.index(depth)), convert(number, half), b.zero(half)));
        }
        fragment.push_back(toOperand(pair));
      }
    return fragment;
  }

  Value toOperand(ArrayRef<Value> pair) {
    Value word = factor.toWords(b.gather(pair), b);
    return factor.toOperand(b.element(word, 0), b);
  }

  SmallVector<Value> addKeys(Value turn, ValueRange before) {
    Value first = b.mul(turn, kKeys);
    copyRows(Role::Key, b.shared[0], kKeys, wide, depth, first, keys);
    copyRows(Role::Value, b.shared[1], kKeys, wideColumns, columns, first, keys);
    b.barrier();
    SmallVector<Value> scores = score(first), after(before);
    for (int64_t i = 0; i < 2; ++i)
      weigh(scores, after, i);
    addValues(scores, MutableArrayRef(after).drop_front(4));
    b.barrier(); // all have read keys and values
    return after;
  }

  /// Of the warp's queries with the keys from `first` on.
  SmallVector<Value> score(Value first) {
    SmallVector<Value> sums(4 * kBlocks, constant(0));
    for (auto [step, queries] : llvm::enumerate(left))
      for (int64_t j = 0; j < kBlocks; j += 2) {
        // Matrices of keys j * 8 and (j + 1) * 8 on, of both halves of the depth.
        Value row = b.add(b.mul(b.div(b.lane, b.index(16)), 8),
                          b.add(b.rem(b.lane, 8), b.index(j * kFragmentColumns)));
        Value d = b.add(b.mul(b.rem(b.div(b.lane, b.index(8)), 2), 8),
                        b.index(int64_t(step) * kHalves));
        Fragment both = loadMatrices(factor, b.shared[0], {row, d}, /*transpose=*/false, b);
        for (int64_t k = 0; k < 2; ++k)
          multiplyFragments(factor, queries, {both[2 * k], both[2 * k + 1]},
                            MutableArrayRef(sums).slice(4 * (j + k), 4), b);
      }
    for (int64_t j = 0; j < kBlocks; ++j)
      for (int64_t i = 0; i < 4; ++i) {
        Value key = b.add(b.mul(b.rem(b.lane, 4), 2), b.index(j * kFragmentColumns + i % 2));
        key = b.add(first, key);
        Value &sum = sums[4 * j + i];
        sum = addMask(scale(sum), places[i / 2], b.min(key, b.sub(keys, b.index(1))));
        sum = b.select(b.isLess(key, limits[i / 2]), sum, lowest());
      }
    return sums;
  }

  /// Turns scores of query `i` into weights, beside the greatest score so far: what was added up
  /// beside an earlier one shrinks.
  void weigh(MutableArrayRef<Value> scores, MutableArrayRef<Value> state, int64_t i) {
    Value most = state[i];
    auto each = [&](llvm::function_ref<void(Value &)> body) {
      for (int64_t j = 0; j < kBlocks; ++j)
        for (int64_t k = 0; k < 2; ++k)
          body(scores[4 * j + 2 * i + k]);
    };
    each([&](Value &score) { most = arith::MaximumFOp::create(b, most, score); });
    for (int64_t mask : {2, 1}) // the lanes of one row
      most = arith::MaximumFOp::create(b, most, b.shuffle(most, mask));
    Value base = baseOf(most);
    Value shrink = math::ExpOp::create(b, arith::SubFOp::create(b, state[i], base));
    Value total = arith::MulFOp::create(b, state[2 + i], shrink);
    each([&](Value &score) {
      score = math::ExpOp::create(b, arith::SubFOp::create(b, score, base));
      total = arith::AddFOp::create(b, total, score);
    });
    state[i] = most;
    state[2 + i] = total;
    for (int64_t j = 0; j < columnBlocks(); ++j)
      for (int64_t k = 0; k < 2; ++k) {
        Value &sum = state[4 + 4 * j + 2 * i + k];
        sum = arith::MulFOp::create(b, sum, shrink);
      }
  }

  /// Weights lie in registers as sums do, and so do the left sides of products: pairs of blocks.
  void addValues(ArrayRef<Value> weights, MutableArrayRef<Value> sums) {
    auto narrow = [&](int64_t block, int64_t i) {
      return toOperand({convert(weights[4 * block + 2 * i], half),
                        convert(weights[4 * block + 2 * i + 1], half)});
    };
    for (int64_t j = 0; j < kBlocks; j += 2) {
      Fragment fragment = {narrow(j, 0), narrow(j, 1), narrow(j + 1, 0), narrow(j + 1, 1)};
      for (int64_t column = 0; column < columnBlocks(); column += 2) {
        Value row = b.add(b.rem(b.lane, 16), b.index(j * kFragmentColumns));
        Value at = b.add(b.mul(b.div(b.lane, b.index(16)), 8), b.index(column * kFragmentColumns));
        Fragment both = loadMatrices(factor, b.shared[1], {row, at}, /*transpose=*/true, b);
        for (int64_t k = 0; k < 2; ++k)
          multiplyFragments(factor, fragment, {both[2 * k], both[2 * k + 1]},
                            sums.slice(4 * (column + k), 4), b);
      }
    }
  }

  void store(ArrayRef<Value> state) {
    for (int64_t i = 0; i < 2; ++i) {
      Value total = state[2 + i];
      for (int64_t mask : {2, 1})
        total = arith::AddFOp::create(b, total, b.shuffle(total, mask));
      b.ifThen(exists[i], [&] {
        for (int64_t j = 0; j < columnBlocks(); ++j)
          for (int64_t k = 0; k < 2; ++k) {
            Value column = b.add(b.mul(b.rem(b.lane, 4), 2), b.index(j * kFragmentColumns + k));
            auto storeOne = [&] {
              storeColumn(state[4 + 4 * j + 2 * i + k], total, places[i], column);
            };
            if ((j + 1) * kFragmentColumns <= columns)
              storeOne();
            else
              b.ifThen(b.isLess(column, b.index(columns)), storeOne);
          }
      });
    }
  }

  Factor factor;
  Type half;
  int64_t wide, wideColumns; ///< depth and columns in whole fragments
  SmallVector<Fragment> left;
  SmallVector<Value> places, limits, exists; ///< of the lane's queries
};
} // namespace

bool graphopt::cuda::fitsTensorCores(AttentionOp op, const Factor &factor) {
  // More would spill registers.
  constexpr int64_t kMostDepth = 128;
  using Role = AttentionOp::Role;
  return factor.perWord == 2 && op.getSizes(Role::Query)[3] <= kMostDepth &&
         op.getSizes(Role::Value)[3] <= kMostDepth;
}

void graphopt::cuda::emitTensorAttention(AttentionOp op, const Factor &factor, BlockBuilder &b) {
  TensorAttentionEmitter(op, factor, b).emit();
}
