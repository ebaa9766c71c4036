//===- ExpandAttention.cpp - Attention by blocks of queries ---------------===//

#include "ExpandAttention.h"
#include "GpuEpilogue.h"
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
class AttentionEmitter {
public:
  AttentionEmitter(AttentionOp op, BlockBuilder &b)
      : op(op), b(b), type(b.getF32Type()), depth(op.getSizes(Role::Query)[3]),
        columns(op.getSizes(Role::Value)[3]), wide(llvm::alignTo(depth, kRun)),
        perLane(llvm::divideCeil(columns, kWarp)), perWarp(depth <= kMostDepth / 2 ? 4 : 2) {}

  void emit() {
    queries = sizeOf(Role::Query, 2);
    keys = sizeOf(Role::Key, 2);
    SmallVector<Size> counts = {Size(sizeOf(Role::Query, 0)), Size(sizeOf(Role::Query, 1)),
                                Size(b.ceilDiv(queries, perBlock()))};
    Value shared = b.div(sizeOf(Role::Query, 1), sizeOf(Role::Key, 1));
    // Rows that lie apart keep the lanes, a row each, from meeting one bank.
    constexpr int64_t kApart = 4;
    int64_t pitch = std::max(wide, perLane * kWarp) + kApart;
    b.launch(b.product(counts), kThreads,
             {sharedType({perBlock(), wide}, type), sharedType({kKeys, pitch}, type)}, [&] {
               SmallVector<Value> at = b.delinearize(b.block, counts);
               batch = at[0];
               head = at[1];
               group = b.div(head, shared);
               firstQuery = b.mul(at[2], perBlock());
               emitBlock();
             });
  }

private:
  int64_t perBlock() const { return perWarp * kWarps; }
  Value sizeOf(Role role, int64_t dim) {
    return b.index(b.sizeOf(operand(role), op.getDim(role, dim)));
  }
  Value operand(Role role) {
    return role == Role::Query ? Value(op.getQuery())
           : role == Role::Key ? Value(op.getKey())
           : role == Role::Value ? Value(op.getValue())
                                 : Value(op.getInit());
  }
  Value constant(double value) {
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  }
  Value widen(Value value) {
    Type from = getElementTypeOrSelf(value.getType());
    if (from == type)
      return value;
    Type to = type;
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      to = VectorType::get(vector.getShape(), type);
    return arith::ExtFOp::create(b, to, value);
  }

  SmallVector<Value> indicesOf(Role role, Value s, Value d) {
    Value logical[] = {batch, role == Role::Query || role == Role::Init ? head : group, s, d};
    SmallVector<Value> indices(4);
    for (int64_t i = 0; i < 4; ++i)
      indices[op.getDim(role, i)] = logical[i];
    return indices;
  }

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
    SmallVector<Value> start(perWarp, constant(-std::numeric_limits<double>::infinity()));
    start.append(perWarp * (1 + perLane), constant(0));
    SmallVector<Value> state =
        b.fold(Size(b.ceilDiv(end, kKeys)), start,
               [&](Value turn, ValueRange before) { return addKeys(turn, before); });
    store(state);
  }

  /// So many keys of the first are seen by a query.
  Value findLimit(Value query) {
    if (!op.getCausal())
      return keys;
    Value end = b.add(query, b.index(1));
    if (op.getFromEnd())
      end = arith::MaxSIOp::create(b, b.sub(b.add(end, keys), queries), b.index(0));
    return arith::MinSIOp::create(b, end, keys);
  }

  /// Copies `rows` rows from `first` on, `width` numbers each; what is past the `count` rows or
  /// the `real` numbers is 0.
  void copyRows(Role role, Value memory, int64_t rows, int64_t width, int64_t real, Value first,
                Value count) {
    Value source = operand(role);
    int64_t run = width % kRun == 0 ? getRun(source, kRun) : 1;
    int64_t perRow = width / run, total = rows * perRow;
    for (int64_t done = 0; done < total; done += kThreads) {
      Value number = b.add(b.thread, b.index(done));
      auto copy = [&] {
        Value line = b.div(number, b.index(perRow)), d = b.mul(b.rem(number, perRow), run);
        Value s = b.add(first, line);
        Value isReal = b.both(b.isLess(s, count), b.isLess(d, b.index(real)));
        SmallVector<Value> from = indicesOf(role, b.min(s, b.sub(count, b.index(1))),
                                            b.min(d, b.index(real - run)));
        if (run > 1) {
          Value part = widen(b.loadRun(source, from, run));
          b.storeRun(b.select(isReal, part, b.zero(part.getType())), memory, {line, d});
        } else {
          Value part = widen(memref::LoadOp::create(b, source, from));
          memref::StoreOp::create(b, b.select(isReal, part, b.zero(type)), memory,
                                  ValueRange{line, d});
        }
      };
      if (done + kThreads <= total)
        copy();
      else
        b.ifThen(b.isLess(number, b.index(total)), copy);
    }
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
      Value none = constant(-std::numeric_limits<double>::infinity());
      sums[i] = b.select(b.isLess(key, limits[i]), value, none);
    }
    return sums;
  }

  Value scale(Value sum) {
    double factor = op.getScale().convertToDouble();
    std::optional<APFloat> cap = op.getSoftcap();
    if (!cap)
      return arith::MulFOp::create(b, sum, constant(factor));
    double most = cap->convertToDouble();
    sum = arith::MulFOp::create(b, sum, constant(factor / most));
    return arith::MulFOp::create(b, math::TanhOp::create(b, sum), constant(most));
  }

  Value addMask(Value value, Value query, Value key) {
    if (!op.getMask())
      return value;
    Value logical[] = {batch, head, query, key};
    SmallVector<Value> indices;
    for (AffineExpr result : op.getMaskMap()->getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      indices.push_back(dim ? logical[dim.getPosition()] : b.index(0));
    }
    Value mask = memref::LoadOp::create(b, op.getMask(), indices);
    return arith::AddFOp::create(b, value, widen(mask));
  }

  /// The weight of the lane's key for query `i`, beside the greatest score so far: what was
  /// added up beside an earlier one shrinks.
  Value weigh(Value score, MutableArrayRef<Value> state, int64_t i) {
    Value most = score;
    for (int64_t mask = kWarp / 2; mask > 0; mask /= 2)
      most = arith::MaximumFOp::create(b, most, b.shuffle(most, mask));
    most = arith::MaximumFOp::create(b, most, state[i]);
    Value none = constant(-std::numeric_limits<double>::infinity());
    Value isNone = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, most, none);
    Value base = b.select(isNone, constant(0), most); // no score yet
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
    auto kernel = cast<EpilogueOp>(op.getOperation());
    Value isEmpty = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, keys, b.index(0));
    for (int64_t i = 0; i < perWarp; ++i) {
      Value total = state[perWarp + i];
      for (int64_t mask = kWarp / 2; mask > 0; mask /= 2)
        total = arith::AddFOp::create(b, total, b.shuffle(total, mask));
      for (int64_t j = 0; j < perLane; ++j) {
        Value column = b.add(b.lane, b.index(j * kWarp));
        b.ifThen(b.both(exists[i], b.isLess(column, b.index(columns))), [&] {
          Value quotient =
              arith::DivFOp::create(b, state[2 * perWarp + i * perLane + j], total);
          Value value = b.select(isEmpty, constant(0), quotient);
          SmallVector<Value> at = indicesOf(Role::Init, places[i], column);
          memref::StoreOp::create(b, applyEpilogue(kernel, value, at, b), op.getInit(), at);
        });
      }
    }
  }

  AttentionOp op;
  BlockBuilder &b;
  Type type;
  int64_t depth, columns; ///< of queries, of values
  int64_t wide;           ///< `depth`, in whole runs
  int64_t perLane;        ///< columns
  int64_t perWarp;        ///< queries
  Value queries, keys;    ///< sizes
  Value batch, head, group, firstQuery;
  SmallVector<Value> places, limits, exists; ///< of the warp's queries
};
} // namespace

bool graphopt::cuda::emitAttention(AttentionOp op, BlockBuilder &b) {
  auto isNarrow = [](Value memref) {
    Type type = cast<MemRefType>(memref.getType()).getElementType();
    return type.isF32() || type.isF16() || type.isBF16();
  };
  auto kernel = cast<EpilogueOp>(op.getOperation());
  int64_t depth = op.getSizes(Role::Query)[3], columns = op.getSizes(Role::Value)[3];
  if (!kernel.getValueType().isF32() || !isNarrow(op.getQuery()) || !isNarrow(op.getKey()) ||
      !isNarrow(op.getValue()) || depth == 0 || columns == 0 || depth > kMostDepth ||
      columns > kMostDepth || (op.getMask() && !isNarrow(op.getMask())))
    return false;
  AttentionEmitter(op, b).emit();
  return true;
}
