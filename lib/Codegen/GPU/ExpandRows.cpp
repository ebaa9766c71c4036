//===- ExpandRows.cpp - Sums and other reductions of rows -----------------===//

#include "ExpandRows.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using linalg::LinalgOp;
using Size = LoopBuilder::Size;

namespace {
constexpr int64_t kThreads = 256, kWarps = kThreads / kWarp;
constexpr int64_t kLongRow = 1024; ///< that a warp alone would take long for

class RowEmitter {
public:
  RowEmitter(LinalgOp op, ArrayRef<Operation *> combiners, BlockBuilder &b)
      : op(op), combiners(combiners), b(b) {
    op.getParallelDims(parallel);
    op.getReductionDims(reduced);
  }

  void emit() {
    SmallVector<Size> sizes = getLoopSizes();
    for (unsigned dim : parallel)
      rowSizes.push_back(sizes[dim]);
    for (unsigned dim : reduced)
      lengths.push_back(sizes[dim]);
    Value rows = b.product(rowSizes), length = b.product(lengths);
    // All of a buffer is one row.
    std::optional<int64_t> fixed = getFixed(length);
    perBlock = rowSizes.empty() || (fixed && *fixed > kLongRow) ? 1 : kWarps;
    SmallVector<MemRefType> shared;
    if (perBlock == 1)
      for (Operation *combiner : combiners)
        shared.push_back(sharedType({kWarps}, combiner->getResult(0).getType()));
    b.launch(b.ceilDiv(rows, perBlock), kThreads, shared, [&] {
      if (perBlock == 1)
        return emitRow(b.block, b.thread, kThreads, length);
      Value row = b.add(b.mul(b.block, perBlock), b.warp);
      b.ifThen(b.isLess(row, rows), [&] { emitRow(row, b.lane, kWarp, length); });
    });
  }

private:
  /// Of the loops, from the operands' dimensions.
  SmallVector<Size> getLoopSizes() {
    SmallVector<Size> sizes(op.getNumLoops(), b.getIndexAttr(1));
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [i, result] : llvm::enumerate(map.getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(result))
          sizes[dim.getPosition()] = b.sizeOf(operand.get(), i);
    }
    return sizes;
  }

  SmallVector<Value> indicesOf(OpOperand &operand, ValueRange at) {
    SmallVector<Value> indices;
    for (AffineExpr result : op.getMatchingIndexingMap(&operand).getResults())
      indices.push_back(affine::expandAffineExpr(b, b.getLoc(), result, at, {}));
    return indices;
  }

  /// Thread `share` of `shares` takes every `shares`-th number of `row`.
  void emitRow(Value row, Value share, int64_t shares, Value length) {
    SmallVector<Value> at(op.getNumLoops());
    for (auto [dim, index] : llvm::zip(parallel, b.delinearize(row, rowSizes)))
      at[dim] = index;
    SmallVector<Value> neutral;
    for (Operation *combiner : combiners)
      neutral.push_back(arith::ConstantOp::create(b, *arith::getNeutralElement(combiner)));
    auto loop = scf::ForOp::create(b, share, length, b.index(shares), neutral);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      for (auto [dim, index] : llvm::zip(reduced, b.delinearize(loop.getInductionVar(), lengths)))
        at[dim] = index;
      scf::YieldOp::create(b, step(at, loop.getRegionIterArgs()));
    }
    for (unsigned dim : reduced)
      at[dim] = b.index(0); // results do not depend on it
    SmallVector<Value> results;
    for (auto [combiner, value] : llvm::zip(combiners, loop.getResults()))
      results.push_back(combineWarp(combiner, value));
    if (perBlock == 1)
      combineWarps(results);
    b.ifThen(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, share, b.index(0)),
             [&] { store(results, at); });
  }

  /// What the body makes of the numbers at `at` and of the results before.
  SmallVector<Value> step(ValueRange at, ValueRange before) {
    Block *body = op.getBlock();
    IRMapping mapping;
    for (OpOperand *input : op.getDpsInputOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(input);
      Value value = input->get();
      if (isa<MemRefType>(value.getType()))
        value = memref::LoadOp::create(b, value, indicesOf(*input, at));
      mapping.map(argument, value);
    }
    mapping.map(op.getRegionOutputArgs(), before);
    for (Operation &inner : body->without_terminator())
      if (auto index = dyn_cast<linalg::IndexOp>(inner))
        mapping.map(index.getResult(), at[index.getDim()]);
      else
        b.clone(inner, mapping);
    SmallVector<Value> after;
    for (Value value : body->getTerminator()->getOperands())
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

  /// The first thread gets what all warps of the block have.
  void combineWarps(MutableArrayRef<Value> results) {
    b.ifThen(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, b.lane, b.index(0)), [&] {
      for (auto [memory, value] : llvm::zip(b.shared, results))
        memref::StoreOp::create(b, value, memory, b.warp);
    });
    b.barrier();
    for (size_t i = 0; i < results.size(); ++i) {
      results[i] = memref::LoadOp::create(b, b.shared[i], ValueRange{b.index(0)});
      for (int64_t warp = 1; warp < kWarps; ++warp)
        results[i] = combine(combiners[i], results[i],
                             memref::LoadOp::create(b, b.shared[i], ValueRange{b.index(warp)}));
    }
  }

  void store(ArrayRef<Value> results, ValueRange at) {
    for (auto [i, value] : llvm::enumerate(results)) {
      OpOperand &init = *op.getDpsInitOperand(i);
      SmallVector<Value> indices = indicesOf(init, at);
      Value before = memref::LoadOp::create(b, init.get(), indices);
      memref::StoreOp::create(b, combine(combiners[i], before, value), init.get(), indices);
    }
  }

  LinalgOp op;
  ArrayRef<Operation *> combiners; ///< of each result
  BlockBuilder &b;
  SmallVector<unsigned> parallel, reduced; ///< loops
  SmallVector<Size> rowSizes, lengths;
  int64_t perBlock = 1; ///< rows
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

bool graphopt::cuda::emitRows(LinalgOp op, BlockBuilder &b) {
  if (op.getNumReductionLoops() == 0 || !op.hasPureBufferSemantics() ||
      !llvm::hasSingleElement(op->getRegion(0)) || !hasPlainMaps(op) || !readsAlongRows(op))
    return false;
  SmallVector<Operation *> combiners;
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
    Operation *combiner = findCombiner(op, i);
    if (!combiner)
      return false;
    combiners.push_back(combiner);
  }
  RowEmitter(op, combiners, b).emit();
  return true;
}
