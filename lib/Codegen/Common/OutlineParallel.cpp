//===- OutlineParallel.cpp - Parallel loops become calls of the runtime ---===//

#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"

namespace graphopt {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

namespace {
struct OutlineParallel
    : graphopt::impl::OutlineParallelBase<OutlineParallel> {
  using OutlineParallelBase::OutlineParallelBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      getOperation().emitError("has no function @main with a body");
      return signalPassFailure();
    }
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!outermostLoops(function).empty())
        functions.push_back(function);
    if (functions.empty())
      return;
    declareRuntime();
    handRunDown(functions);
    for (func::FuncOp function : functions)
      outlineLoops(function);
  }

private:
  /// Without reductions: their order would depend on the threads.
  static SmallVector<scf::ParallelOp> outermostLoops(func::FuncOp function) {
    SmallVector<scf::ParallelOp> loops;
    function.walk<WalkOrder::PreOrder>([&](scf::ParallelOp loop) {
      if (loop.getInitVals().empty())
        loops.push_back(loop);
      return WalkResult::skip();
    });
    return loops;
  }

  void outlineLoops(func::FuncOp function) {
    IRRewriter rewriter(&getContext());
    for (scf::ParallelOp loop : outermostLoops(function))
      if (loop.getNumLoops() > 1) { // rewritten in place
        std::vector<unsigned> all(loop.getNumLoops());
        std::iota(all.begin(), all.end(), 0u);
        rewriter.setInsertionPoint(loop);
        collapseParallelLoops(rewriter, loop, {all});
      }
    run = function.getArguments().back();
    for (auto [i, loop] : llvm::enumerate(outermostLoops(function))) {
      outline(function, loop, i);
      ++numOutlined;
    }
  }

  void declareRuntime() {
    pointer = LLVM::LLVMPointerType::get(&getContext());
    i64 = IntegerType::get(&getContext(), 64);
    index = IndexType::get(&getContext());
    bodyType = FunctionType::get(&getContext(), {pointer, i64, i64}, {});
    auto atEnd = OpBuilder::atBlockEnd(getOperation().getBody());
    parallelFor = func::FuncOp::create(
        atEnd, getOperation().getLoc(), "graphopt_parallel_for",
        FunctionType::get(&getContext(), {pointer, pointer, pointer, i64}, {}));
    parallelFor.setPrivate();
  }

  /// Whether the last argument of `function` is the run already.
  static bool hasRun(func::FuncOp function) {
    unsigned count = function.getNumArguments();
    return count && function.getArgAttr(count - 1, "graphopt.run");
  }

  /// Gives the run to `users` and to all that call them, as last argument.
  void handRunDown(ArrayRef<func::FuncOp> users) {
    SymbolTableCollection tables;
    SymbolUserMap userMap(tables, getOperation());
    auto callsOf = [&](func::FuncOp function) {
      return llvm::make_filter_range(
          userMap.getUsers(function),
          [](Operation *user) { return isa<func::CallOp>(user); });
    };
    SetVector<func::FuncOp> functions(users.begin(), users.end());
    for (size_t i = 0; i < functions.size(); ++i)
      for (Operation *call : callsOf(functions[i]))
        functions.insert(call->getParentOfType<func::FuncOp>());
    functions.remove_if(hasRun);
    Builder b(&getContext());
    DictionaryAttr isRun = b.getDictionaryAttr(
        b.getNamedAttr("graphopt.run", b.getUnitAttr()));
    for (func::FuncOp function : functions)
      (void)function.insertArgument(function.getNumArguments(), pointer, isRun,
                                    function.getLoc());
    for (func::FuncOp function : functions)
      for (Operation *call : callsOf(function)) {
        auto caller = call->getParentOfType<func::FuncOp>();
        cast<func::CallOp>(call).getOperandsMutable().append(
            caller.getArguments().back());
      }
  }

  /// Repeated in each body rather than handed over: constants, views, and
  /// scratch memory that nothing else uses.
  static bool isRepeated(Operation *op, scf::ParallelOp loop) {
    if (!op)
      return false;
    if (op->hasTrait<OpTrait::ConstantLike>() || isa<memref::GetGlobalOp>(op))
      return true;
    if (isa<memref::AllocaOp>(op))
      return llvm::all_of(op->getUsers(), [&](Operation *user) {
        return loop->isProperAncestor(user);
      });
    return isa<ViewLikeOpInterface>(op) && isMemoryEffectFree(op) &&
           op->getNumRegions() == 0;
  }

  /// What the loop uses from outside: values to hand over in `captures`, and ops
  /// to repeat, in order.
  static void findCaptures(scf::ParallelOp loop, SetVector<Value> &captures,
                           SetVector<Operation *> &repeated) {
    SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), used);
    used.insert(loop.getLowerBound()[0]);
    used.insert(loop.getStep()[0]);
    auto visit = [&](auto &self, Value value) -> void {
      Operation *op = value.getDefiningOp();
      if (!isRepeated(op, loop)) {
        captures.insert(value);
        return;
      }
      for (Value operand : op->getOperands())
        self(self, operand);
      repeated.insert(op);
    };
    for (Value value : used)
      visit(visit, value);
  }

  void outline(func::FuncOp function, scf::ParallelOp loop, unsigned number) {
    SetVector<Value> captures;
    SetVector<Operation *> repeated;
    findCaptures(loop, captures, repeated);
    LLVMTypeConverter converter(&getContext());
    SmallVector<Type> fields;
    for (Value value : captures)
      fields.push_back(converter.convertType(value.getType()));
    auto record = LLVM::LLVMStructType::getLiteral(&getContext(), fields);
    func::FuncOp body =
        createBody(function, loop, number, captures, repeated, record);
    callBody(function, loop, body, captures, record);
    loop.erase();
  }

  Value fieldAddress(OpBuilder &b, Location loc, LLVM::LLVMStructType record,
                     Value address, size_t i) {
    return LLVM::GEPOp::create(
        b, loc, pointer, record, address,
        ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(i)});
  }

  func::FuncOp createBody(func::FuncOp function, scf::ParallelOp loop,
                          unsigned number, const SetVector<Value> &captures,
                          const SetVector<Operation *> &repeated,
                          LLVM::LLVMStructType record) {
    Location loc = loop.getLoc();
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(function);
    auto body = func::FuncOp::create(
        b, loc, (function.getSymName() + "_body" + Twine(number)).str(),
        bodyType);
    body.setPrivate();
    Block *entry = body.addEntryBlock();
    b.setInsertionPointToStart(entry);

    IRMapping copies;
    for (auto [i, value] : llvm::enumerate(captures)) {
      Type type = record.getBody()[i];
      Value field = LLVM::LoadOp::create(
          b, loc, type,
          fieldAddress(b, loc, record, entry->getArgument(0), i));
      if (type != value.getType())
        field = UnrealizedConversionCastOp::create(b, loc, value.getType(),
                                                   field)
                    .getResult(0);
      copies.map(value, field);
    }
    for (Operation *op : repeated)
      b.clone(*op, copies);

    auto toIndex = [&](Value value) {
      return arith::IndexCastOp::create(b, loc, index, value).getResult();
    };
    Value begin = toIndex(entry->getArgument(1));
    Value end = toIndex(entry->getArgument(2));
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    auto turns = scf::ForOp::create(b, loc, begin, end, one);
    func::ReturnOp::create(b, loc);
    b.setInsertionPointToStart(turns.getBody());
    Value position = arith::MulIOp::create(b, loc, turns.getInductionVar(),
                                           copies.lookup(loop.getStep()[0]));
    position = arith::AddIOp::create(
        b, loc, position, copies.lookup(loop.getLowerBound()[0]));
    copies.map(loop.getInductionVars()[0], position);
    for (Operation &op : loop.getBody()->without_terminator())
      b.clone(op, copies);
    // A loop would take more of the stack each time around.
    SmallVector<memref::AllocaOp> scratch;
    turns.walk([&](memref::AllocaOp op) {
      if (op.getType().hasStaticShape())
        scratch.push_back(op);
    });
    for (memref::AllocaOp op : scratch)
      op->moveBefore(entry, entry->begin());
    return body;
  }

  void callBody(func::FuncOp function, scf::ParallelOp loop, func::FuncOp body,
                const SetVector<Value> &captures, LLVM::LLVMStructType record) {
    Location loc = loop.getLoc();
    auto atStart = OpBuilder::atBlockBegin(&function.getBody().front());
    Value one = LLVM::ConstantOp::create(atStart, loc, i64, 1);
    Value memory = LLVM::AllocaOp::create(atStart, loc, pointer, record, one);
    OpBuilder b(loop);
    for (auto [i, value] : llvm::enumerate(captures)) {
      Value field = value;
      if (Type type = record.getBody()[i]; type != value.getType())
        field = UnrealizedConversionCastOp::create(b, loc, type, value)
                    .getResult(0);
      LLVM::StoreOp::create(b, loc, field,
                            fieldAddress(b, loc, record, memory, i));
    }
    Value extent = arith::SubIOp::create(b, loc, loop.getUpperBound()[0],
                                         loop.getLowerBound()[0]);
    Value count =
        arith::CeilDivSIOp::create(b, loc, extent, loop.getStep()[0]);
    count = arith::IndexCastOp::create(b, loc, i64, count);
    // An address of an llvm.func could not be taken: it is a func.func still.
    Value address = func::ConstantOp::create(
        b, loc, bodyType, FlatSymbolRefAttr::get(body.getSymNameAttr()));
    address = UnrealizedConversionCastOp::create(b, loc, pointer, address)
                  .getResult(0);
    func::CallOp::create(b, loc, parallelFor,
                         ValueRange{run, address, memory, count});
  }

  Type pointer, i64, index;
  FunctionType bodyType;
  func::FuncOp parallelFor;
  Value run;
};
} // namespace
