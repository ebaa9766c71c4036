//===- ElementRuns.cpp - Neighbours that one thread computes --------------===//

#include "ElementRuns.h"
#include "../Common/CollapseShape.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using linalg::LinalgOp;

constexpr int64_t kMost = 16; ///< neighbours, of one byte

namespace {
class RunEmitter {
public:
  RunEmitter(LinalgOp op, int64_t run, BlockBuilder &b)
      : op(op), run(run), last(op.getNumLoops() - 1), b(b) {
    for (OpOperand &operand : op->getOpOperands())
      buffers.push_back(operand.get());
  }

  void emit() {
    isFlat = canFlatten();
    if (isFlat)
      flatten();
    SmallVector<LoopBuilder::Size> sizes = isFlat ? b.sizesOf(buffers.back()) : getLoopSizes();
    sizes.back() = LoopBuilder::Size(b.div(b.index(sizes.back()), b.index(run)));
    SmallVector<Value> starts(sizes.size(), b.index(0)), steps(sizes.size(), b.index(1)), ends;
    for (LoopBuilder::Size size : sizes)
      ends.push_back(b.index(size));
    auto loop = scf::ParallelOp::create(b, starts, ends, steps);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> at(loop.getInductionVars());
    at.back() = b.mul(at.back(), run);
    compute(at);
  }

private:
  /// All dimensions can be one.
  bool canFlatten() {
    return op.getNumLoops() > 1 && !op.hasIndexSemantics() &&
           llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
             auto type = dyn_cast<MemRefType>(operand.get().getType());
             return !type || (type.getLayout().isIdentity() &&
                              op.getMatchingIndexingMap(&operand).isIdentity());
           });
  }

  void flatten() {
    ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, op.getNumLoops()));
    for (Value &buffer : buffers)
      if (isa<MemRefType>(buffer.getType()))
        buffer = collapseShape(b, b.getLoc(), buffer, all);
  }

  SmallVector<LoopBuilder::Size> getLoopSizes() {
    OpOperand &init = *op.getDpsInitOperand(0); // of an identity map
    return b.sizesOf(init.get());
  }

  AffineMap mapOf(OpOperand &operand) {
    return isFlat ? b.getMultiDimIdentityMap(1) : op.getMatchingIndexingMap(&operand);
  }

  SmallVector<Value> indicesOf(OpOperand &operand, ValueRange at) {
    SmallVector<Value> indices;
    for (AffineExpr result : mapOf(operand).getResults())
      indices.push_back(affine::expandAffineExpr(b, b.getLoc(), result, at, {}));
    return indices;
  }

  /// The neighbours of `operand`, or the one number that it has for all of them.
  Value load(OpOperand &operand, ValueRange at) {
    Value buffer = buffers[operand.getOperandNumber()];
    if (!isa<MemRefType>(buffer.getType()))
      return buffer;
    SmallVector<Value> indices = indicesOf(operand, at);
    if (isFlat || mapOf(operand).isFunctionOfDim(last))
      return b.loadRun(buffer, indices, run);
    return memref::LoadOp::create(b, buffer, indices);
  }

  void compute(ValueRange at) {
    DenseMap<BlockArgument, Value> loaded;
    for (OpOperand &operand : op->getOpOperands())
      if (op.payloadUsesValueFromOperand(&operand))
        loaded[op.getMatchingBlockArgument(&operand)] = load(operand, at);
    SmallVector<SmallVector<Value>> results(op.getNumDpsInits());
    for (int64_t lane = 0; lane < run; ++lane)
      for (auto [result, value] : llvm::zip(results, computeLane(loaded, at, lane)))
        result.push_back(value);
    for (auto [i, values] : llvm::enumerate(results)) {
      OpOperand &init = *op.getDpsInitOperand(i);
      b.storeRun(b.gather(values), buffers[init.getOperandNumber()], indicesOf(init, at));
    }
  }

  SmallVector<Value> computeLane(const DenseMap<BlockArgument, Value> &loaded, ValueRange at,
                                 int64_t lane) {
    IRMapping mapping;
    for (auto [argument, value] : loaded)
      mapping.map(argument, isa<VectorType>(value.getType()) ? b.element(value, lane) : value);
    for (Operation &inner : op.getBlock()->without_terminator()) {
      auto index = dyn_cast<linalg::IndexOp>(inner);
      if (!index) {
        b.clone(inner, mapping);
        continue;
      }
      Value position = at[index.getDim()];
      mapping.map(index.getResult(), index.getDim() == last ? b.add(position, b.index(lane)) : position);
    }
    SmallVector<Value> values;
    for (Value value : op.getBlock()->getTerminator()->getOperands())
      values.push_back(mapping.lookupOrDefault(value));
    return values;
  }

  LinalgOp op;
  int64_t run;
  unsigned last; ///< loop
  BlockBuilder &b;
  SmallVector<Value> buffers; ///< of the operands
  bool isFlat = false;
};
} // namespace

/// How many neighbours along the last loop all operands that vary with it have at once.
static int64_t findRun(LinalgOp op) {
  unsigned last = op.getNumLoops() - 1;
  int64_t run = kMost;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type)
      continue;
    if (!type.getElementType().isIntOrFloat() || type.getElementTypeBitWidth() % 8 != 0)
      return 1;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isFunctionOfDim(last))
      continue;
    auto innermost = dyn_cast<AffineDimExpr>(map.getResults().back());
    for (AffineExpr result : map.getResults().drop_back())
      if (result.isFunctionOfDim(last))
        return 1;
    if (!innermost || innermost.getPosition() != last)
      return 1;
    run = std::min(run, getRun(operand.get(), kMost));
  }
  return run;
}

bool graphopt::cuda::emitRuns(LinalgOp op, BlockBuilder &b) {
  if (op.getNumLoops() == 0 || op.getNumReductionLoops() > 0 || !op.hasPureBufferSemantics() ||
      !llvm::hasSingleElement(op->getRegion(0)))
    return false;
  for (OpOperand &init : op.getDpsInitsMutable())
    if (!op.getMatchingIndexingMap(&init).isIdentity())
      return false;
  int64_t run = findRun(op);
  if (run == 1)
    return false;
  RunEmitter(op, run, b).emit();
  return true;
}
