#include "dialects/Graph/Control.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

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
  if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()))
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
    if (report)
      module.emitRemark() << "removed " << removed.nodes << " nodes, "
                          << removed.constants << " constants of "
                          << removed.bytes << " bytes, " << removed.branches
                          << " branches, " << removed.outputs << " outputs";
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
        InFlightDiagnostic diag = main.emitError("has no output '") << name << "'";
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

  /// An If computes only the results that somebody reads.
  bool dropUnusedResults(ModuleOp module) {
    SmallVector<IfOp> candidates;
    module.walk([&](IfOp op) {
      bool someUsed = !op->use_empty();
      if (someUsed && llvm::any_of(op.getResults(), [](Value v) { return v.use_empty(); }))
        candidates.push_back(op);
    });
    for (IfOp op : candidates) {
      llvm::BitVector unused(op.getNumResults());
      SmallVector<Type> types;
      SmallVector<Value> used;
      for (OpResult result : op.getResults()) {
        if (result.use_empty()) {
          unused.set(result.getResultNumber());
          continue;
        }
        types.push_back(result.getType());
        used.push_back(result);
      }
      OpBuilder builder(op);
      auto narrowed = IfOp::create(builder, op.getLoc(), types, op.getCondition());
      narrowed.getThenBranch().takeBody(op.getThenBranch());
      narrowed.getElseBranch().takeBody(op.getElseBranch());
      for (Region *region : {&narrowed.getThenBranch(), &narrowed.getElseBranch()})
        region->front().getTerminator()->eraseOperands(unused);
      for (auto [value, result] : llvm::zip_equal(used, narrowed.getResults()))
        value.replaceAllUsesWith(result);
      op.erase();
    }
    return !candidates.empty();
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
