// graphopt-vectorize-linalg: linalg on memrefs to loops over vectors.
//
// The op's iteration space (IterationSpace) gets one vector loop, chosen by the
// cost of its memory accesses; the body is cloned for the lanes of that loop
// (LaneEmitter) inside scf loops (emitLoops).

#include "VectorizeLinalg.h"
#include "graphopt/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

namespace graphopt {
#define GEN_PASS_DEF_VECTORIZELINALG
#include "graphopt/Codegen/CPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

Operation *graphopt::cpu::matchCombiner(linalg::LinalgOp op, unsigned i) {
  Block &body = *op.getBlock();
  BlockArgument running = op.getMatchingBlockArgument(op.getDpsInitOperand(i));
  Operation *combiner = body.getTerminator()->getOperand(i).getDefiningOp();
  if (!running.hasOneUse() || !combiner || combiner->getBlock() != &body ||
      combiner->getNumOperands() != 2 || !combiner->hasOneUse() ||
      *running.user_begin() != combiner)
    return nullptr;
  if (!isa<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MulIOp,
           arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::MaximumFOp,
           arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp,
           arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp>(
          combiner) ||
      !arith::getNeutralElement(combiner))
    return nullptr;
  return combiner;
}

/// Lanes that suit a loop of `size`: a short loop gets a shorter vector.
static int64_t lanesFor(const Monomial &size, int64_t lanes) {
  if (!size.isConstant())
    return lanes;
  int64_t needed = llvm::PowerOf2Ceil(std::max<int64_t>(size.factor, 1));
  return std::min(lanes, needed);
}

/// The loop along which those inputs lie that `loop` crosses, if it is one, and
/// if nothing but whole tiles is worth it.
static std::optional<unsigned> findRowLoop(linalg::LinalgOp op,
                                           const IterationSpace &space,
                                           unsigned loop, int64_t lanes) {
  if (llvm::any_of(space.loops, [](const Loop &l) { return l.isReduction; }))
    return std::nullopt;
  std::optional<unsigned> rowLoop;
  for (const Access &access : space.accesses) {
    const Monomial &stride = access.strides[loop];
    // Strides within a cache line are cheap already.
    if (stride.is(0) || stride.is(1) ||
        (stride.isConstant() && std::abs(stride.factor) < lanes))
      continue;
    const auto *row = llvm::find_if(
        access.strides, [](const Monomial &m) { return m.is(1); });
    if (row == access.strides.end())
      continue;
    unsigned found = row - access.strides.begin();
    if (rowLoop && *rowLoop != found)
      return std::nullopt;
    rowLoop = found;
  }
  if (!rowLoop)
    return std::nullopt;
  const Monomial &rows = space.loops[*rowLoop].size;
  const Monomial &size = space.loops[loop].size;
  if ((rows.isConstant() && rows.factor < lanes) ||
      (size.isConstant() && size.factor < lanes))
    return std::nullopt;
  return rowLoop;
}

/// Cost of one element, in vector instructions, if `loop` is the vector loop.
static double costOf(linalg::LinalgOp op, const IterationSpace &space,
                     unsigned loop, std::optional<unsigned> rowLoop,
                     int64_t lanes) {
  constexpr double kUniform = 0.1;   // hoisted out of the loop, or one load
  constexpr double kTransposed = 0.5; // shuffles, an element
  constexpr double kLaneLoad = 1.5;  // scalar load + insertion, a lane
  constexpr double kFarLane = 1.0;   // each lane is in its own cache line
  constexpr double kFold = 8;        // folding the lanes of an accumulator
  constexpr double kUnknownSize = 64;

  const Monomial &size = space.loops[loop].size;
  double n = size.isConstant() ? std::max<int64_t>(size.factor, 1)
                               : kUnknownSize;
  double perVector =
      size.isConstant() ? std::ceil(n / lanes) / n : 1.0 / lanes;
  bool reduces =
      llvm::any_of(space.loops, [](const Loop &l) { return l.isReduction; });

  double cost = llvm::range_size(op.getBlock()->without_terminator()) *
                perVector;
  for (OpOperand &operand : op->getOpOperands()) {
    const Access &access = space.accesses[operand.getOperandNumber()];
    const Monomial &stride = access.strides[loop];
    double weight = op.isDpsInit(&operand) && reduces ? 0.1 : 1;
    if (stride.is(0))
      cost += weight * kUniform * perVector;
    else if (stride.is(1))
      cost += weight * perVector;
    else if (rowLoop && access.strides[*rowLoop].is(1))
      cost += weight * kTransposed;
    else
      cost += weight * (kLaneLoad + (stride.isConstant() &&
                                             std::abs(stride.factor) < 16
                                         ? 0
                                         : kFarLane));
  }
  if (space.loops[loop].isReduction)
    cost += op.getNumDpsInits() * kFold / n;
  return cost;
}

VectorPlan graphopt::cpu::chooseVectorLoop(linalg::LinalgOp op,
                                           const IterationSpace &space,
                                           const BodyTraits &traits,
                                           unsigned vectorBits) {
  VectorPlan best;
  if (!traits.isVectorizable)
    return best;
  bool foldsLanes = true;
  for (unsigned i = 0; i < op.getNumDpsInits(); ++i)
    foldsLanes &= matchCombiner(op, i) != nullptr;

  constexpr int64_t kMaxLaneLoads = 16;
  double bestCost = std::numeric_limits<double>::infinity();
  for (unsigned l = 0; l < space.loops.size(); ++l) {
    const Loop &loop = space.loops[l];
    if (loop.isReduction && !foldsLanes)
      continue;
    if (llvm::any_of(space.accesses,
                     [&](const Access &a) { return a.isNonlinearIn(l); }))
      continue;
    int64_t lanes = lanesFor(
        loop.size, vectorBits / widestVaryingBits(op, space, l));
    bool loadsLanes = llvm::any_of(space.accesses, [&](const Access &a) {
      return !a.strides[l].is(0) && !a.strides[l].is(1);
    });
    if (loadsLanes)
      lanes = std::min(lanes, kMaxLaneLoads);
    if (lanes < 2)
      continue;
    std::optional<unsigned> rowLoop = findRowLoop(op, space, l, lanes);
    double cost = costOf(op, space, l, rowLoop, lanes);
    if (cost <= bestCost) { // of equals, the inner loop
      bestCost = cost;
      best.loop = l;
      best.lanes = lanes;
      best.rowLoop = rowLoop;
    }
  }
  return best;
}

/// A parallel loop must walk each result, a reduction loop none; anything else
/// keeps the order of the op's own loops.
static bool hasOrderlyResults(linalg::LinalgOp op,
                              const IterationSpace &space) {
  for (OpOperand &init : op.getDpsInitsMutable()) {
    const Access &access = space.accesses[init.getOperandNumber()];
    if (!access.nonlinear.empty())
      return false;
    for (auto [loop, stride] : llvm::zip_equal(space.loops, access.strides))
      if (loop.isReduction != stride.is(0) && !loop.size.is(1))
        return false;
  }
  return true;
}

/// Scalar loops in the op's own order.
static LogicalResult emitScalarLoops(linalg::LinalgOp op,
                                     IRRewriter &rewriter) {
  op->emitRemark("has no vector form: lowered to scalar loops");
  if (failed(linalg::linalgOpToLoops(rewriter, op)))
    return op->emitOpError("cannot be lowered to loops");
  rewriter.eraseOp(op);
  return success();
}

static LogicalResult vectorizeOp(linalg::LinalgOp op, unsigned vectorBits,
                                 bool isParallel, IRRewriter &rewriter) {
  rewriter.setInsertionPoint(op);
  BodyTraits traits = analyzeBody(op);
  if (!traits.isPure)
    return emitScalarLoops(op, rewriter);
  auto space = IterationSpace::get(op, rewriter);
  if (failed(space) || !hasOrderlyResults(op, *space))
    return emitScalarLoops(op, rewriter);

  VectorPlan plan = chooseVectorLoop(op, *space, traits, vectorBits);
  plan.isParallel = isParallel;
  bool isSingle = llvm::all_of(
      space->loops, [](const Loop &loop) { return loop.size.is(1); });
  if (!plan.loop && !isSingle)
    op->emitRemark("has no vector form: lowered to scalar loops");
  for (OpOperand &init : op.getDpsInitsMutable()) {
    const Access &access = space->accesses[init.getOperandNumber()];
    // Inactive lanes of a store to single places need values of their own.
    if (plan.loop && !access.strides[*plan.loop].is(0) &&
        !access.strides[*plan.loop].is(1))
      traits.needsValidLanes = true;
  }
  emitLoops(op, *space, traits, plan, rewriter);
  rewriter.eraseOp(op);
  return success();
}

/// memref.copy  =>  linalg.generic that yields its input
static void generalizeCopy(memref::CopyOp copy, IRRewriter &rewriter) {
  rewriter.setInsertionPoint(copy);
  int64_t rank = cast<MemRefType>(copy.getTarget().getType()).getRank();
  SmallVector<AffineMap> maps(2, rewriter.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> parallel(rank,
                                            utils::IteratorType::parallel);
  linalg::GenericOp::create(
      rewriter, copy.getLoc(), copy.getSource(), copy.getTarget(), maps,
      parallel, [](OpBuilder &b, Location loc, ValueRange args) {
        linalg::YieldOp::create(b, loc, args[0]);
      });
  rewriter.eraseOp(copy);
}

namespace {
struct VectorizeLinalg
    : graphopt::impl::VectorizeLinalgBase<VectorizeLinalg> {
  using VectorizeLinalgBase::VectorizeLinalgBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp op) {
      if (isa<MemRefType>(op.getSource().getType()) &&
          isa<MemRefType>(op.getTarget().getType()))
        copies.push_back(op);
    });
    for (memref::CopyOp copy : copies)
      generalizeCopy(copy, rewriter);

    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.hasPureBufferSemantics())
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops)
      if (failed(vectorizeOp(op, vectorBits, parallel, rewriter)))
        return signalPassFailure();
  }
};
} // namespace
