//===- RetypeHalfFloats.cpp - f16 and bf16 travel as i16 ------------------===//

#include "../Common/PassCpu.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"

namespace graphopt {
#define GEN_PASS_DEF_RETYPEHALFFLOATS
#include "graphopt/Codegen/CPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

/// Instructions on bf16 take and give it by that name.
static void keepBFloat16(LLVM::CallIntrinsicOp op) {
  if (!op.getIntrin().contains("bf16"))
    return;
  auto isInteger = [](Type type) {
    auto vector = dyn_cast<VectorType>(type);
    return vector && vector.getElementType().isInteger(16);
  };
  OpBuilder b(op);
  Type half = b.getBF16Type();
  for (OpOperand &operand : op->getOpOperands())
    if (Type type = operand.get().getType(); isInteger(type))
      operand.set(LLVM::BitcastOp::create(b, op.getLoc(), cast<VectorType>(type).clone(half),
                                          operand.get()));
  b.setInsertionPointAfter(op);
  for (Value result : op->getResults()) {
    Type type = result.getType();
    if (!isInteger(type))
      continue;
    result.setType(cast<VectorType>(type).clone(half));
    auto integers = LLVM::BitcastOp::create(b, op.getLoc(), type, result);
    result.replaceAllUsesExcept(integers, integers);
  }
}

namespace {
struct RetypeHalfFloats
    : graphopt::impl::RetypeHalfFloatsBase<RetypeHalfFloats> {
  using RetypeHalfFloatsBase::RetypeHalfFloatsBase;

  LogicalResult initialize(MLIRContext *context) override {
    return graphopt::findPassCpu(context, cpu, model);
  }

  bool isRetyped(Type type) const {
    Type element = getElementTypeOrSelf(type);
    return element.isBF16() || (element.isF16() && !model.halfConversion);
  }

  void runOnOperation() override {
    // Arithmetic on these types would become arithmetic on integers.
    WalkResult walked = getOperation()->walk([&](Operation *op) {
      bool touches = llvm::any_of(op->getResultTypes(),
                                  [&](Type type) { return isRetyped(type); }) ||
                     llvm::any_of(op->getOperandTypes(),
                                  [&](Type type) { return isRetyped(type); });
      if (!touches || !isa<LLVM::FAddOp, LLVM::FCmpOp, LLVM::FDivOp,
                           LLVM::FMulOp, LLVM::FNegOp, LLVM::FPExtOp,
                           LLVM::FPToSIOp, LLVM::FPToUIOp, LLVM::FPTruncOp,
                           LLVM::FRemOp, LLVM::FSubOp, LLVM::SIToFPOp,
                           LLVM::UIToFPOp>(op))
        return WalkResult::advance();
      op->emitOpError("computes on a type that the CPU lacks");
      return WalkResult::interrupt();
    });
    if (walked.wasInterrupted())
      return signalPassFailure();

    Type integer = IntegerType::get(&getContext(), 16);
    AttrTypeReplacer replacer;
    replacer.addReplacement([&](FloatType type) -> std::optional<Type> {
      return isRetyped(type) ? integer : Type(type);
    });
    replacer.addReplacement([&](FloatAttr attr) -> std::optional<Attribute> {
      if (!isRetyped(attr.getType()))
        return std::nullopt;
      return IntegerAttr::get(integer, attr.getValue().bitcastToAPInt());
    });
    replacer.addReplacement(
        [&](DenseElementsAttr attr) -> std::optional<Attribute> {
          if (!isRetyped(attr.getElementType()))
            return std::nullopt;
          return attr.bitcast(integer);
        });
    replacer.recursivelyReplaceElementsIn(getOperation(), /*replaceAttrs=*/true,
                                          /*replaceLocs=*/false,
                                          /*replaceTypes=*/true);
    getOperation()->walk(keepBFloat16);
    // Between two integers now.
    getOperation()->walk([](LLVM::BitcastOp cast) {
      if (cast.getArg().getType() != cast.getType())
        return;
      cast.replaceAllUsesWith(cast.getArg());
      cast.erase();
    });
  }

  graphopt::CpuModel model;
};
} // namespace
