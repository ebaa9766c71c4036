//===- LowerRuntimeCalls.cpp - kernel.call to calls of C functions --------===//

#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace graphopt {
#define GEN_PASS_DEF_LOWERRUNTIMECALLS
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;

/// Where the first element of `buffer` is.
static Value addressOf(OpBuilder &b, Location loc, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, buffer);
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || offset != 0) {
    Value start =
        memref::ExtractStridedMetadataOp::create(b, loc, buffer).getOffset();
    int64_t bytes =
        llvm::divideCeil(type.getElementType().isIndex()
                             ? 64
                             : type.getElementTypeBitWidth(),
                         8);
    Value width = arith::ConstantIndexOp::create(b, loc, bytes);
    address = arith::AddIOp::create(
        b, loc, address, arith::MulIOp::create(b, loc, start, width));
  }
  Value number =
      arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
  return LLVM::IntToPtrOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext()), number);
}

/// `type` in C.
static Type lowered(OpBuilder &b, Type type) {
  return isa<IndexType>(type) ? b.getI64Type() : type;
}

namespace {
struct LowerRuntimeCalls
    : graphopt::impl::LowerRuntimeCallsBase<LowerRuntimeCalls> {
  using LowerRuntimeCallsBase::LowerRuntimeCallsBase;

  void runOnOperation() override {
    SmallVector<kernel::CallOp> calls;
    getOperation().walk([&](kernel::CallOp call) { calls.push_back(call); });
    SymbolTable symbols(getOperation());
    for (kernel::CallOp call : calls)
      if (failed(lower(call, symbols)))
        return signalPassFailure();
  }

private:
  static LogicalResult lower(kernel::CallOp call, SymbolTable &symbols) {
    OpBuilder b(call);
    Location loc = call.getLoc();
    SmallVector<Value> operands;
    for (Value operand : call.getOperands()) {
      if (isa<MemRefType>(operand.getType()))
        operand = addressOf(b, loc, operand);
      else if (operand.getType().isIndex())
        operand = arith::IndexCastOp::create(b, loc, b.getI64Type(), operand);
      operands.push_back(operand);
    }
    SmallVector<Type> results;
    if (Type scalar = call.getScalarType())
      results.push_back(lowered(b, scalar));
    auto type =
        b.getFunctionType(llvm::to_vector(ValueRange(operands).getTypes()), results);
    func::FuncOp callee = declare(call, type, symbols);
    if (!callee)
      return call.emitOpError("calls a function of another type");
    auto lowered = func::CallOp::create(b, loc, callee, operands);
    if (!results.empty()) {
      Value result = lowered.getResult(0);
      if (call.getScalarType().isIndex())
        result = arith::IndexCastOp::create(b, loc, b.getIndexType(), result);
      call.getResult(0).replaceAllUsesWith(result);
    }
    call.erase();
    return success();
  }

  /// Null if there is one of another type.
  static func::FuncOp declare(kernel::CallOp call, FunctionType type,
                              SymbolTable &symbols) {
    if (Operation *earlier = symbols.lookup(call.getCallee())) {
      auto function = dyn_cast<func::FuncOp>(earlier);
      return function && function.getFunctionType() == type ? function
                                                            : func::FuncOp();
    }
    OpBuilder b(call.getContext());
    auto function =
        func::FuncOp::create(b, call.getLoc(), call.getCallee(), type);
    function.setPrivate();
    function->setAttr("graphopt.runtime", b.getUnitAttr());
    symbols.insert(function);
    return function;
  }
};
} // namespace
