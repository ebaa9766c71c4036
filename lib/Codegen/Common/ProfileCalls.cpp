//===- ProfileCalls.cpp - Calls tell when they begin and end --------------===//

#include "CallCost.h"
#include "dialects/Graph/NodeNames.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace graphopt {
#define GEN_PASS_DEF_PROFILECALLS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::kernel;

namespace {
struct ProfileCalls : graphopt::impl::ProfileCallsBase<ProfileCalls> {
  using ProfileCallsBase::ProfileCallsBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      getOperation().emitError("has no function @main with a body");
      return signalPassFailure();
    }
    calls.clear();
    SmallVector<Operation *> timed;
    Nodes timedNodes, otherNodes;
    main.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isTimed(op)) {
        addNodes(op, otherNodes);
        return WalkResult::advance();
      }
      timed.push_back(op);
      op->walk<WalkOrder::PreOrder>(
          [&](Operation *inner) { addNodes(inner, timedNodes); });
      return WalkResult::skip();
    });
    otherNodes.set_subtract(timedNodes);
    otherNodes.set_subtract(graphopt::listNodes(main.getLoc())); // the model
    declareRuntime();
    run = addRun(main);
    for (Operation *op : timed)
      time(op);
    if (!otherNodes.empty())
      describe("", otherNodes);
    getOperation()->setAttr("graphopt.calls",
                            ArrayAttr::get(&getContext(), calls));
    numCalls += timed.size();
  }

private:
  using Nodes = SetVector<StringRef>;

  /// A weight of those that @main is given.
  static bool isWeight(Operation *op) {
    auto view = dyn_cast<memref::ViewOp>(op);
    auto whole = view ? dyn_cast<BlockArgument>(view.getSource()) : BlockArgument();
    auto main = whole ? dyn_cast<func::FuncOp>(whole.getOwner()->getParentOp()) : func::FuncOp();
    return main && main.getArgAttr(whole.getArgNumber(), "graphopt.weights");
  }

  /// What `op` computes. Constants and the function's end have names, too, but
  /// those of tensors and of the model.
  static void addNodes(Operation *op, Nodes &nodes) {
    if (!op->hasTrait<OpTrait::ConstantLike>() && !isWeight(op) &&
        !isa<func::FuncOp, func::ReturnOp, memref::GetGlobalOp>(op))
      nodes.insert_range(graphopt::listNodes(op->getLoc()));
  }

  /// Calls of kernels, and loops that hold none. Inside parallel loops nothing
  /// is timed: their order is not that of the code.
  static bool isTimed(Operation *op) {
    if (isa<func::CallOp, scf::ParallelOp, scf::ForallOp>(op))
      return true;
    if (!isa<scf::ForOp, scf::WhileOp>(op))
      return false;
    return !op->walk([&](Operation *inner) {
                return inner != op && isTimed(inner) ? WalkResult::interrupt()
                                                     : WalkResult::advance();
              }).wasInterrupted();
  }

  void declareRuntime() {
    Builder types(&getContext());
    pointer = LLVM::LLVMPointerType::get(&getContext());
    Type i32 = types.getI32Type(), i64 = types.getI64Type();
    begin = declare(onGpu ? "graphopt_cuda_begin_call" : "graphopt_begin_call", {pointer, i32});
    end = declare(onGpu ? "graphopt_cuda_end_call" : "graphopt_end_call",
                  {pointer, i32, i64, i64});
  }

  func::FuncOp declare(StringRef name, ArrayRef<Type> arguments) {
    auto b = OpBuilder::atBlockEnd(getOperation().getBody());
    auto function =
        func::FuncOp::create(b, getOperation().getLoc(), name,
                             FunctionType::get(&getContext(), arguments, {}));
    function.setPrivate();
    return function;
  }

  Value addRun(func::FuncOp main) {
    Builder b(&getContext());
    (void)main.insertArgument(
        main.getNumArguments(), pointer,
        b.getDictionaryAttr(b.getNamedAttr("graphopt.run", b.getUnitAttr())),
        main.getLoc());
    return main.getArguments().back();
  }

  void time(Operation *op) {
    OpBuilder b(op);
    Location loc = op->getLoc();
    Value number = arith::ConstantOp::create(
        b, loc, b.getI32IntegerAttr(static_cast<int32_t>(calls.size())));
    auto cost = costOf(b, op);
    func::CallOp::create(b, loc, begin, ValueRange{run, number});
    b.setInsertionPointAfter(op);
    auto toI64 = [&](Value count) {
      return arith::IndexCastOp::create(b, loc, b.getI64Type(), count)
          .getResult();
    };
    func::CallOp::create(
        b, loc, end,
        ValueRange{run, number, toI64(cost.operations), toI64(cost.bytes)});
    auto call = dyn_cast<func::CallOp>(op);
    Nodes nodes;
    op->walk<WalkOrder::PreOrder>(
        [&](Operation *inner) { addNodes(inner, nodes); });
    describe(call ? call.getCallee() : op->getName().stripDialect(), nodes);
  }

  /// What `call` runs: the one kernel, or group of them, of an outlined function.
  func::FuncOp calleeOf(func::CallOp call) {
    return getOperation().lookupSymbol<func::FuncOp>(call.getCallee());
  }

  graphopt::CallCost costOf(OpBuilder &b, Operation *op) {
    Value zero = arith::ConstantIndexOp::create(b, op->getLoc(), 0);
    auto call = dyn_cast<func::CallOp>(op);
    func::FuncOp callee = call ? calleeOf(call) : nullptr;
    if (!callee || callee.isExternal())
      return {zero, zero};
    for (Operation &kernel : callee.getBody().front())
      if (isa<EpilogueOp, PackOp, linalg::LinalgOp, memref::CopyOp, scf::ExecuteRegionOp>(kernel)) {
        IRMapping values;
        values.map(callee.getArguments(), call.getOperands());
        return graphopt::buildCallCost(b, &kernel, values);
      }
    return {zero, zero};
  }

  void describe(StringRef function, const Nodes &nodes) {
    Builder b(&getContext());
    calls.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("function", b.getStringAttr(function)),
         b.getNamedAttr("nodes", b.getStrArrayAttr(nodes.getArrayRef()))}));
  }

  Type pointer;
  func::FuncOp begin, end;
  Value run;
  SmallVector<Attribute> calls;
};
} // namespace
