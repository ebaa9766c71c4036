//===- BindDevice.cpp - The host asks the runtime for what the GPU does ---===//

#include "graphopt/Codegen/GPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/DialectConversion.h"

namespace graphopt {
#define GEN_PASS_DEF_BINDDEVICE
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using LLVM::LLVMFuncOp;

/// Of declared functions that get the run and may fail, see graphopt-bind-runtime.
static constexpr StringRef kRuntimeAttr = "graphopt.runtime";

static LLVMFuncOp declare(Operation *user, StringRef name, Type result, ArrayRef<Type> arguments) {
  auto module = user->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<LLVMFuncOp>(name))
    return known;
  auto b = OpBuilder::atBlockEnd(module.getBody());
  auto function = LLVMFuncOp::create(b, module.getLoc(), name,
                                     LLVM::LLVMFunctionType::get(result, arguments));
  function->setAttr(kRuntimeAttr, b.getUnitAttr());
  return function;
}

/// Of a kernel among those of its module, as the driver is asked for them.
static int32_t findNumber(gpu::LaunchFuncOp launch) {
  auto module = launch->getParentOfType<ModuleOp>();
  auto kernels = module.lookupSymbol<gpu::GPUModuleOp>(launch.getKernelModuleName());
  int32_t number = 0;
  for (auto function : kernels.getOps<LLVMFuncOp>()) {
    if (function.getName() == launch.getKernelName())
      return number;
    number += function->hasAttr(gpu::GPUDialect::getKernelFuncAttrName());
  }
  return -1;
}

static Value constantOf(OpBuilder &b, Location loc, unsigned bits, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, b.getIntegerType(bits), value);
}

namespace {
/// gpu.launch_func  =>  graphopt_cuda_launch(kernel, blocks, threads, shared, arguments, count)
///
/// Each argument takes 8 bytes of an array; memrefs are taken apart as the kernel's
/// own arguments are.
struct BindLaunch : ConvertOpToLLVMPattern<gpu::LaunchFuncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::LaunchFuncOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    int32_t number = findNumber(op);
    if (number < 0)
      return rewriter.notifyMatchFailure(op, "there is no such kernel");
    Location loc = op.getLoc();
    SmallVector<Value> arguments;
    for (auto [value, converted] : llvm::zip(op.getKernelOperands(), adaptor.getKernelOperands()))
      if (auto type = dyn_cast<MemRefType>(value.getType()))
        MemRefDescriptor::unpack(rewriter, loc, converted, type, arguments);
      else
        arguments.push_back(converted);

    Type pointer = LLVM::LLVMPointerType::get(getContext()), i64 = rewriter.getI64Type(),
         i32 = rewriter.getI32Type();
    Value array = makeArray(op, arguments.size(), rewriter);
    for (auto [i, value] : llvm::enumerate(arguments)) {
      Value slot = LLVM::GEPOp::create(rewriter, loc, pointer, i64, array,
                                       ArrayRef<LLVM::GEPArg>{int32_t(i)});
      LLVM::StoreOp::create(rewriter, loc, value, slot);
    }
    Value shared = adaptor.getDynamicSharedMemorySize();
    if (!shared)
      shared = constantOf(rewriter, loc, 32, 0);
    LLVMFuncOp launch =
        declare(op, "graphopt_cuda_launch", LLVM::LLVMVoidType::get(getContext()),
                {i32, i64, i64, i32, pointer, i32});
    LLVM::CallOp::create(rewriter, loc, launch,
                         {constantOf(rewriter, loc, 32, number), adaptor.getGridSizeX(),
                          adaptor.getBlockSizeX(), shared, array,
                          constantOf(rewriter, loc, 32, arguments.size())});
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// On the stack, once for all turns of a loop.
  Value makeArray(Operation *op, size_t count, ConversionPatternRewriter &rewriter) const {
    OpBuilder::InsertionGuard guard(rewriter);
    Region *body = op->getParentRegion();
    while (!isa<FunctionOpInterface>(body->getParentOp()))
      body = body->getParentRegion();
    rewriter.setInsertionPointToStart(&body->front());
    return LLVM::AllocaOp::create(rewriter, op->getLoc(),
                                  LLVM::LLVMPointerType::get(getContext()), rewriter.getI64Type(),
                                  constantOf(rewriter, op->getLoc(), 64, std::max<size_t>(count, 1)));
  }
};

/// A scalar of at most 8 bytes as bits, and back.
static Value toBits(Value value, OpBuilder &b) {
  Location loc = value.getLoc();
  unsigned bits = value.getType().getIntOrFloatBitWidth();
  if (isa<FloatType>(value.getType()))
    value = LLVM::BitcastOp::create(b, loc, b.getIntegerType(bits), value);
  return bits == 64 ? value : LLVM::ZExtOp::create(b, loc, b.getI64Type(), value).getResult();
}
static Value fromBits(Value value, Type type, OpBuilder &b) {
  Location loc = value.getLoc();
  unsigned bits = type.getIntOrFloatBitWidth();
  if (bits != 64)
    value = LLVM::TruncOp::create(b, loc, b.getIntegerType(bits), value);
  return isa<FloatType>(type) ? LLVM::BitcastOp::create(b, loc, type, value).getResult() : value;
}

static Value bytesOf(Type element, Location loc, OpBuilder &b) {
  return constantOf(b, loc, 64, llvm::divideCeil(element.getIntOrFloatBitWidth(), 8));
}

/// memref.load  =>  graphopt_cuda_read(address, bytes): waits for the GPU
struct BindLoad : ConvertOpToLLVMPattern<memref::LoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type pointer = LLVM::LLVMPointerType::get(getContext()), i64 = rewriter.getI64Type();
    Value address = getStridedElementPtr(rewriter, loc, op.getMemRefType(), adaptor.getMemref(),
                                         adaptor.getIndices());
    Type type = getTypeConverter()->convertType(op.getType());
    auto read = LLVM::CallOp::create(rewriter, loc,
                                     declare(op, "graphopt_cuda_read", i64, {pointer, i64}),
                                     ValueRange{address, bytesOf(type, loc, rewriter)});
    rewriter.replaceOp(op, fromBits(read.getResult(), type, rewriter));
    return success();
  }
};

/// memref.store  =>  graphopt_cuda_write(address, value, bytes)
struct BindStore : ConvertOpToLLVMPattern<memref::StoreOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type pointer = LLVM::LLVMPointerType::get(getContext()), i64 = rewriter.getI64Type();
    Value address = getStridedElementPtr(rewriter, loc, op.getMemRefType(), adaptor.getMemref(),
                                         adaptor.getIndices());
    Value bytes = bytesOf(adaptor.getValue().getType(), loc, rewriter);
    LLVM::CallOp::create(
        rewriter, loc,
        declare(op, "graphopt_cuda_write", LLVM::LLVMVoidType::get(getContext()),
                {pointer, i64, i64}),
        ValueRange{address, toBits(adaptor.getValue(), rewriter), bytes});
    rewriter.eraseOp(op);
    return success();
  }
};

struct BindDevice : graphopt::impl::BindDeviceBase<BindDevice> {
  using BindDeviceBase::BindDeviceBase;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    LLVMTypeConverter converter(context);
    RewritePatternSet patterns(context);
    patterns.add<BindLaunch, BindLoad, BindStore>(converter);
    ConversionTarget target(*context);
    target.addLegalDialect<LLVM::LLVMDialect>();
    target.addLegalOp<UnrealizedConversionCastOp>();
    target.addIllegalOp<gpu::LaunchFuncOp, memref::LoadOp, memref::StoreOp>();
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
