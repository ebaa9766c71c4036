//===- ExpandAttention.cpp - Attention by blocks of queries ---------------===//

#include "ExpandAttention.h"
#include "AttentionParts.h"
#include "ExpandProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using namespace graphopt::kernel;
using Size = LoopBuilder::Size;
using Role = AttentionOp::Role;

namespace {
constexpr int64_t kWarps = 4, kThreads = kWarps * kWarp;
constexpr int64_t kKeys = kWarp; ///< at a time: one for each lane
constexpr int64_t kRun = 4;      ///< numbers that one instruction reads
constexpr int64_t kMostDepth = 256;

/// One thread of a block. A warp has some queries; a lane scores one of the keys in
/// shared memory, then adds up some columns of all values.
class AttentionEmitter : AttentionParts {
public:
  AttentionEmitter(AttentionOp op, BlockBuilder &b)
      : AttentionParts(op, b), wide(llvm::alignTo(depth, kRun)),
        perLane(llvm::divideCeil(columns, kWarp)), perWarp(depth <= kMostDepth / 2 ? 4 : 2) {}

  void emit() {
    // Rows that lie apart keep the lanes, a row each, from meeting one bank.
    constexpr int64_t kApart = 4;
    int64_t pitch = std::max(wide, perLane * kWarp) + kApart;
    launch(perBlock(), kThreads,
           {sharedType({perBlock(), wide}, type), sharedType({kKeys, pitch}, type)},
           [&] { emitBlock(); });
  }

private:
  int64_t perBlock() const { return perWarp * kWarps; }
  void emitBlock() {
    copyRows(Role::Query, b.shared[0], perBlock(), wide, depth, firstQuery, queries);
    Value last = b.min(b.add(firstQuery, b.index(perBlock() - 1)), b.sub(queries, b.index(1)));
    Value end = findLimit(last);
    for (int64_t i = 0; i < perWarp; ++i) {
      Value query = b.add(firstQuery, b.add(b.mul(b.warp, perWarp), b.index(i)));
      places.push_back(b.min(query, b.sub(queries, b.index(1))));
      limits.push_back(findLimit(places.back()));
      exists.push_back(b.isLess(query, queries));
    }
    // Of each query: the greatest score, this lane's sum of weights and its columns.
    SmallVector<Value> start(perWarp, lowest());
    start.append(perWarp * (1 + perLane), constant(0));
    SmallVector<Value> state =
        b.fold(Size(b.ceilDiv(end, kKeys)), start,
               [&](Value turn, ValueRange before) { return addKeys(turn, before); });
    store(state);
  }

  /// The state after 32 keys more.
  SmallVector<Value> addKeys(Value turn, ValueRange before) {
    Value first = b.mul(turn, kKeys);
    copyRows(Role::Key, b.shared[1], kKeys, wide, depth, first, keys);
    b.barrier();
    SmallVector<Value> scores = score(b.add(first, b.lane));
    SmallVector<Value> after(before), weights;
    for (int64_t i = 0; i < perWarp; ++i)
      weights.push_back(weigh(scores[i], after, i));
    b.barrier(); // all have read the keys
    copyRows(Role::Value, b.shared[1], kKeys, perLane * kWarp, columns, first, keys);
    b.barrier();
    addValues(weights, MutableArrayRef(after).drop_front(2 * perWarp));
    b.barrier(); // all have read the values
    return after;
  }

  /// Of the lane's key with each query of the warp.
  SmallVector<Value> score(Value key) {
    SmallVector<Value> sums(perWarp, constant(0));
    for (int64_t d = 0; d < wide; d += kRun) {
      Value right = b.loadRun(b.shared[1], {b.lane, b.index(d)}, kRun);
      for (int64_t i = 0; i < perWarp; ++i) {
        Value row = b.add(b.mul(b.warp, perWarp), b.index(i));
        Value left = b.loadRun(b.shared[0], {row, b.index(d)}, kRun);
        for (int64_t j = 0; j < kRun; ++j)
          sums[i] = math::FmaOp::create(b, b.element(left, j), b.element(right, j), sums[i]);
      }
    }
    Value safe = b.min(key, b.sub(keys, b.index(1)));
    for (int64_t i = 0; i < perWarp; ++i) {
      Value value = addMask(scale(sums[i]), places[i], safe);
      sums[i] = b.select(b.isLess(key, limits[i]), value, lowest());
    }
    return sums;
  }

  /// The weight of the lane's key for query `i`, beside the greatest score so far: what was
  /// added up beside an earlier one shrinks.
  Value weigh(Value score, MutableArrayRef<Value> state, int64_t i) {
    Value most = score;
    for (int64_t mask = kWarp / 2; mask > 0; mask /= 2)
      most = arith::MaximumFOp::create(b, most, b.shuffle(most, mask));
    most = arith::MaximumFOp::create(b, most, state[i]);
    Value base = baseOf(most);
    Value shrink = math::ExpOp::create(b, arith::SubFOp::create(b, state[i], base));
    Value weight = math::ExpOp::create(b, arith::SubFOp::create(b, score, base));
    state[i] = most;
    state[perWarp + i] = math::FmaOp::create(b, state[perWarp + i], shrink, weight);
    for (int64_t j = 0; j < perLane; ++j) {
      Value &sum = state[2 * perWarp + i * perLane + j];
      sum = arith::MulFOp::create(b, sum, shrink);
    }
    return weight;
  }

  /// Adds the values of 32 keys times their weights, which the lanes hold.
  void addValues(ArrayRef<Value> weights, MutableArrayRef<Value> sums) {
    constexpr int64_t kAtOnce = 4;
    Value width = arith::ConstantIntOp::create(b, b.getI32Type(), kWarp);
    SmallVector<Value> added =
        b.fold(b.getIndexAttr(kKeys / kAtOnce), SmallVector<Value>(sums.begin(), sums.end()), [&](Value turn, ValueRange before) {
          SmallVector<Value> after(before);
          for (int64_t k = 0; k < kAtOnce; ++k) {
            Value key = b.add(b.mul(turn, kAtOnce), b.index(k));
            Value lane = arith::IndexCastOp::create(b, b.getI32Type(), key);
            SmallVector<Value> values;
            for (int64_t j = 0; j < perLane; ++j)
              values.push_back(memref::LoadOp::create(
                  b, b.shared[1], ValueRange{key, b.add(b.lane, b.index(j * kWarp))}));
            for (int64_t i = 0; i < perWarp; ++i) {
              Value weight = mlir::gpu::ShuffleOp::create(b, weights[i], lane, width,
                                                          mlir::gpu::ShuffleMode::IDX)
                                 .getShuffleResult();
              for (int64_t j = 0; j < perLane; ++j) {
                Value &sum = after[i * perLane + j];
                sum = math::FmaOp::create(b, weight, values[j], sum);
              }
            }
          }
          return after;
        });
    llvm::copy(added, sums.begin());
  }

  void store(ArrayRef<Value> state) {
    for (int64_t i = 0; i < perWarp; ++i) {
      Value total = state[perWarp + i];
      for (int64_t mask = kWarp / 2; mask > 0; mask /= 2)
        total = arith::AddFOp::create(b, total, b.shuffle(total, mask));
      for (int64_t j = 0; j < perLane; ++j) {
        Value column = b.add(b.lane, b.index(j * kWarp));
        b.ifThen(b.both(exists[i], b.isLess(column, b.index(columns))), [&] {
          storeColumn(state[2 * perWarp + i * perLane + j], total, places[i], column);
        });
      }
    }
  }

  int64_t wide;           ///< `depth`, in whole runs
  int64_t perLane;        ///< columns
  int64_t perWarp;        ///< queries
  SmallVector<Value> places, limits, exists; ///< of the warp's queries
};
} // namespace

/// With fewer queries tensor cores would multiply nothing most of the time.
constexpr int64_t kFewQueries = 8;

bool graphopt::cuda::emitAttention(AttentionOp op, const GpuModel &gpu, Precision precision,
                                   BlockBuilder &b) {
  auto typeOf = [](Value memref) { return cast<MemRefType>(memref.getType()).getElementType(); };
  auto isNarrow = [&](Value memref) {
    Type type = typeOf(memref);
    return type.isF32() || type.isF16() || type.isBF16();
  };
  auto kernel = cast<EpilogueOp>(op.getOperation());
  int64_t depth = op.getSizes(Role::Query)[3], columns = op.getSizes(Role::Value)[3];
  if (!kernel.getValueType().isF32() || !isNarrow(op.getQuery()) || !isNarrow(op.getKey()) ||
      !isNarrow(op.getValue()) || depth == 0 || columns == 0 || depth > kMostDepth ||
      columns > kMostDepth || (op.getMask() && !isNarrow(op.getMask())))
    return false;
  auto emitPlain = [&] { AttentionEmitter(op, b).emit(); };
  int64_t queries = op.getSizes(Role::Query)[2];
  bool isOpen = ShapedType::isDynamic(queries);
  std::optional<Factor> factor;
  bool areAlike = typeOf(op.getQuery()) == typeOf(op.getKey()) &&
                  typeOf(op.getKey()) == typeOf(op.getValue());
  if (gpu.bfloat16 && areAlike && (isOpen || queries > kFewQueries))
    factor = findFloatFactor(typeOf(op.getQuery()), typeOf(op.getKey()), precision);
  if (!factor || !fitsTensorCores(op, *factor)) {
    emitPlain();
  } else if (!isOpen) {
    emitTensorAttention(op, *factor, b);
  } else {
    Value count = b.index(b.sizeOf(op.getQuery(), op.getDim(Role::Query, 2)));
    b.forEither(b.isLess(count, b.index(kFewQueries + 1)), [&](bool areFew) {
      if (areFew)
        emitPlain();
      else
        emitTensorAttention(op, *factor, b);
    });
  }
  return true;
}
