//===- ExpandRows.cpp - What is done row by row ---------------------------===//

#include "ExpandRows.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using linalg::LinalgOp;
using Size = LoopBuilder::Size;

namespace {
constexpr int64_t kThreads = 256, kWarps = kThreads / kWarp;
constexpr int64_t kLongRow = 1024; ///< that a warp alone would take long for

/// An op, and which of its loops count rows and elements of a row.
struct RowOp {
  LinalgOp op;
  RowRole role;
  SmallVector<unsigned> rows, elements;
  SmallVector<Operation *> combiners; ///< of a reduction's results
  unsigned memory = 0;                ///< its first part of the block's memory
};

class RowEmitter {
public:
  RowEmitter(SmallVector<RowOp> ops, BlockBuilder &b) : ops(std::move(ops)), b(b) {}

  void emit() {
    RowOp &leader = *llvm::find_if(
        ops, [](const RowOp &op) { return op.role == RowRole::Reduction; });
    SmallVector<Size> sizes = getLoopSizes(leader.op);
    for (unsigned dim : leader.rows)
      rowSizes.push_back(sizes[dim]);
    for (unsigned dim : leader.elements)
      lengths.push_back(sizes[dim]);
    Value rows = b.product(rowSizes);
    length = b.product(lengths);
    // All of a buffer is one row.
    std::optional<int64_t> fixed = getFixed(length);
    perBlock = rowSizes.empty() || (fixed && *fixed > kLongRow) ? 1 : kWarps;
    SmallVector<MemRefType> shared;
    for (RowOp &op : ops) {
      op.memory = shared.size();
      if (perBlock == 1)
        for (Operation *combiner : op.combiners)
          shared.push_back(sharedType({kWarps}, combiner->getResult(0).getType()));
    }
    b.launch(b.ceilDiv(rows, perBlock), kThreads, shared, [&] {
      if (perBlock == 1)
        return emitRow(b.block, b.thread, kThreads);
      Value row = b.add(b.mul(b.block, perBlock), b.warp);
      b.ifThen(b.isLess(row, rows), [&] { emitRow(row, b.lane, kWarp); });
    });
  }

private:
  /// Of the loops, from the operands' dimensions.
  SmallVector<Size> getLoopSizes(LinalgOp op) {
    SmallVector<Size> sizes(op.getNumLoops(), b.getIndexAttr(1));
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [i, result] : llvm::enumerate(map.getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(result))
          sizes[dim.getPosition()] = b.sizeOf(operand.get(), i);
    }
    return sizes;
  }

  /// Thread `share` of `shares` takes every `shares`-th element of `row`; all of them
  /// know the row's numbers.
  void emitRow(Value row, Value share, int64_t shares) {
    SmallVector<Value> number = b.delinearize(row, rowSizes);
    for (RowOp &op : ops) {
      SmallVector<Value> at(op.op.getNumLoops(), b.index(0));
      for (auto [dim, index] : llvm::zip(op.rows, number))
        at[dim] = index;
      if (op.role == RowRole::Elements) {
        auto loop = scf::ForOp::create(b, share, length, b.index(shares));
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(loop.getBody());
        setElement(op, at, loop.getInductionVar());
        store(op, step(op, at, loadInits(op, at)), at);
        continue;
      }
      SmallVector<Value> results = op.role == RowRole::Reduction
                                       ? reduce(op, at, share, shares)
                                       : step(op, at, loadInits(op, at));
      b.ifThen(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, share, b.index(0)),
               [&] { store(op, results, at); });
      for (auto [i, result] : llvm::enumerate(results))
        numbers[op.op.getDpsInitOperand(i)->get()] = result;
    }
  }

  void setElement(const RowOp &op, MutableArrayRef<Value> at, Value element) {
    for (auto [dim, index] : llvm::zip(op.elements, b.delinearize(element, lengths)))
      at[dim] = index;
  }

  SmallVector<Value> reduce(const RowOp &op, SmallVector<Value> at, Value share,
                            int64_t shares) {
    auto loop = scf::ForOp::create(b, share, length, b.index(shares), startOf(op, at, share));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> inner(at);
      setElement(op, inner, loop.getInductionVar());
      scf::YieldOp::create(b, step(op, inner, llvm::to_vector_of<Value>(loop.getRegionIterArgs())));
    }
    SmallVector<Value> results;
    for (auto [combiner, value] : llvm::zip(op.combiners, loop.getResults()))
      results.push_back(combineWarp(combiner, value));
    if (perBlock == 1)
      combineWarps(op, results);
    return results;
  }

  /// What a thread adds its elements to: the first one has what is there already, and alone
  /// reads that, for it will overwrite it.
  SmallVector<Value> startOf(const RowOp &op, ValueRange at, Value share) {
    LinalgOp linalg = op.op;
    Value isFirst = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, share, b.index(0));
    SmallVector<Value> starts;
    for (auto [i, combiner] : llvm::enumerate(op.combiners)) {
      OpOperand &init = *linalg.getDpsInitOperand(i);
      Value neutral = arith::ConstantOp::create(b, *arith::getNeutralElement(combiner));
      if (Value number = numbers.lookup(init.get())) {
        starts.push_back(b.select(isFirst, number, neutral));
        continue;
      }
      auto choice = scf::IfOp::create(
          b, isFirst,
          [&](OpBuilder &inner, Location loc) {
            OpBuilder::InsertionGuard guard(b);
            b.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
            scf::YieldOp::create(inner, loc, load(linalg, init, at));
          },
          [&](OpBuilder &inner, Location loc) { scf::YieldOp::create(inner, loc, neutral); });
      starts.push_back(choice.getResult(0));
    }
    return starts;
  }

  /// The element of `operand` at `at`, or the row's number that it holds.
  Value load(LinalgOp op, OpOperand &operand, ValueRange at) {
    Value buffer = operand.get();
    if (!isa<MemRefType>(buffer.getType()))
      return buffer;
    if (Value number = numbers.lookup(buffer))
      return number;
    return memref::LoadOp::create(b, buffer, indicesOf(op, operand, at));
  }

  SmallVector<Value> indicesOf(LinalgOp op, OpOperand &operand, ValueRange at) {
    SmallVector<Value> indices;
    for (AffineExpr result : op.getMatchingIndexingMap(&operand).getResults())
      indices.push_back(affine::expandAffineExpr(b, b.getLoc(), result, at, {}));
    return indices;
  }

  /// What the results' places hold, null where nobody asks.
  SmallVector<Value> loadInits(const RowOp &op, ValueRange at) {
    SmallVector<Value> values;
    LinalgOp linalg = op.op;
    for (OpOperand &init : linalg.getDpsInitsMutable())
      values.push_back(linalg.payloadUsesValueFromOperand(&init) ? load(linalg, init, at)
                                                                 : Value());
    return values;
  }

  /// What the body makes of the elements at `at` and of the results before.
  SmallVector<Value> step(const RowOp &row, ValueRange at, ArrayRef<Value> before) {
    LinalgOp op = row.op;
    IRMapping mapping;
    for (OpOperand *input : op.getDpsInputOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(input);
      if (!argument.use_empty())
        mapping.map(argument, load(op, *input, at));
    }
    for (auto [argument, value] : llvm::zip(op.getRegionOutputArgs(), before))
      if (value)
        mapping.map(argument, value);
    for (Operation &inner : op.getBlock()->without_terminator())
      if (auto index = dyn_cast<linalg::IndexOp>(inner))
        mapping.map(index.getResult(), at[index.getDim()]);
      else
        b.clone(inner, mapping);
    SmallVector<Value> after;
    for (Value value : op.getBlock()->getTerminator()->getOperands())
      after.push_back(mapping.lookupOrDefault(value));
    return after;
  }

  Value combine(Operation *combiner, Value x, Value y) {
    Operation *copy = b.clone(*combiner);
    copy->setOperands({x, y});
    return copy->getResult(0);
  }

  Value combineWarp(Operation *combiner, Value value) {
    for (int64_t mask = kWarp / 2; mask > 0; mask /= 2)
      value = combine(combiner, value, b.shuffle(value, mask));
    return value;
  }

  /// Each thread gets what all warps of the block have.
  void combineWarps(const RowOp &op, MutableArrayRef<Value> results) {
    ArrayRef<Value> shared = ArrayRef(b.shared).slice(op.memory, results.size());
    b.ifThen(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, b.lane, b.index(0)), [&] {
      for (auto [memory, value] : llvm::zip(shared, results))
        memref::StoreOp::create(b, value, memory, b.warp);
    });
    b.barrier();
    for (size_t i = 0; i < results.size(); ++i) {
      results[i] = memref::LoadOp::create(b, shared[i], ValueRange{b.index(0)});
      for (int64_t warp = 1; warp < kWarps; ++warp)
        results[i] = combine(op.combiners[i], results[i],
                             memref::LoadOp::create(b, shared[i], ValueRange{b.index(warp)}));
    }
  }

  void store(const RowOp &op, ArrayRef<Value> results, ValueRange at) {
    LinalgOp linalg = op.op;
    for (auto [i, value] : llvm::enumerate(results)) {
      OpOperand &init = *linalg.getDpsInitOperand(i);
      memref::StoreOp::create(b, value, init.get(), indicesOf(linalg, init, at));
    }
  }

  SmallVector<RowOp> ops;
  BlockBuilder &b;
  SmallVector<Size> rowSizes, lengths;
  Value length;
  int64_t perBlock = 1;            ///< rows
  DenseMap<Value, Value> numbers;  ///< what buffers of one number a row hold of this one
};
} // namespace

/// The op that adds a number to a result, if it may do so in any order.
static Operation *findCombiner(LinalgOp op, unsigned result) {
  SmallVector<Operation *> combiners;
  SmallVector<BlockArgument> outputs = llvm::to_vector(op.getRegionOutputArgs());
  if (!matchReduction(outputs, result, combiners) || combiners.size() != 1)
    return nullptr;
  Operation *combiner = combiners.front();
  Type type = combiner->getResult(0).getType();
  bool isWord = type.isIntOrFloat() &&
                (type.getIntOrFloatBitWidth() == 32 || type.getIntOrFloatBitWidth() == 64);
  bool isBinary = combiner->getNumOperands() == 2 && combiner->getNumResults() == 1 &&
                  combiner->getOperand(0).getType() == type &&
                  combiner->getOperand(1).getType() == type;
  return isWord && isBinary && arith::getNeutralElement(combiner) ? combiner : nullptr;
}

/// True if neighbours of a row lie beside each other in an input that all loops read.
static bool readsAlongRows(LinalgOp op) {
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (map.getNumResults() == 0)
      continue;
    if (auto last = dyn_cast<AffineDimExpr>(map.getResults().back()))
      if (last.getPosition() == reduced.back() && map.getNumResults() >= op.getNumLoops())
        return true;
  }
  return false;
}

/// True if a thread for each result would leave most of a GPU without work, and add up more
/// numbers one after the other than f32 has digits for: means of an image whose neighbours
/// are channels.
static bool isLongOfFew(LinalgOp op) {
  constexpr int64_t kFew = 8192;
  int64_t length = 1, results = 1;
  for (auto [size, kind] : llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray())) {
    if (ShapedType::isDynamic(size))
      return false;
    (kind == utils::IteratorType::reduction ? length : results) *= size;
  }
  return length > kLongRow && results <= kFew;
}

/// True if sizes of all loops can be read from an operand, and results vary with rows only.
static bool hasPlainMaps(LinalgOp op) {
  llvm::SmallBitVector known(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands())
    for (AffineExpr result : op.getMatchingIndexingMap(&operand).getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(result))
        known.set(dim.getPosition());
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i)
    for (unsigned dim : reduced)
      if (op.getMatchingIndexingMap(op.getDpsInitOperand(i)).isFunctionOfDim(dim))
        return false;
  return known.all();
}

bool graphopt::cuda::reducesRows(LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || !op.hasPureBufferSemantics() ||
      !llvm::hasSingleElement(op->getRegion(0)) || !hasPlainMaps(op) ||
      (!readsAlongRows(op) && !isLongOfFew(op)))
    return false;
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i)
    if (!findCombiner(op, i))
      return false;
  return true;
}

std::optional<RowRole> graphopt::cuda::getRowRole(LinalgOp op, unsigned rank) {
  unsigned loops = op.getNumLoops();
  SmallVector<unsigned> parallel;
  op.getParallelDims(parallel);
  bool reduces = parallel.size() < loops;
  unsigned own = reduces ? rank : loops; // loops that results vary with
  if (loops < rank || !op.hasPureBufferSemantics() ||
      !llvm::hasSingleElement(op->getRegion(0)) || parallel.size() != own ||
      !llvm::equal(parallel, llvm::seq<unsigned>(0, own)) || (reduces && !reducesRows(op)) ||
      !llvm::all_of(op.getBlock()->without_terminator(),
                    [](Operation &inner) { return isMemoryEffectFree(&inner); }))
    return std::nullopt;
  AffineMap results = AffineMap::getMultiDimIdentityMap(loops, op.getContext()).getMajorSubMap(own);
  for (OpOperand &init : op.getDpsInitsMutable())
    if (op.getMatchingIndexingMap(&init) != results)
      return std::nullopt;
  return reduces ? RowRole::Reduction : loops == rank ? RowRole::Number : RowRole::Elements;
}

void graphopt::cuda::emitRows(ArrayRef<LinalgOp> ops, BlockBuilder &b) {
  LinalgOp leader = *llvm::find_if(ops, [](LinalgOp op) { return op.getNumReductionLoops() > 0; });
  SmallVector<RowOp> rows;
  for (LinalgOp op : ops) {
    RowOp row{op, RowRole::Reduction, {}, {}, {}};
    if (op.getNumReductionLoops() > 0) {
      op.getParallelDims(row.rows);
      op.getReductionDims(row.elements);
      for (int64_t i = 0; i < op.getNumDpsInits(); ++i)
        row.combiners.push_back(findCombiner(op, i));
    } else {
      unsigned rank = leader.getNumParallelLoops();
      row.role = *getRowRole(op, rank);
      llvm::append_range(row.rows, llvm::seq<unsigned>(0, rank));
      llvm::append_range(row.elements, llvm::seq<unsigned>(rank, op.getNumLoops()));
    }
    rows.push_back(std::move(row));
  }
  RowEmitter(std::move(rows), b).emit();
}
