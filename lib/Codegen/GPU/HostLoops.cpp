//===- HostLoops.cpp - Loops over elements leave the host -----------------===//

#include "HostLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

/// What a kernel can do by itself.
static bool isArithmetic(Operation *op) {
  return isa<memref::LoadOp, memref::StoreOp, memref::SubViewOp, memref::CastOp,
             memref::DimOp>(op) ||
         isa<arith::ArithDialect, math::MathDialect, scf::SCFDialect>(
             op->getDialect());
}

static bool isLoopOverElements(Operation *op) {
  if (!isa<scf::ForOp, scf::ParallelOp>(op) || op->getNumResults())
    return false;
  bool touches = false;
  WalkResult inner = op->walk([&](Operation *op) {
    touches |= isa<memref::LoadOp, memref::StoreOp>(op);
    return isArithmetic(op) ? WalkResult::advance() : WalkResult::interrupt();
  });
  return touches && !inner.wasInterrupted();
}

static void outline(Operation *loop, SymbolTable &symbols) {
  SetVector<Value> used(loop->operand_begin(), loop->operand_end()), arguments,
      constants;
  getUsedValuesDefinedAbove(loop->getRegions(), used);
  for (Value value : used)
    (matchPattern(value, m_Constant()) ? constants : arguments).insert(value);

  OpBuilder b(loop);
  Location loc = loop->getLoc();
  auto type =
      b.getFunctionType(ValueRange(arguments.getArrayRef()).getTypes(), {});
  OpBuilder inner(loop->getContext());
  auto function = func::FuncOp::create(inner, loc, "loop", type);
  function.setPrivate();
  inner.setInsertionPointToStart(function.addEntryBlock());
  IRMapping mapping;
  mapping.map(arguments.getArrayRef(), function.getArguments());
  for (Value constant : constants)
    inner.clone(*constant.getDefiningOp(), mapping);
  inner.clone(*loop, mapping);
  func::ReturnOp::create(inner, loc);
  symbols.insert(function);
  func::CallOp::create(b, loc, function, arguments.getArrayRef());
  loop->erase();
}

void graphopt::outlineHostLoops(ModuleOp module) {
  SmallVector<Operation *> loops;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic())
      function.walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (!isLoopOverElements(op))
          return WalkResult::advance();
        loops.push_back(op);
        return WalkResult::skip();
      });
  SymbolTable symbols(module);
  for (Operation *loop : loops)
    outline(loop, symbols);
}
