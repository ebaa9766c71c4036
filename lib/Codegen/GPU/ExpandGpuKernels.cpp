//===- ExpandGpuKernels.cpp - A turn of a loop for each element -----------===//

#include "ElementLoops.h"
#include "ElementRuns.h"
#include "ExpandAttention.h"
#include "ExpandDepthwise.h"
#include "ExpandProduct.h"
#include "ExpandRows.h"
#include "ExpandTranspose.h"
#include "GpuEpilogue.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Target/CodeTargets.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace graphopt {
#define GEN_PASS_DEF_EXPANDGPUKERNELS
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

/// Forms in which threads work together or share what they read; false if `op` has none.
static bool expandToBlocks(EpilogueOp op, ArrayRef<GpuModel> targets, Precision precision) {
  cuda::BlockBuilder b(op.getLoc(), op.getOperation());
  if (std::optional<cuda::Product> product = cuda::findProduct(op, b))
    return cuda::emitProduct(*product, targets, precision, b);
  if (auto conv = dyn_cast<DepthwiseConvOp>(op.getOperation()))
    return cuda::emitDepthwise(conv, targets.front(), b);
  if (auto attention = dyn_cast<AttentionOp>(op.getOperation()))
    return cuda::emitAttention(attention, targets.front(), precision, b);
  return false;
}

static LogicalResult expandKernel(EpilogueOp op, ArrayRef<GpuModel> targets,
                                  Precision precision) {
  if (expandToBlocks(op, targets, precision)) {
    op->erase();
    return success();
  }
  LoopBuilder b(op.getLoc(), op.getOperation());
  Value init = op.getInitValue();
  SmallVector<Value> ends;
  for (LoopBuilder::Size size : b.sizesOf(init))
    ends.push_back(b.index(size));
  SmallVector<Value> starts(ends.size(), b.index(0)), steps(ends.size(), b.index(1));
  auto loop = scf::ParallelOp::create(b, starts, ends, steps);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> at(loop.getInductionVars());
  Value value = graphopt::emitElement(op, at, b);
  if (!value)
    return op->emitOpError("has no form for GPUs");
  memref::StoreOp::create(b, cuda::applyEpilogue(op, value, at, b), init, at);
  op->erase();
  return success();
}

namespace {
struct ExpandGpuKernels : graphopt::impl::ExpandGpuKernelsBase<ExpandGpuKernels> {
  using ExpandGpuKernelsBase::ExpandGpuKernelsBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto gpus = findGpuModels(sm);
    if (!gpus)
      return emitError(UnknownLoc::get(context), llvm::toString(gpus.takeError()));
    targets = listCodeTargets(*gpus);
    auto found = findPrecision(precision);
    if (!found)
      return emitError(UnknownLoc::get(context), "no precision '" + precision + "'");
    rounding = *found;
    return success();
  }

  void runOnOperation() override {
    SmallVector<Operation *> kernels;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isa<EpilogueOp, PackOp, linalg::LinalgOp, memref::CopyOp, scf::ExecuteRegionOp>(op))
        return WalkResult::advance();
      kernels.push_back(op);
      return WalkResult::skip();
    });
    IRRewriter rewriter(&getContext());
    for (Operation *kernel : kernels)
      if (failed(expand(kernel, rewriter)))
        return signalPassFailure();
  }

private:
  LogicalResult expand(Operation *op, IRRewriter &rewriter) {
    rewriter.setInsertionPoint(op);
    if (auto kernel = dyn_cast<EpilogueOp>(op))
      return expandKernel(kernel, targets, rounding);
    if (isa<PackOp>(op))
      return op->emitOpError("has no form for GPUs");
    if (auto copy = dyn_cast<memref::CopyOp>(op)) {
      op = linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
      rewriter.setInsertionPoint(op);
    }
    cuda::BlockBuilder b(op->getLoc(), op);
    if (auto group = dyn_cast<scf::ExecuteRegionOp>(op)) {
      cuda::emitRows(llvm::to_vector(group.getRegion().getOps<linalg::LinalgOp>()), b);
      rewriter.eraseOp(op);
      return success();
    }
    if (cuda::reducesRows(cast<linalg::LinalgOp>(op))) {
      cuda::emitRows(cast<linalg::LinalgOp>(op), b);
      rewriter.eraseOp(op);
      return success();
    }
    if (cuda::emitTranspose(cast<linalg::LinalgOp>(op), b) ||
        cuda::emitRuns(cast<linalg::LinalgOp>(op), b)) {
      rewriter.eraseOp(op);
      return success();
    }
    if (failed(linalg::linalgOpToParallelLoops(rewriter, cast<linalg::LinalgOp>(op))))
      return op->emitOpError("does not become loops");
    rewriter.eraseOp(op);
    return success();
  }

  std::vector<GpuModel> targets;
  Precision rounding;
};
} // namespace
