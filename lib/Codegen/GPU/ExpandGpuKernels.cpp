//===- ExpandGpuKernels.cpp - A turn of a loop for each element -----------===//

#include "ElementLoops.h"
#include "graphopt/Codegen/GPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

namespace graphopt {
#define GEN_PASS_DEF_EXPANDGPUKERNELS
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

/// The indices of an extra at `at` in init.
static SmallVector<Value> extraIndices(AffineMap map, ValueRange at, LoopBuilder &b) {
  SmallVector<Value> indices;
  for (AffineExpr result : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    indices.push_back(dim ? at[dim.getPosition()] : b.index(0));
  }
  return indices;
}

/// What the body of `op` makes of `value`.
static Value applyEpilogue(EpilogueOp op, Value value, ValueRange at, LoopBuilder &b) {
  Block *body = op.getBody();
  IRMapping mapping;
  mapping.map(body->getArgument(0), value);
  for (auto [i, extra] : llvm::enumerate(op.getExtras()))
    mapping.map(body->getArgument(1 + i),
                memref::LoadOp::create(b, extra, extraIndices(op.getMap(i), at, b)));
  for (Operation &inner : body->without_terminator())
    b.clone(inner, mapping);
  return mapping.lookupOrDefault(body->getTerminator()->getOperand(0));
}

static LogicalResult expandKernel(EpilogueOp op) {
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
  memref::StoreOp::create(b, applyEpilogue(op, value, at, b), init, at);
  op->erase();
  return success();
}

namespace {
struct ExpandGpuKernels : graphopt::impl::ExpandGpuKernelsBase<ExpandGpuKernels> {
  using ExpandGpuKernelsBase::ExpandGpuKernelsBase;

  void runOnOperation() override {
    SmallVector<Operation *> kernels;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isa<EpilogueOp, PackOp, linalg::LinalgOp, memref::CopyOp>(op))
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
  static LogicalResult expand(Operation *op, IRRewriter &rewriter) {
    rewriter.setInsertionPoint(op);
    if (auto kernel = dyn_cast<EpilogueOp>(op))
      return expandKernel(kernel);
    if (isa<PackOp>(op))
      return op->emitOpError("has no form for GPUs");
    if (auto copy = dyn_cast<memref::CopyOp>(op)) {
      op = linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
      rewriter.setInsertionPoint(op);
    }
    if (failed(linalg::linalgOpToParallelLoops(rewriter, cast<linalg::LinalgOp>(op))))
      return op->emitOpError("does not become loops");
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace
