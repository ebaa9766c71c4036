#include "dialects/Graph/Control.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringExtras.h"

namespace graphopt {
#define GEN_PASS_DEF_ELIMINATEDEADNODES
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::graph;

static int64_t getConstantBytes(Operation *op) {
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (!constant)
    return 0;
  if (auto blob = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
    if (AsmResourceBlob *data = blob.getRawHandle().getBlob())
      return data->getData().size();
  if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(constant.getValue()))
    return dense.getRawData().size();
  return 0;
}

namespace {
struct EliminateDeadNodes
    : graphopt::impl::EliminateDeadNodesBase<EliminateDeadNodes> {
  using EliminateDeadNodesBase::EliminateDeadNodesBase;

  /// Pass statistics count in some builds of LLVM only; a report always does.
  struct Counts {
    int64_t nodes = 0, constants = 0, bytes = 0, branches = 0, outputs = 0;

    /// "2 nodes, 1 constant of 8 bytes"; empty if all is 0.
    std::string describe() const {
      SmallVector<std::string> parts;
      auto add = [&](int64_t count, StringRef one, StringRef many) {
        if (count > 0)
          parts.push_back(
              (Twine(count) + " " + (count == 1 ? one : many)).str());
      };
      add(nodes, "node", "nodes");
      add(constants, "constant", "constants");
      if (constants > 0)
        parts.back() +=
            (" of " + Twine(bytes) + (bytes == 1 ? " byte" : " bytes")).str();
      add(branches, "branch", "branches");
      add(outputs, "output", "outputs");
      return llvm::join(parts, ", ");
    }
  };
  Counts removed;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    removed = {};
    if (!outputs.empty() && failed(keepOutputs(module)))
      return signalPassFailure();
    // A dead result of control flow makes its operands in the body dead.
    for (bool changed = true; changed;) {
      changed = takeConstantBranches(module);
      changed |= dropUnusedResults(module);
      changed |= eraseDead(module);
    }
    if (std::string text = removed.describe(); report && !text.empty())
      emitRemark(UnknownLoc::get(&getContext())) << "removed " << text;
  }

  /// Drops the outputs of main that the user does not ask for.
  LogicalResult keepOutputs(ModuleOp module) {
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return module.emitError("has no function 'main'");
    llvm::BitVector drop(main.getNumResults(), true);
    for (StringRef name : outputs) {
      bool found = false;
      for (unsigned i = 0; i < main.getNumResults(); ++i)
        if (auto attr = main.getResultAttrOfType<StringAttr>(i, "graph.name");
            attr && attr.getValue() == name) {
          drop.reset(i);
          found = true;
        }
      if (!found) {
        InFlightDiagnostic diag = emitError(UnknownLoc::get(&getContext()))
                                  << "the model has no output '" << name << "'";
        for (unsigned i = 0; i < main.getNumResults(); ++i)
          if (auto attr = main.getResultAttrOfType<StringAttr>(i, "graph.name"))
            diag.attachNote() << "there is '" << attr.getValue() << "'";
        return diag;
      }
    }
    removed.outputs += drop.count();
    Operation *terminator = main.front().getTerminator();
    terminator->eraseOperands(drop);
    return main.eraseResults(drop);
  }

  bool takeConstantBranches(ModuleOp module) {
    SmallVector<IfOp> branches;
    module.walk([&](IfOp op) {
      if (matchPattern(op.getCondition(), m_Constant()))
        branches.push_back(op);
    });
    bool changed = false;
    for (IfOp op : branches) {
      PatternRewriter pattern(&getContext());
      pattern.setInsertionPoint(op);
      if (succeeded(IfOp::canonicalize(op, pattern))) {
        ++removed.branches;
        changed = true;
      }
    }
    return changed;
  }

  /// Control flow computes only the results that somebody reads.
  bool dropUnusedResults(ModuleOp module) {
    SmallVector<Operation *> candidates;
    module.walk([&](Operation *op) {
      if (isa<IfOp, LoopOp>(op) && !op->use_empty())
        candidates.push_back(op);
    });
    bool changed = false;
    for (Operation *op : candidates) {
      llvm::BitVector drop = findUnusedResults(op);
      if (drop.none())
        continue;
      changed = true;
      if (auto branches = dyn_cast<IfOp>(op))
        narrow(branches, drop);
      else
        narrow(cast<LoopOp>(op), drop);
    }
    return changed;
  }

  /// Results without users; what a loop carries must be unused in its body, too.
  static llvm::BitVector findUnusedResults(Operation *op) {
    llvm::BitVector unused(op->getNumResults());
    for (OpResult result : op->getResults())
      if (result.use_empty())
        unused.set(result.getResultNumber());
    if (auto loop = dyn_cast<LoopOp>(op))
      for (auto [i, argument] :
           llvm::enumerate(loop.getBody().getArguments().drop_front(2)))
        if (!argument.use_empty())
          unused.reset(i);
    return unused;
  }

  static SmallVector<Type> dropTypes(Operation *op, const llvm::BitVector &drop) {
    SmallVector<Type> types;
    for (OpResult result : op->getResults())
      if (!drop.test(result.getResultNumber()))
        types.push_back(result.getType());
    return types;
  }

  /// Users of `op` read `narrowed`, which lacks the results in `drop`.
  static void replace(Operation *op, Operation *narrowed,
                      const llvm::BitVector &drop) {
    auto kept = narrowed->result_begin();
    for (OpResult result : op->getResults())
      if (!drop.test(result.getResultNumber()))
        result.replaceAllUsesWith(*kept++);
    op->erase();
  }

  static void narrow(IfOp op, const llvm::BitVector &drop) {
    OpBuilder builder(op);
    auto narrowed = IfOp::create(builder, op.getLoc(), dropTypes(op, drop),
                                 op.getCondition());
    narrowed.getThenBranch().takeBody(op.getThenBranch());
    narrowed.getElseBranch().takeBody(op.getElseBranch());
    for (Region &region : narrowed->getRegions())
      region.front().getTerminator()->eraseOperands(drop);
    replace(op, narrowed, drop);
  }

  static void narrow(LoopOp op, const llvm::BitVector &drop) {
    SmallVector<Value> inits;
    llvm::BitVector arguments(2 + op.getInits().size());
    llvm::BitVector yielded(1 + op.getNumResults());
    for (auto [i, init] : llvm::enumerate(op.getInits()))
      if (drop.test(i))
        arguments.set(2 + i);
      else
        inits.push_back(init);
    for (unsigned i : drop.set_bits())
      yielded.set(1 + i);
    OpBuilder builder(op);
    auto narrowed =
        LoopOp::create(builder, op.getLoc(), dropTypes(op, drop),
                       op.getMaxTrips(), op.getCondition(), inits);
    narrowed.getBody().takeBody(op.getBody());
    Block &body = narrowed.getBody().front();
    body.getTerminator()->eraseOperands(yielded);
    body.eraseArguments(arguments);
    replace(op, narrowed, drop);
  }

  bool eraseDead(ModuleOp module) {
    bool changed = false;
    // Users are inside or after their operands: once backwards is enough.
    module.walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
      if (op == module || !isOpTriviallyDead(op))
        return;
      if (matchPattern(op, m_Constant())) {
        ++removed.constants;
        removed.bytes += getConstantBytes(op);
      } else {
        ++removed.nodes;
      }
      op->erase();
      changed = true;
    });
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (function.isPrivate() && SymbolTable::symbolKnownUseEmpty(function, module)) {
        function.erase();
        changed = true;
      }
    return changed;
  }
};
} // namespace
