//===- VerifyStages.cpp - What a stage must hand over ---------------------===//

#include "graphopt/Codegen/Common/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace graphopt {
#define GEN_PASS_DEF_VERIFYLLVM
#define GEN_PASS_DEF_VERIFYMEMORY
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

/// A tensor among the types of `op` or of its blocks.
static bool hasTensor(Operation *op) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  if (llvm::any_of(op->getResultTypes(), isTensor))
    return true;
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (llvm::any_of(block.getArgumentTypes(), isTensor))
        return true;
  return false;
}

namespace {
struct VerifyMemory : graphopt::impl::VerifyMemoryBase<VerifyMemory> {
  using VerifyMemoryBase::VerifyMemoryBase;

  void runOnOperation() override {
    bool isGood = true;
    auto fail = [&](Operation *op, const Twine &message) {
      op->emitError("at the end of stage memory: ") << message;
      isGood = false;
    };
    getOperation()->walk([&](Operation *op) {
      if (hasTensor(op))
        fail(op, "still works on tensors");
    });
    if (!isGood)
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};

struct VerifyLLVM : graphopt::impl::VerifyLLVMBase<VerifyLLVM> {
  using VerifyLLVMBase::VerifyLLVMBase;

  void runOnOperation() override {
    bool isGood = true;
    auto fail = [&](Operation *op, const Twine &message) {
      op->emitError("at the end of stage llvm: ") << message;
      isGood = false;
    };
    getOperation()->walk([&](Operation *op) {
      if (op == getOperation().getOperation())
        return;
      bool isKernels = isa<gpu::GPUModuleOp>(op);
      bool isOfKernel = isa_and_present<NVVM::NVVMDialect>(op->getDialect()) &&
                        op->getParentOfType<gpu::GPUModuleOp>();
      if (!isa_and_present<LLVM::LLVMDialect>(op->getDialect()) && !isKernels && !isOfKernel)
        fail(op, "is not of the LLVM dialect");
      // LLVM IR would get a poison value instead of a declaration; right for memory
      // that a block of a kernel shares.
      if (auto global = dyn_cast<LLVM::GlobalOp>(op))
        if (!global.getValueOrNull() && global.getInitializerRegion().empty() &&
            global.getLinkage() != LLVM::Linkage::External &&
            !global->getParentOfType<gpu::GPUModuleOp>())
          fail(op, "has no value and is not external");
    });
    if (!isGood)
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
