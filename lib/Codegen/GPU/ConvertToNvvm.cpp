//===- ConvertToNvvm.cpp - Kernels to the LLVM dialect --------------------===//

#include "graphopt/Codegen/GPU/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/GPUCommon/GPUCommonPass.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Transforms/DialectConversion.h"

namespace graphopt {
#define GEN_PASS_DEF_CONVERTTONVVM
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

/// Numbers of NVIDIA's address spaces.
static unsigned addressSpace(gpu::AddressSpace space) {
  switch (space) {
  case gpu::AddressSpace::Global:
    return 1;
  case gpu::AddressSpace::Workgroup:
    return 3;
  default:
    return 0;
  }
}

/// Descriptions of tensors lie in a kernel's parameters; barriers that count, in shared memory.
static void addConversions(LLVMTypeConverter &converter) {
  converter.addConversion([](nvgpu::TensorMapDescriptorType type) -> Type {
    return LLVM::LLVMPointerType::get(type.getContext());
  });
  converter.addConversion([&](nvgpu::MBarrierGroupType type) -> Type {
    return converter.convertType(nvgpu::getMBarrierMemrefType(&converter.getContext(), type));
  });
}

/// A parameter of so many bytes itself, where the kernel has its address.
static void passByValue(LLVM::LLVMFuncOp kernel, unsigned argument) {
  constexpr int64_t kBytes = 128, kAlignment = 64; // of a CUtensorMap
  Builder b(kernel.getContext());
  kernel.setArgAttr(argument, LLVM::LLVMDialect::getByValAttrName(),
                    TypeAttr::get(LLVM::LLVMArrayType::get(b.getI8Type(), kBytes)));
  kernel.setArgAttr(argument, LLVM::LLVMDialect::getAlignAttrName(),
                    b.getI64IntegerAttr(kAlignment));
  kernel.setArgAttr(argument, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
}

namespace {
/// A function of scalars that GPUs have as an instruction, or as a few.
template <typename Op, typename Intrinsic>
struct ToIntrinsic : ConvertOpToLLVMPattern<Op> {
  using ConvertOpToLLVMPattern<Op>::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<Intrinsic>(op, op.getType(), adaptor.getOperands());
    return success();
  }
};

struct ConvertToNvvm : graphopt::impl::ConvertToNvvmBase<ConvertToNvvm> {
  using ConvertToNvvmBase::ConvertToNvvmBase;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    LLVMTypeConverter converter(context);
    configureGpuToNVVMTypeConverter(converter);
    populateGpuMemorySpaceAttributeConversions(converter, addressSpace);
    addConversions(converter);
    RewritePatternSet patterns(context);
    // Unlike upstream's pass: math that the hardware has becomes LLVM's intrinsics,
    // not calls of NVIDIA's library.
    constexpr int kHardware = 10, kLibrary = 5, kRest = 1;
    patterns.add<ToIntrinsic<math::AbsFOp, LLVM::FAbsOp>, ToIntrinsic<math::CeilOp, LLVM::FCeilOp>,
                 ToIntrinsic<math::CopySignOp, LLVM::CopySignOp>,
                 ToIntrinsic<math::FloorOp, LLVM::FFloorOp>, ToIntrinsic<math::FmaOp, LLVM::FMAOp>,
                 ToIntrinsic<math::RoundEvenOp, LLVM::RoundEvenOp>,
                 ToIntrinsic<math::SqrtOp, LLVM::SqrtOp>,
                 ToIntrinsic<math::TruncOp, LLVM::FTruncOp>>(converter, kHardware);
    populateGpuToNVVMConversionPatterns(converter, patterns, PatternBenefit(kLibrary));
    populateGpuSubgroupReduceOpLoweringPattern(converter, patterns, PatternBenefit(kLibrary));
    populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/true,
                                         PatternBenefit(kRest));
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    populateNVGPUToNVVMConversionPatterns(converter, patterns);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);

    llvm::StringMap<unsigned> maps; // of each kernel, its last arguments
    for (auto kernel : getOperation().getOps<gpu::GPUFuncOp>())
      maps[kernel.getName()] = llvm::count_if(kernel.getArgumentTypes(), [](Type type) {
        return isa<nvgpu::TensorMapDescriptorType>(type);
      });
    LLVMConversionTarget target(*context);
    target.addLegalDialect<NVVM::NVVMDialect>();
    target.addIllegalDialect<gpu::GPUDialect>();
    target.addLegalOp<gpu::GPUModuleOp>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<LLVM::LLVMFuncOp>())
      for (unsigned i = 0; i < maps.lookup(kernel.getName()); ++i)
        passByValue(kernel, kernel.getNumArguments() - 1 - i);
    for (auto memory : getOperation().getOps<LLVM::GlobalOp>())
      if (auto type = dyn_cast<LLVM::LLVMArrayType>(memory.getType());
          type && type.getNumElements() == 0)
        placeDynamic(memory);
  }

private:
  /// Memory that the launch gives is external: as upstream leaves it, it would be a byte of the
  /// kernel's own, with the rest behind it.
  static void placeDynamic(LLVM::GlobalOp memory) {
    constexpr uint64_t kPatternBytes = 1024; // which wgmma reads
    memory.setLinkage(LLVM::Linkage::External);
    memory.setAlignment(kPatternBytes);
  }
};
} // namespace
