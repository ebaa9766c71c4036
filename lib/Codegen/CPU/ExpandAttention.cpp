//===- ExpandAttention.cpp - kernel.attention to loops --------------------===//

#include "TileEmitter.h"
#include "TransposeSquare.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

/// Bytes of the scores of one query on the stack.
static constexpr int64_t kScoreBytes = 2048;
/// Queries of a block: with more, threads would wait for the last of them.
static constexpr int64_t kMostQueries = 64;

namespace {
/// Blocks of queries pass over blocks of keys. The scores of both are on the stack;
/// exponentials take their place, and are multiplied with the values. If a later
/// block has a greater score, what is summed already is scaled down.
class AttentionEmitter : TileEmitter {
public:
  using Role = AttentionOp::Role;

  AttentionEmitter(AttentionOp op, ExpandContext &context)
      : TileEmitter(cast<EpilogueOp>(op.getOperation()), context), op(op) {
    auto reorder = [&](Value memref, Role role) {
      return reorderDims(b, memref, op.getLayout(role));
    };
    query = reorder(op.getQuery(), Role::Query);
    key = reorder(op.getKey(), Role::Key);
    value = reorder(op.getValue(), Role::Value);
    epilogue.reorderInit(op.getLayout(Role::Init));
    loopEpilogue = false;
    SmallVector<Size> sizes = b.sizesOf(query), keySizes = b.sizesOf(key);
    batches = sizes[0], heads = sizes[1], queries = sizes[2];
    keyHeads = keySizes[1], keys = keySizes[2];
    depth = op.getSizes(Role::Key).back();
    width = op.getSizes(Role::Value).back();
    bits = sumType.getElementTypeBitWidth();
  }

  void emit() {
    if (std::optional<int64_t> fixed = getFixed(queries))
      return emitForm(*fixed <= AttentionOp::fewQueries);
    Value isFew = arith::CmpIOp::create(b, arith::CmpIPredicate::ule,
                                        b.index(queries),
                                        b.index(AttentionOp::fewQueries));
    auto branch = scf::IfOp::create(b, isFew, /*withElseRegion=*/true);
    for (Block *block : {branch.thenBlock(), branch.elseBlock()}) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(block);
      emitForm(block == branch.thenBlock());
    }
  }

private:
  void emitForm(bool few) {
    isFew = few;
    chooseBlocks();
    if (!isFew)
      packKeys();
    Value blocks = b.ceilDiv(b.index(queries), blockQueries);
    Value divisor = b.max(blocks, b.index(1));
    Value base = b.div(b.index(queries), divisor);
    Value longer = b.createOrFold<arith::RemUIOp>(b.index(queries), divisor);
    // A score costs about that much besides its products.
    constexpr int64_t kScore = 24;
    Value work = b.mul(b.ceilDiv(b.index(keys), lanes),
                       blockQueries * (depth + width + kScore));
    forTiles({batches, heads}, blocks, work,
             [&](ValueRange indices, Stretch stretch) {
               batch = indices[0], head = indices[1];
               Value perGroup = b.div(
                   b.index(heads), b.max(b.index(keyHeads), b.index(1)));
               group = b.div(head, b.max(perGroup, b.index(1)));
               epilogue.outer = {batch, head};
               b.forRange(stretch.begin, stretch.end, [&](Value block) {
                 firstQuery = b.add(b.mul(block, base), b.min(block, longer));
                 queryCount = base;
                 if (getFixed(longer) != 0) {
                   Value isLonger = arith::CmpIOp::create(
                       b, arith::CmpIPredicate::ult, block, longer);
                   queryCount = b.createOrFold<arith::SelectOp>(
                       isLonger, b.add(base, b.index(1)), base);
                 }
                 emitQueries();
               });
             });
  }

  /// Scores of a block of queries and a block of keys stay in level 1.
  void chooseBlocks() {
    int64_t most = kScoreBytes * 8 / bits;
    std::optional<int64_t> fixed = getFixed(keys);
    isSingle = fixed && *fixed <= most;
    blockKeys = most;
    if (isSingle)
      blockKeys = std::max(llvm::alignTo(*fixed, lanes), uint64_t(lanes));
    else if (fixed) // equal blocks
      blockKeys = llvm::alignTo(
          llvm::divideCeil(*fixed, llvm::divideCeil(*fixed, most)),
          AttentionOp::mostPanelKeys);
    int64_t tile = tileRows(scoreVectors());
    blockQueries = context.cpu.level1Bytes / (blockKeys * bits / 8);
    blockQueries = std::clamp(blockQueries / tile * tile, tile, kMostQueries);
    if (isFew)
      blockQueries = AttentionOp::fewQueries;
    if (std::optional<int64_t> count = getFixed(queries))
      blockQueries = std::min(blockQueries, std::max<int64_t>(*count, 1));
  }

  //===--------------------------------------------------------------------===//
  // Keys to panels
  //===--------------------------------------------------------------------===//

  Value scratch() { return op.getScratch(); }
  int64_t panelKeys() {
    return cast<MemRefType>(scratch().getType()).getShape().back();
  }

  /// As many keys as lanes at a time. Past the end the last key is repeated.
  void packKeys() {
    constexpr int64_t kInstructions = 6; // for a vector
    forTiles({batches, keyHeads}, b.ceilDiv(b.index(keys), lanes),
             b.index(kInstructions * depth),
             [&](ValueRange indices, Stretch stretch) {
               batch = indices[0], group = indices[1];
               b.forRange(stretch.begin, stretch.end, [&](Value tile) {
                 Value first = b.mul(tile, lanes);
                 b.forCount(b.getIndexAttr(depth / lanes), [&](Value i) {
                   packSquare(first, b.mul(i, lanes), lanes);
                 });
                 if (int64_t rest = depth % lanes)
                   packSquare(first, b.index(depth - rest), rest);
               });
             });
  }

  void packSquare(Value firstKey, Value d, int64_t count) {
    Column column = makeColumns(d, count).front();
    Value last = b.sub(b.index(keys), b.index(1));
    std::optional<int64_t> fixed = getFixed(keys);
    bool isWhole = fixed && *fixed % lanes == 0;
    SmallVector<Value> rows;
    for (int64_t i = 0; i < lanes; ++i) {
      Value at = b.add(firstKey, b.index(i));
      at = isWhole ? at : b.min(at, last);
      rows.push_back(widen(epilogue.load(key, {batch, group, at, column.index},
                                         column.mask)));
    }
    transposeSquare(b, b.getLoc(), rows);
    Value panel = b.div(firstKey, b.index(panelKeys()));
    Value offset = b.sub(firstKey, b.mul(panel, panelKeys()));
    for (int64_t i = 0; i < count; ++i)
      vector::StoreOp::create(
          b, rows[i], scratch(),
          ValueRange{batch, group, panel, b.add(d, b.index(i)), offset});
  }

  //===--------------------------------------------------------------------===//
  // Queries
  //===--------------------------------------------------------------------===//

  /// A block of queries with all keys.
  void emitQueries() {
    scores = getStack(blockQueries, blockKeys / lanes, 1);
    values = getStack(blockQueries, llvm::divideCeil(width, lanes), 2);
    state = getStack(blockQueries, 1, 3);
    Value end = keysOf(b.sub(b.add(firstQuery, queryCount), b.index(1)));
    if (isSingle) {
      firstKey = b.index(0), keyCount = end;
      emitKeys();
    } else {
      b.forCount(queryCount, [&](Value i) { resetQuery(i); });
      b.forCount(b.ceilDiv(end, blockKeys), [&](Value block) {
        firstKey = b.mul(block, blockKeys);
        keyCount = b.min(b.sub(end, firstKey), b.index(blockKeys));
        emitKeys();
      });
    }
    b.forCount(queryCount, [&](Value i) { storeQuery(i); });
  }

  /// Keys from the first on that a query sees.
  Value keysOf(Value query) {
    Value all = b.index(keys);
    if (!op.getCausal())
      return all;
    Value count = b.add(query, b.index(1));
    if (op.getFromEnd())
      count = b.add(count, b.sub(all, b.index(queries)));
    count = b.createOrFold<arith::MaxSIOp>(count, b.index(0));
    return b.createOrFold<arith::MinSIOp>(count, all);
  }

  void emitKeys() {
    product = Product::Scores;
    if (isFew)
      b.forCount(queryCount, [&](Value i) { emitDots(i); });
    else
      emitScores();
    b.forCount(queryCount, [&](Value i) { emitSoftmax(i); });
    product = Product::Values;
    forColumns([&](Columns columns) { emitTiles(columns); });
  }

  /// `body` for groups of columns of the values.
  void forColumns(llvm::function_ref<void(Columns)> body) {
    int64_t columns = context.cpu.panelVectors(-1, width, bits) * lanes;
    int64_t full = width / columns;
    b.forCount(b.getIndexAttr(full), [&](Value i) {
      body(makeColumns(b.mul(i, columns), columns));
    });
    if (int64_t ragged = width % columns)
      body(makeColumns(b.index(full * columns), ragged));
  }

  /// All queries of the block.
  void emitTiles(Columns columns) {
    Stretch all{b.index(0),
                b.ceilDiv(queryCount, mostRows(queryCount, columns.size()))};
    emitRows(columns, queryCount, all, firstQuery);
  }

  //===--------------------------------------------------------------------===//
  // Products
  //===--------------------------------------------------------------------===//

  int64_t scoreVectors() {
    int64_t vectors = context.cpu.panelVectors(-1, -1, bits);
    return scratch() ? std::min(vectors, panelKeys() / lanes) : vectors;
  }

  /// All scores of the block; columns past the last key hold something.
  void emitScores() {
    int64_t columns = scoreVectors() * lanes;
    Value full = b.div(keyCount, b.index(columns));
    b.forCount(full, [&](Value i) {
      emitTiles(scoreColumns(b.mul(i, columns), columns));
    });
    Value first = b.mul(full, columns), rest = b.sub(keyCount, first);
    if (std::optional<int64_t> fixed = getFixed(rest)) {
      if (*fixed > 0)
        emitTiles(scoreColumns(first, llvm::alignTo(*fixed, lanes)));
      return;
    }
    b.forCount(b.ceilDiv(rest, lanes), [&](Value i) {
      emitTiles(scoreColumns(b.add(first, b.mul(i, lanes)), lanes));
    });
  }

  SmallVector<Column> scoreColumns(Value first, int64_t count) {
    Value at = b.add(firstKey, first);
    panel = b.div(at, b.index(panelKeys()));
    Value offset = b.sub(at, b.mul(panel, panelKeys()));
    SmallVector<Column> columns = makeColumns(first, count);
    for (auto [i, column] : llvm::enumerate(columns))
      column.offset = b.add(offset, b.index(i * lanes));
    return columns;
  }

  SmallVector<Size> reductionSizes() override {
    return {product == Product::Scores ? Size(b.getIndexAttr(depth))
                                       : Size(keyCount)};
  }
  Value prepareRow(Value row) override {
    return product == Product::Scores ? row : b.sub(row, firstQuery);
  }
  Value lhsVector(Value row, ValueRange k) override {
    Value element =
        product == Product::Scores
            ? memref::LoadOp::create(b, query,
                                     ValueRange{batch, head, row, k[0]})
            : memref::LoadOp::create(b, scores, ValueRange{row, k[0]});
    return broadcast(widen(element));
  }
  Value rhsVector(ValueRange k, Column column) override {
    if (product == Product::Scores)
      return epilogue.load(
          scratch(), {batch, group, panel, k[0], column.offset}, Value());
    Value at = b.add(firstKey, k[0]);
    return widen(
        epilogue.load(value, {batch, group, at, column.index}, column.mask));
  }
  SmallVector<Value> startTile(Columns columns, ArrayRef<Value> rows) override {
    if (product == Product::Scores || isSingle)
      return TileEmitter::startTile(columns, rows);
    SmallVector<Value> sums;
    for (Value row : rows)
      for (const Column &column : columns)
        sums.push_back(loadVector(values, b.sub(row, firstQuery), column.index));
    return sums;
  }
  void storeTile(Columns columns, ArrayRef<Value> rows,
                 ArrayRef<Value> sums) override {
    Value to = product == Product::Scores ? scores : values;
    for (auto [i, sum] : llvm::enumerate(sums))
      storeVector(sum, to, b.sub(rows[i / columns.size()], firstQuery),
                  columns[i % columns.size()].index);
  }

  /// The scores of one query, without panels: sums along its depth.
  void emitDots(Value i) {
    Value row = b.add(firstQuery, i);
    auto addProducts = [&](Value sum, Value at, Value d, int64_t count) {
      Column column = makeColumns(d, count).front();
      auto load = [&](Value from, ArrayRef<Value> indices) {
        return widen(epilogue.load(from, indices, column.mask));
      };
      return multiplyAdd(load(query, {batch, head, row, d}),
                         load(key, {batch, group, at, d}), sum);
    };
    int64_t full = depth / lanes, rest = depth % lanes;
    b.forCount(keyCount, [&](Value k) {
      Value at = b.add(firstKey, k);
      Value sum = emitSumNest({b.getIndexAttr(full)}, b.index(0), b.index(full),
                              {splat(0)},
                              [&](ValueRange v, SmallVector<Value> sum) {
                                return SmallVector<Value>{addProducts(
                                    sum[0], at, b.mul(v[0], lanes), lanes)};
                              })
                      .front();
      if (rest)
        sum = addProducts(sum, at, b.index(depth - rest), rest);
      memref::StoreOp::create(b, reduce(sum, &AttentionEmitter::add), scores,
                              ValueRange{i, k});
    });
  }

  //===--------------------------------------------------------------------===//
  // Softmax
  //===--------------------------------------------------------------------===//

  /// Of a query, in `state`: the greatest score, the sum of the exponentials.
  enum State { Greatest, Sum };

  Value loadState(Value i, State which) {
    return memref::LoadOp::create(b, state, ValueRange{i, b.index(which)});
  }
  void storeState(Value scalar, Value i, State which) {
    memref::StoreOp::create(b, scalar, state, ValueRange{i, b.index(which)});
  }

  void resetQuery(Value i) {
    storeState(scalar(lowest()), i, Greatest);
    storeState(scalar(0), i, Sum);
    forColumns([&](Columns columns) {
      for (const Column &column : columns)
        storeVector(splat(0), values, i, column.index);
    });
  }

  /// Scores of a query to exponentials.
  void emitSoftmax(Value i) {
    Value row = b.add(firstQuery, i);
    Value count = keyCount;
    if (op.getCausal()) {
      count = b.createOrFold<arith::MaxSIOp>(b.sub(keysOf(row), firstKey),
                                             b.index(0));
      count = b.createOrFold<arith::MinSIOp>(count, keyCount);
    }
    Value whole = b.div(count, b.index(lanes)), all = b.ceilDiv(count, lanes);
    auto finish = [&](Value vector, bool isLast) {
      Value at = b.mul(vector, lanes);
      Value exists;
      if (isLast)
        exists = vector::CreateMaskOp::create(
            b, epilogue.vectorOf(b.getI1Type()), b.sub(count, at));
      Value score = finishScores(loadVector(scores, i, at), row, at, exists);
      storeVector(score, scores, i, at);
      return score;
    };
    // Not infinite: the exponential of a score of -inf is 0.
    Value greatest = splat(lowest());
    constexpr int64_t kMaxima = 4; // hide the latency of one
    greatest = overVectors(b.index(0), whole, kMaxima, greatest, &AttentionEmitter::max,
                           [&](Value v) { return finish(v, false); });
    greatest = overVectors(whole, all, 1, greatest, &AttentionEmitter::max,
                           [&](Value v) { return finish(v, true); });
    Value most = reduce(greatest, &AttentionEmitter::max);
    Value factor;
    if (!isSingle) {
      Value before = loadState(i, Greatest);
      most = max(most, before);
      storeState(most, i, Greatest);
      factor = math::ExpOp::create(b, arith::SubFOp::create(b, before, most));
    }
    Value shift = broadcast(most);
    Value sums = overVectors(
        b.index(0), all, 1, splat(0), &AttentionEmitter::add, [&](Value v) {
          Value at = b.mul(v, lanes);
          Value score = loadVector(scores, i, at);
          Value power = makePower(arith::SubFOp::create(b, score, shift));
          storeVector(power, scores, i, at);
          return power;
        });
    Value sum = reduce(sums, &AttentionEmitter::add);
    if (!isSingle) {
      sum = multiplyAddScalar(loadState(i, Sum), factor, sum);
      Value factors = broadcast(factor);
      forColumns([&](Columns columns) {
        for (const Column &column : columns)
          storeVector(arith::MulFOp::create(
                          b, loadVector(values, i, column.index), factors),
                      values, i, column.index);
      });
    }
    storeState(sum, i, Sum);
    // Other queries of the block see more keys.
    if (op.getCausal())
      b.forRange(all, b.ceilDiv(keyCount, lanes), [&](Value v) {
        storeVector(splat(0), scores, i, b.mul(v, lanes));
      });
  }

  /// The exponential of x <= 0; 0 in place of numbers so small that CPUs compute
  /// them by microcode. Against the sum, at least 1, they are nothing.
  Value makePower(Value x) {
    Value least = splat(bits == 64 ? -708.0 : -87.0);
    Value isLost =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, least);
    Value power = math::ExpOp::create(
        b, arith::SelectOp::create(b, isLost, least, x));
    return arith::SelectOp::create(b, isLost, splat(0), power);
  }

  /// Sums of products to scores; those that do not exist are -inf.
  Value finishScores(Value score, Value row, Value at, Value exists) {
    double scale = op.getScale().convertToDouble();
    if (op.getSoftcap()) {
      double cap = op.getSoftcap()->convertToDouble();
      score = arith::MulFOp::create(b, score, splat(scale / cap));
      score = math::TanhOp::create(b, score);
      scale = cap;
    }
    score = arith::MulFOp::create(b, score, splat(scale));
    if (op.getMask())
      score = arith::AddFOp::create(b, score, loadMask(row, at, exists));
    if (!exists)
      return score;
    Value nothing = splat(-std::numeric_limits<double>::infinity());
    return arith::SelectOp::create(b, exists, score, nothing);
  }

  Value loadMask(Value row, Value at, Value exists) {
    AffineMap map = *op.getMaskMap();
    Value coordinates[] = {batch, head, row, b.add(firstKey, at)};
    SmallVector<Value> indices;
    for (AffineExpr expr : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      indices.push_back(dim ? coordinates[dim.getPosition()] : b.index(0));
    }
    if (map.isFunctionOfDim(3))
      return widen(epilogue.load(op.getMask(), indices, exists));
    return broadcast(widen(memref::LoadOp::create(b, op.getMask(), indices)));
  }

  /// The end: sums of values over the sum of exponentials.
  void storeQuery(Value i) {
    Value sum = loadState(i, Sum);
    if (getFixed(keys).value_or(0) == 0) { // nothing, and not 0 / 0
      Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                            b.index(keys), b.index(0));
      sum = arith::SelectOp::create(b, isEmpty, scalar(1), sum);
    }
    Value row = b.add(firstQuery, i);
    Value factors =
        broadcast(arith::DivFOp::create(b, scalar(1), sum));
    forColumns([&](Columns columns) {
      epilogue.forgetLoads();
      for (const Column &column : columns) {
        Value result = arith::MulFOp::create(
            b, loadVector(values, i, column.index), factors);
        epilogue.store(epilogue.apply(result, row, column), row, column);
      }
    });
  }

  //===--------------------------------------------------------------------===//
  // Arithmetic
  //===--------------------------------------------------------------------===//

  using Combine = Value (AttentionEmitter::*)(Value, Value);

  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  /// y if x is no number.
  Value max(Value x, Value y) {
    Value isGreater =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, y);
    return arith::SelectOp::create(b, isGreater, x, y);
  }
  Value multiplyAddScalar(Value x, Value y, Value z) {
    return arith::AddFOp::create(b, arith::MulFOp::create(b, x, y), z);
  }

  /// The greatest magnitude below 0.
  double lowest() {
    return bits == 64 ? std::numeric_limits<double>::lowest()
                      : std::numeric_limits<float>::lowest();
  }
  Value scalar(double number) {
    return arith::ConstantOp::create(
        b, b.getFloatAttr(sumType.getElementType(), number));
  }
  Value splat(double number) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(
               sumType, b.getFloatAttr(sumType.getElementType(), number)));
  }

  Value loadVector(Value stack, Value i, Value column) {
    return vector::LoadOp::create(b, sumType, stack, ValueRange{i, column});
  }
  void storeVector(Value vector, Value stack, Value i, Value column) {
    vector::StoreOp::create(b, vector, stack, ValueRange{i, column});
  }

  /// All lanes of a vector as one, halves first.
  Value reduce(Value vector, Combine combine) {
    for (int64_t half = lanes / 2; half > 0; half /= 2) {
      auto part = [&](int64_t from) {
        return vector::ExtractStridedSliceOp::create(
            b, vector, ArrayRef<int64_t>{from}, ArrayRef<int64_t>{half},
            ArrayRef<int64_t>{1});
      };
      vector = (this->*combine)(part(0), part(half));
    }
    return vector::ExtractOp::create(b, vector, ArrayRef<int64_t>{0});
  }

  /// Combines what `body` gives for each of the vectors `begin` .. `end` - 1, and
  /// `start`, in so many chains.
  Value overVectors(Value begin, Value end, int64_t chains, Value start,
                    Combine combine, llvm::function_ref<Value(Value)> body) {
    auto emitLoop = [&](Value from, Value to, SmallVector<Value> values) {
      int64_t step = values.size();
      auto loop = scf::ForOp::create(b, from, to, b.index(step), values);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> next;
      for (int64_t i = 0; i < step; ++i)
        next.push_back((this->*combine)(
            body(b.add(loop.getInductionVar(), b.index(i))),
            loop.getRegionIterArg(i)));
      scf::YieldOp::create(b, next);
      return SmallVector<Value>(loop.getResults());
    };
    Value middle = begin, result = start;
    if (chains > 1) {
      middle = b.add(begin, b.mul(b.div(b.sub(end, begin), b.index(chains)),
                                  chains));
      SmallVector<Value> results =
          emitLoop(begin, middle, SmallVector<Value>(chains, start));
      for (Value other : results)
        result = (this->*combine)(other, result);
    }
    return emitLoop(middle, end, {result}).front();
  }

  AttentionOp op;
  Value query, key, value; // [b, h, s, d]
  Size batches, heads, queries, keyHeads, keys;
  int64_t depth, width; // of keys, of values
  int64_t bits;
  int64_t blockQueries = 0, blockKeys = 0;
  bool isFew = false, isSingle = false; // queries; block of keys
  Value batch, head, group;
  Value firstQuery, queryCount, firstKey, keyCount; // of the block
  Value scores, values, state;                      // by query of the block
  enum class Product { Scores, Values } product = Product::Scores;
};
} // namespace

void graphopt::cpu::emitAttention(AttentionOp op, ExpandContext &context) {
  AttentionEmitter(op, context).emit();
}
