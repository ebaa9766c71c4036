//===- ExpandKernels.cpp - kernel-expand ----------------------------------===//

#include "TileEmitter.h"
#include "../Common/PassCpu.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace graphopt {
#define GEN_PASS_DEF_EXPANDKERNELS
#include "graphopt/Codegen/CPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

/// What the emitters rely on and a packing for another CPU breaks.
static LogicalResult checkPanels(EpilogueOp op, const CpuModel &cpu) {
  if (!op.getPacked() && isa<AttentionOp, MatMulOp>(op.getOperation()))
    return success();
  if (!op.getPacked())
    return op->emitOpError("has weights that are not packed");
  int64_t columns =
      cast<MemRefType>(op.getInputs().back().getType()).getShape().back();
  auto matmul = dyn_cast<MatMulOp>(op.getOperation());
  auto conv = dyn_cast<ConvOp>(op.getOperation());
  int64_t interleave = matmul ? matmul.getInterleave() : conv ? conv.getInterleave() : 1;
  columns /= interleave;
  bool isFloat = isa<FloatType>(op.getValueType());
  bool hasPairs = isFloat ? cpu.dotBFloat16 : cpu.dotInt16;
  if (interleave != 1 && !(interleave == 2 ? hasPairs : cpu.dotInt8))
    return op->emitOpError("is packed for sums of ")
           << interleave << " products, which " << cpu.row << " lacks";
  int64_t lanes = cpu.lanes(op.getValueType().getIntOrFloatBitWidth());
  if (columns % lanes == 0)
    return success();
  return op->emitOpError("is packed in panels of ")
         << columns << " columns, but vectors of " << cpu.row << " have "
         << lanes << " lanes";
}

namespace {
struct ExpandKernels : graphopt::impl::ExpandKernelsBase<ExpandKernels> {
  using ExpandKernelsBase::ExpandKernelsBase;

  LogicalResult initialize(MLIRContext *context) override {
    return graphopt::findPassCpu(context, cpu, model);
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    EpilogueForm form = epilogue == "loop"     ? EpilogueForm::Loop
                        : epilogue == "unroll" ? EpilogueForm::Unroll
                                               : EpilogueForm::Auto;
    // Half of the cache: the rest is for the rows that pass by.
    int64_t most = panelBytes ? panelBytes : model.level2Bytes / 2;
    ExpandContext context{model, function.getBody().front(), form, most,
                          parallel};
    WalkResult result = function.walk([&](Operation *op) -> WalkResult {
      if (!isa<EpilogueOp, PackOp>(op))
        return WalkResult::advance();
      if (!cast<DestinationStyleOpInterface>(op).hasPureBufferSemantics())
        return op->emitOpError("must be bufferized before it is expanded");
      if (auto kernel = dyn_cast<EpilogueOp>(op)) {
        if (failed(checkPanels(kernel, model)))
          return WalkResult::interrupt();
      }
      if (auto attention = dyn_cast<AttentionOp>(op))
        emitAttention(attention, context);
      else if (auto matmul = dyn_cast<MatMulOp>(op))
        emitMatMul(matmul, context);
      else if (auto matmul = dyn_cast<GridMatMulOp>(op))
        emitGridMatMul(matmul, context);
      else if (auto conv = dyn_cast<ConvOp>(op))
        emitConv(conv, context);
      else if (auto conv = dyn_cast<DepthwiseConvOp>(op))
        emitDepthwiseConv(conv, context);
      else if (auto conv = dyn_cast<WinogradConvOp>(op))
        emitWinogradConv(conv, context);
      else
        emitPack(cast<PackOp>(op));
      op->erase();
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  CpuModel model;
};
} // namespace
