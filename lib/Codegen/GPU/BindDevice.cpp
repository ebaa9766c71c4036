//===- BindDevice.cpp - The host asks the runtime for what the GPU does ---===//

#include "graphopt/Codegen/GPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
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

/// On the stack, once for all turns of a loop: 8 bytes for each of so many values.
static Value makeArray(Operation *op, size_t count, OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  Region *body = op->getParentRegion();
  while (!isa<FunctionOpInterface>(body->getParentOp()))
    body = body->getParentRegion();
  b.setInsertionPointToStart(&body->front());
  return LLVM::AllocaOp::create(b, op->getLoc(), LLVM::LLVMPointerType::get(op->getContext()),
                                b.getI64Type(),
                                constantOf(b, op->getLoc(), 64, std::max<size_t>(count, 1)));
}

/// The address of `values`.
static Value store(Operation *op, ValueRange values, OpBuilder &b) {
  Type i64 = b.getI64Type();
  Value array = makeArray(op, values.size(), b);
  for (auto [i, value] : llvm::enumerate(values)) {
    Value slot = LLVM::GEPOp::create(b, op->getLoc(), array.getType(), i64, array,
                                     ArrayRef<LLVM::GEPArg>{int32_t(i)});
    LLVM::StoreOp::create(b, op->getLoc(), value, slot);
  }
  return array;
}

namespace {
/// gpu.launch_func  =>  graphopt_cuda_launch(kernel, blocks, threads, shared, arguments, count,
///                                           tensors)
///
/// Each argument takes 8 bytes of an array; memrefs are taken apart as the kernel's
/// own arguments are. So many of the last ones are tensors that the driver is to describe.
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
    Value shared = adaptor.getDynamicSharedMemorySize();
    if (!shared)
      shared = constantOf(rewriter, loc, 32, 0);
    LLVMFuncOp launch =
        declare(op, "graphopt_cuda_launch", LLVM::LLVMVoidType::get(getContext()),
                {i32, i64, i64, i32, pointer, i32, i32});
    size_t tensors = llvm::count_if(op.getKernelOperands().getTypes(), [](Type type) {
      return isa<nvgpu::TensorMapDescriptorType>(type);
    });
    LLVM::CallOp::create(rewriter, loc, launch,
                         {constantOf(rewriter, loc, 32, number), adaptor.getGridSizeX(),
                          adaptor.getBlockSizeX(), shared, store(op, arguments, rewriter),
                          constantOf(rewriter, loc, 32, arguments.size()),
                          constantOf(rewriter, loc, 32, tensors)});
    rewriter.eraseOp(op);
    return success();
  }
};

/// nvgpu.tma.create.descriptor  =>  the address of a graphopt_cuda_tensor
struct BindTensor : ConvertOpToLLVMPattern<nvgpu::TmaCreateDescriptorOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(nvgpu::TmaCreateDescriptorOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto cast = op.getTensor().getDefiningOp<memref::CastOp>();
    auto type = cast ? dyn_cast<MemRefType>(cast.getSource().getType()) : nullptr;
    if (!type)
      return rewriter.notifyMatchFailure(op, "of a memref of unknown rank");
    Location loc = op.getLoc();
    const LLVMTypeConverter *converter = getTypeConverter();
    MemRefDescriptor tensor(converter->materializeTargetConversion(
        rewriter, loc, converter->convertType(type), cast.getSource()));
    SmallVector<Value> values = {tensor.bufferPtr(rewriter, loc, *converter, type),
                                 constantOf(rewriter, loc, 64, type.getElementTypeBitWidth() / 8),
                                 constantOf(rewriter, loc, 64, type.getRank())};
    for (auto [i, box] : llvm::enumerate(adaptor.getBoxDimensions()))
      llvm::append_values(values, tensor.size(rewriter, loc, i), tensor.stride(rewriter, loc, i),
                          box);
    rewriter.replaceOp(op, store(op, values, rewriter));
    return success();
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
    converter.addConversion([](nvgpu::TensorMapDescriptorType type) -> Type {
      return LLVM::LLVMPointerType::get(type.getContext());
    });
    RewritePatternSet patterns(context);
    patterns.add<BindLaunch, BindLoad, BindStore, BindTensor>(converter);
    ConversionTarget target(*context);
    target.addLegalDialect<LLVM::LLVMDialect>();
    target.addLegalOp<UnrealizedConversionCastOp>();
    target.addIllegalOp<gpu::LaunchFuncOp, memref::LoadOp, memref::StoreOp,
                        nvgpu::TmaCreateDescriptorOp>();
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
