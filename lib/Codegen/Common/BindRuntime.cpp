//===- BindRuntime.cpp - Allocations and failures belong to the run -------===//

#include "Runtime.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using LLVM::LLVMFuncOp;

namespace graphopt {
#define GEN_PASS_DEF_BINDRUNTIME
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

static constexpr StringRef kRunAttr = "graphopt.run";
/// Of declared functions that get the run and may fail.
static constexpr StringRef kRuntimeAttr = "graphopt.runtime";

/// What a call means to us.
enum class CallKind { Other, Allocate, Release, Abort, Print, Loop };

static CallKind classify(LLVM::CallOp call) {
  return llvm::StringSwitch<CallKind>(call.getCallee().value_or(""))
      .Cases({"malloc", "aligned_alloc"}, CallKind::Allocate)
      .Case("free", CallKind::Release)
      .Case("abort", CallKind::Abort)
      .Cases({"puts", "printf"}, CallKind::Print)
      .Case("graphopt_parallel_for", CallKind::Loop)
      .Default(CallKind::Other);
}

namespace {

struct BindRuntime : graphopt::impl::BindRuntimeBase<BindRuntime> {
  using BindRuntimeBase::BindRuntimeBase;

  void runOnOperation() override {
    needRun.clear();
    fallible.clear();
    withRun.clear();
    findNeeds();
    for (LLVMFuncOp function : needRun)
      if (!runOf(function)) {
        if (failed(verifyUses(function)))
          return signalPassFailure();
        addRunArgument(function);
      }
    for (LLVMFuncOp function : needRun)
      rewrite(function);
    eraseUnused();
  }

private:
  LLVMFuncOp lookup(FlatSymbolRefAttr name) {
    return name ? getOperation().lookupSymbol<LLVMFuncOp>(name.getAttr())
                : LLVMFuncOp();
  }

  /// The function that a call runs: its callee, or the body of a loop.
  LLVMFuncOp calledFunction(LLVM::CallOp call) {
    if (classify(call) != CallKind::Loop)
      return lookup(call.getCalleeAttr());
    auto body = call.getOperand(1).getDefiningOp<LLVM::AddressOfOp>();
    return body ? lookup(body.getGlobalNameAttr()) : LLVMFuncOp();
  }

  /// Who needs the run, and whose callers have to look whether it has failed.
  void findNeeds() {
    for (auto function : getOperation().getOps<LLVMFuncOp>())
      if (function.isExternal() && function->hasAttr(kRuntimeAttr)) {
        needRun.insert(function);
        fallible.insert(function);
      }
    for (bool changed = true; changed;) {
      changed = false;
      for (auto function : getOperation().getOps<LLVMFuncOp>())
        function.walk([&](LLVM::CallOp call) {
          CallKind kind = classify(call);
          LLVMFuncOp called = calledFunction(call);
          if (kind == CallKind::Allocate || kind == CallKind::Abort ||
              fallible.contains(called))
            changed |= fallible.insert(function);
          if (kind == CallKind::Release || fallible.contains(function) ||
              needRun.contains(called))
            changed |= needRun.insert(function);
        });
    }
  }

  static BlockArgument runOf(LLVMFuncOp function) {
    for (BlockArgument argument : function.getArguments())
      if (function.getArgAttr(argument.getArgNumber(), kRunAttr))
        return argument;
    return {};
  }

  /// All that use a function must be known, to give it the run.
  LogicalResult verifyUses(LLVMFuncOp function) {
    auto isKnownCall = [&](Operation *user) {
      auto call = dyn_cast<LLVM::CallOp>(user);
      return call && calledFunction(call) == function;
    };
    auto uses = SymbolTable::getSymbolUses(function, getOperation());
    if (!uses)
      return function.emitError("has uses that are not known");
    for (SymbolTable::SymbolUse use : *uses) {
      Operation *user = use.getUser();
      if (isKnownCall(user))
        continue;
      if (isa<LLVM::AddressOfOp>(user) &&
          llvm::all_of(user->getUsers(), isKnownCall))
        continue;
      InFlightDiagnostic diag =
          function.emitError("allocates or may fail, but not all its callers "
                             "are known");
      diag.attachNote(user->getLoc()) << "used here";
      return diag;
    }
    return success();
  }

  /// By hand: FunctionOpInterface::insertArgument fails if the result is void.
  void addRunArgument(LLVMFuncOp function) {
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    SmallVector<Type> types(function.getFunctionType().getParams());
    types.insert(types.begin(), pointer);
    SmallVector<DictionaryAttr> attributes;
    function.getAllArgAttrs(attributes);
    Builder b(&getContext());
    attributes.insert(attributes.begin(), b.getDictionaryAttr(b.getNamedAttr(
                                              kRunAttr, b.getUnitAttr())));
    function.setFunctionType(LLVM::LLVMFunctionType::get(
        function.getFunctionType().getReturnType(), types));
    if (!function.isExternal())
      function.getBody().front().insertArgument(0u, pointer, function.getLoc());
    function.setAllArgAttrs(attributes);
    withRun.insert(function);
  }

  void rewrite(LLVMFuncOp function) {
    SmallVector<LLVM::CallOp> calls;
    function.walk([&](LLVM::CallOp call) { calls.push_back(call); });
    Value run = runOf(function);
    failBlock = nullptr;
    for (LLVM::CallOp call : calls)
      rewriteCall(function, run, call);
  }

  void rewriteCall(LLVMFuncOp function, Value run, LLVM::CallOp call) {
    OpBuilder b(call);
    Location loc = call.getLoc();
    graphopt::Runtime runtime(getOperation());
    switch (classify(call)) {
    case CallKind::Allocate: {
      // The size is the last operand of malloc and of aligned_alloc.
      Value data = runtime.allocate(b, loc, run, call.getArgOperands().back());
      call.replaceAllUsesWith(ValueRange(data));
      Value null = LLVM::ZeroOp::create(b, loc, data.getType());
      Value failed =
          LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, data, null);
      returnIf(function, b, failed, call);
      return call.erase();
    }
    case CallKind::Release:
      runtime.release(b, loc, run, call.getOperand(0));
      return call.erase();
    case CallKind::Abort: {
      runtime.fail(b, loc, run, graphopt::kStatusBadData);
      Operation *end = call->getBlock()->getTerminator();
      b.setInsertionPoint(end);
      LLVM::BrOp::create(b, loc, getFailBlock(function));
      end->erase();
      return call.erase();
    }
    case CallKind::Print: // the message of a cf.assert
      if (call.use_empty())
        call.erase();
      return;
    default:
      passRun(function, b, run, call);
    }
  }

  /// A call of a function that got the run, or of a loop over such a body.
  void passRun(LLVMFuncOp function, OpBuilder &b, Value run,
               LLVM::CallOp call) {
    LLVMFuncOp called = calledFunction(call);
    if (!called)
      return;
    bool isLoop = classify(call) == CallKind::Loop;
    if (withRun.contains(called) && isLoop)
      call.setCallee(declareLoopWithRun(call));
    else if (withRun.contains(called))
      call.getCalleeOperandsMutable().assign(llvm::to_vector(
          llvm::concat<Value>(SmallVector<Value>{run},
                              SmallVector<Value>(call.getArgOperands()))));
    if (!fallible.contains(called) || isEntry(function))
      return;
    b.setInsertionPointAfter(call);
    graphopt::Runtime runtime(getOperation());
    Value status = runtime.status(b, call.getLoc(), run);
    Value zero =
        LLVM::ConstantOp::create(b, call.getLoc(), status.getType(), 0);
    Value failed = LLVM::ICmpOp::create(b, call.getLoc(),
                                        LLVM::ICmpPredicate::ne, status, zero);
    returnIf(function, b, failed, failed.getDefiningOp()->getNextNode());
  }

  /// The C entry looks at the status itself.
  static bool isEntry(LLVMFuncOp function) {
    return function.getLinkage() == LLVM::Linkage::External;
  }

  StringRef declareLoopWithRun(LLVM::CallOp call) {
    StringRef name = "graphopt_parallel_for_run";
    if (!getOperation().lookupSymbol(name)) {
      auto b = OpBuilder::atBlockEnd(getOperation().getBody());
      LLVMFuncOp::create(
          b, getOperation().getLoc(), name,
          LLVM::LLVMFunctionType::get(
              LLVM::LLVMVoidType::get(&getContext()),
              llvm::to_vector(call.getArgOperands().getTypes())));
    }
    return name;
  }

  /// Splits the block in front of `next`: returns if `condition`, else goes on.
  void returnIf(LLVMFuncOp function, OpBuilder &b, Value condition,
                Operation *next) {
    Block *block = next->getBlock();
    Block *goOn = block->splitBlock(next);
    b.setInsertionPointToEnd(block);
    LLVM::CondBrOp::create(b, condition.getLoc(), condition,
                           getFailBlock(function), ValueRange(), goOn,
                           ValueRange(), std::make_pair(1u, 1000u));
  }

  /// One block a function that returns nothing of use.
  Block *getFailBlock(LLVMFuncOp function) {
    if (failBlock)
      return failBlock;
    failBlock = new Block;
    function.getBody().push_back(failBlock);
    auto b = OpBuilder::atBlockEnd(failBlock);
    Type result = function.getFunctionType().getReturnType();
    if (isa<LLVM::LLVMVoidType>(result))
      LLVM::ReturnOp::create(b, function.getLoc(), ValueRange());
    else
      LLVM::ReturnOp::create(
          b, function.getLoc(),
          ValueRange(LLVM::ZeroOp::create(b, function.getLoc(), result)));
    return failBlock;
  }

  /// The C library's functions that no one calls any more.
  void eraseUnused() {
    for (StringRef name : {"malloc", "aligned_alloc", "free", "abort", "puts",
                           "printf", "graphopt_parallel_for"})
      if (auto function = getOperation().lookupSymbol<LLVMFuncOp>(name))
        if (function.isExternal() &&
            SymbolTable::symbolKnownUseEmpty(function, getOperation()))
          function.erase();
  }

  llvm::SetVector<LLVMFuncOp> needRun, fallible, withRun;
  Block *failBlock = nullptr;
};

} // namespace
