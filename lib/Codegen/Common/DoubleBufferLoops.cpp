//===- DoubleBufferLoops.cpp - Loops carry two buffers, not one a turn ----===//

#include "MemrefSizes.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Dominance.h"

namespace graphopt {
#define GEN_PASS_DEF_DOUBLEBUFFERLOOPS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using graphopt::MemrefSizes;
using Sizes = MemrefSizes::Sizes;

namespace {

/// What becomes of the buffer that a turn hands on.
enum class Plan {
  Keep,   // as it is
  Rotate, // the turn writes to the buffer that the turn before has read
  Copy,   // the same, by a copy at the end of the turn
  Release // sizes differ from turn to turn: each frees what it was given
};

/// A memref that a loop hands from turn to turn.
struct Carried {
  unsigned init;        // number of the loop's operand
  BlockArgument before; // of a while loop's condition
  BlockArgument argument;
  OpOperand *yield;
  Value result;
  /// If they are the same in every turn.
  std::optional<Sizes> sizes;
  /// What the yielded value may be a view of in its turn, itself included.
  DenseSet<Value> sources = {};
  Plan plan = Plan::Keep;

  bool mayYield(Value value) const { return sources.contains(value); }
};

/// One scf.for or scf.while.
class LoopBuffers {
public:
  LoopBuffers(Operation *loop, func::FuncOp function, MemrefSizes &sizes)
      : loop(loop), function(function), sizes(sizes) {
    if (auto op = dyn_cast<scf::ForOp>(loop)) {
      body = op.getBody();
      for (unsigned i = 0; i < op.getNumRegionIterArgs(); ++i)
        add({op.getNumControlOperands() + i, {}, op.getRegionIterArg(i),
             &body->getTerminator()->getOpOperand(i), op.getResult(i), {}});
      return;
    }
    auto op = cast<scf::WhileOp>(loop);
    body = op.getAfterBody();
    for (BlockArgument before : op.getBeforeArguments()) {
      // The condition hands it to the body, once.
      auto handed = op.getConditionOp().getArgs();
      if (llvm::count(handed, before) != 1)
        continue;
      unsigned to = llvm::find(handed, before) - handed.begin();
      unsigned i = before.getArgNumber();
      add({i, before, op.getAfterArguments()[to],
           &body->getTerminator()->getOpOperand(i), op.getResult(to), {}});
    }
  }

  /// Returns how many buffers no longer grow with the number of turns.
  unsigned run() {
    if (carried.empty())
      return 0;
    findSizes();
    BufferViewFlowAnalysis views(function);
    findSources(views);
    choosePlans();
    for (Carried &value : carried)
      if (value.plan == Plan::Release)
        release(value, views);
    rotate();
    return llvm::count_if(carried, [](const Carried &value) {
      return value.plan != Plan::Keep;
    });
  }

private:
  void add(Carried value) {
    if (isa<MemRefType>(value.argument.getType()))
      carried.push_back(std::move(value));
  }

  Value initOf(const Carried &value) { return loop->getOperand(value.init); }

  /// The names that it has in and after the loop.
  static SmallVector<Value> memrefsOf(const Carried &value) {
    SmallVector<Value> memrefs = {value.argument, value.result};
    if (value.before)
      memrefs.push_back(value.before);
    return memrefs;
  }

  void assume(const Carried &value, const Sizes &known) {
    for (Value memref : memrefsOf(value))
      sizes.assume(memref, known);
  }

  /// Supposes that all sizes stay, and drops those that a turn changes.
  void findSizes() {
    DominanceInfo dominance(function);
    auto isKnownBefore = [&](OpFoldResult size) {
      auto value = dyn_cast<Value>(size);
      return !value || dominance.properlyDominates(value, loop);
    };
    for (Carried &value : carried) {
      value.sizes = sizes.get(initOf(value));
      if (value.sizes && !llvm::all_of(*value.sizes, isKnownBefore))
        value.sizes.reset();
      if (value.sizes)
        assume(value, *value.sizes);
    }
    for (bool changed = true; std::exchange(changed, false);)
      for (Carried &value : carried) {
        if (!value.sizes || sizes.get(value.yield->get()) == value.sizes)
          continue;
        value.sizes.reset();
        for (Value memref : memrefsOf(value))
          sizes.forget(memref);
        changed = true;
      }
    for (Carried &value : carried)
      if (value.sizes)
        replaceDims(value);
  }

  void replaceDims(const Carried &value) {
    for (Value memref : memrefsOf(value))
      for (Operation *user : llvm::make_early_inc_range(memref.getUsers())) {
        auto dim = dyn_cast<memref::DimOp>(user);
        std::optional<int64_t> k = dim ? dim.getConstantIndex() : std::nullopt;
        if (!k)
          continue;
        OpBuilder b(dim);
        dim.replaceAllUsesWith(getValueOrCreateConstantIndexOp(
            b, dim.getLoc(), (*value.sizes)[*k]));
        dim.erase();
      }
  }

  /// Against the flow of views, as far as the loop's own arguments.
  void findSources(const BufferViewFlowAnalysis &views) {
    DenseMap<Value, SmallVector<Value>> origins;
    for (auto &[from, all] : views)
      for (Value to : all)
        origins[to].push_back(from);
    for (Carried &value : carried) {
      SmallVector<Value> todo = {value.yield->get()};
      while (!todo.empty()) {
        Value next = todo.pop_back_val();
        if (!value.sources.insert(next).second)
          continue;
        if (!isa<BlockArgument>(next) ||
            next.getParentRegion()->getParentOp() != loop)
          llvm::append_range(todo, origins.lookup(next));
      }
    }
  }

  bool isMadeInside(Value value) {
    return value.getParentRegion()->getParentOp() == loop
               ? !isa<BlockArgument>(value)
               : loop->isProperAncestor(value.getParentRegion()->getParentOp());
  }

  /// The allocation of this turn that a value is, if it is no view of a part.
  memref::AllocOp allocationOf(const Carried &value) {
    Value memref = value.yield->get();
    while (auto cast = memref.getDefiningOp<memref::CastOp>())
      memref = cast.getSource();
    auto alloc = memref.getDefiningOp<memref::AllocOp>();
    return alloc && alloc->getBlock() == body ? alloc : memref::AllocOp();
  }

  void choosePlans() {
    for (Carried &value : carried) {
      bool allocates = llvm::any_of(value.sources, [&](Value source) {
        return source.getDefiningOp<memref::AllocOp>() && isMadeInside(source);
      });
      if (!allocates)
        continue;
      if (!value.sizes)
        value.plan = llvm::all_of(value.sources,
                                  [&](Value source) { return isMadeInside(source); })
                         ? Plan::Release
                         : Plan::Keep;
      else
        value.plan = allocationOf(value) ? Plan::Rotate : Plan::Copy;
    }
    // A buffer that two values may be is handed on by copies.
    for (Carried &value : carried)
      for (const Carried &other : carried)
        if (&value != &other && value.plan == Plan::Rotate &&
            other.mayYield(allocationOf(value)))
          value.plan = Plan::Copy;
    // A buffer that is written or freed again must not live on as another value.
    for (bool changed = true; std::exchange(changed, false);)
      for (Carried &value : carried)
        if (value.plan != Plan::Keep && llvm::any_of(carried, [&](Carried &other) {
              return &other != &value && livesOn(value, other);
            })) {
          value.plan = Plan::Keep;
          changed = true;
        }
  }

  bool livesOn(const Carried &value, const Carried &other) {
    if (other.plan == Plan::Copy)
      return false;
    return other.mayYield(value.argument) ||
           (value.plan == Plan::Release &&
            llvm::any_of(value.sources,
                         [&](Value source) { return other.mayYield(source); }));
  }

  /// Frees what the turn was given at its end. To free what is no allocation of
  /// the run does nothing, but the first turn must not free what others read.
  void release(Carried &value, const BufferViewFlowAnalysis &views) {
    OpBuilder b(loop);
    Value init = initOf(value);
    if (llvm::any_of(views.resolveReverse(init), [](Value source) {
          return source.getDefiningOp<memref::AllocOp>();
        })) {
      auto type = cast<MemRefType>(init.getType());
      Sizes own = memref::getMixedSizes(b, loop->getLoc(), init);
      Value copy = allocate(b, type, own);
      memref::CopyOp::create(b, loop->getLoc(), init, copy);
      loop->setOperand(value.init, castTo(b, type, copy));
    }
    b.setInsertionPoint(body->getTerminator());
    memref::DeallocOp::create(b, loop->getLoc(), value.argument);
  }

  Value castTo(OpBuilder &b, Type type, Value value) {
    return value.getType() == type
               ? value
               : memref::CastOp::create(b, loop->getLoc(), type, value).getResult();
  }

  /// A dense buffer of the shape of `type`.
  Value allocate(OpBuilder &b, MemRefType type, ArrayRef<OpFoldResult> own) {
    SmallVector<Value> dynamic;
    for (auto [k, size] : llvm::enumerate(own))
      if (type.isDynamicDim(k))
        dynamic.push_back(
            getValueOrCreateConstantIndexOp(b, loop->getLoc(), size));
    return memref::AllocOp::create(
        b, loop->getLoc(),
        MemRefType::get(type.getShape(), type.getElementType()), dynamic,
        b.getI64IntegerAttr(64));
  }

  /// (value) => (value, spare, other): a turn writes `spare`, and hands on
  /// (spare, other, spare). What the loop starts from is only read.
  void rotate() {
    SmallVector<Value> inits;
    SmallVector<Carried *> rotated;
    OpBuilder b(loop);
    for (Carried &value : carried)
      if (value.plan == Plan::Rotate || value.plan == Plan::Copy) {
        auto type = cast<MemRefType>(value.argument.getType());
        rotated.push_back(&value);
        for (int i = 0; i < 2; ++i)
          inits.push_back(allocate(b, type, *value.sizes));
      }
    if (rotated.empty())
      return;
    ArrayRef<BlockArgument> added = addCarried(inits);
    Operation *end = body->getTerminator();
    SmallVector<Value> yields(end->getOperands());
    b.setInsertionPoint(end);
    for (Carried *value : rotated) {
      Value spare = added[0], other = added[1];
      added = added.drop_front(2);
      unsigned position = value->yield->getOperandNumber();
      if (value->plan == Plan::Rotate) {
        memref::AllocOp alloc = allocationOf(*value);
        OpBuilder atAlloc(alloc);
        alloc.replaceAllUsesWith(castTo(atAlloc, alloc.getType(), spare));
        alloc.erase();
        yields[position] = end->getOperand(position);
      } else {
        memref::CopyOp::create(b, loop->getLoc(), yields[position], spare);
        yields[position] = castTo(b, value->argument.getType(), spare);
      }
      yields.append({other, spare});
    }
    end->setOperands(yields);
  }

  /// The loop again, with more values; gives their arguments in the body.
  ArrayRef<BlockArgument> addCarried(ArrayRef<Value> inits) {
    OpBuilder b(loop);
    SmallVector<Location> locs(inits.size(), loop->getLoc());
    TypeRange types = ValueRange(inits).getTypes();
    SmallVector<Type> results(loop->getResultTypes());
    llvm::append_range(results, types);
    OperationState state(loop->getLoc(), loop->getName());
    state.addOperands(loop->getOperands());
    state.addOperands(inits);
    state.addTypes(results);
    state.addAttributes(loop->getAttrs());
    for (unsigned i = 0; i < loop->getNumRegions(); ++i)
      state.addRegion();
    Operation *larger = b.create(state);
    for (auto [to, from] : llvm::zip_equal(larger->getRegions(), loop->getRegions()))
      to.takeBody(from);
    if (auto op = dyn_cast<scf::WhileOp>(larger)) {
      Block *before = op.getBeforeBody();
      op.getConditionOp().getArgsMutable().append(
          llvm::to_vector_of<Value>(before->addArguments(types, locs)));
    }
    body->addArguments(types, locs);
    loop->replaceAllUsesWith(larger->getResults().take_front(loop->getNumResults()));
    loop->erase();
    loop = larger;
    return body->getArguments().take_back(inits.size());
  }

  Operation *loop;
  func::FuncOp function;
  MemrefSizes &sizes;
  Block *body = nullptr;
  std::vector<Carried> carried;
};

struct DoubleBufferLoops
    : graphopt::impl::DoubleBufferLoopsBase<DoubleBufferLoops> {
  using DoubleBufferLoopsBase::DoubleBufferLoopsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    SmallVector<Operation *> loops; // inner ones first
    function.walk([&](Operation *op) {
      if (isa<scf::ForOp, scf::WhileOp>(op))
        loops.push_back(op);
    });
    MemrefSizes sizes(function);
    for (Operation *loop : loops)
      numBuffers += LoopBuffers(loop, function, sizes).run();
  }
};
} // namespace
