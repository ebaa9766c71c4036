//===- ApproximateMath.cpp - Math functions as vector arithmetic ----------===//

#include "../Common/PassCpu.h"
#include "VectorMath.h"
#include "graphopt/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "graphopt/Codegen/CPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

/// Functions for which MLIR has a polynomial in f32 within 5 units in the last
/// place.
static bool hasPolynomial(StringRef name) {
  return llvm::is_contained({"math.acos", "math.asin", "math.atan",
                             "math.atan2", "math.cbrt", "math.erfc",
                             "math.expm1", "math.log1p", "math.log2",
                             "math.tanh"},
                            name);
}

/// Functions of f32 that are short compositions of others.
static bool isComposed(StringRef name) {
  return llvm::is_contained({"math.acosh", "math.asinh", "math.atanh",
                             "math.clampf", "math.cosh", "math.exp2",
                             "math.fpowi", "math.rsqrt", "math.sinh",
                             "math.tan"},
                            name);
}

/// fma(x, y, z)  =>  x * y + z, or each lane is a call of libm on a CPU without
static LogicalResult splitFma(math::FmaOp op, PatternRewriter &rewriter) {
  Value product =
      arith::MulFOp::create(rewriter, op.getLoc(), op.getA(), op.getB());
  rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC());
  return success();
}

/// maximum(x, 0)  =>  0 > x ? 0 : x, an instruction of x86. NaN stays NaN, and -0
/// stays -0, for which a maximum takes another.
static LogicalResult compareWithZero(arith::MaximumFOp op,
                                     PatternRewriter &rewriter) {
  Value x = op.getLhs(), zero = op.getRhs();
  if (!matchPattern(zero, m_PosZeroFloat()))
    return rewriter.notifyMatchFailure(op, "is not with 0");
  Value isLess = arith::CmpFOp::create(rewriter, op.getLoc(),
                                       arith::CmpFPredicate::OGT, zero, x);
  rewriter.replaceOpWithNewOp<arith::SelectOp>(op, isLess, zero, x);
  return success();
}

/// int(roundeven(x)) is one instruction; of what does not fit both are undefined.
static LogicalResult roundToInteger(arith::FPToSIOp op, PatternRewriter &rewriter) {
  auto type = dyn_cast<VectorType>(op.getType());
  auto round = op.getIn().getDefiningOp<math::RoundEvenOp>();
  if (!type || !round || type.getRank() != 1 || type.isScalable() ||
      !type.getElementType().isInteger(32) ||
      !cast<VectorType>(round.getType()).getElementType().isF32())
    return rewriter.notifyMatchFailure(op, "is no vector of rounded f32");
  std::string lanes = "v" + std::to_string(type.getNumElements());
  rewriter.replaceOp(op, LLVM::CallIntrinsicOp::create(
                             rewriter, op.getLoc(), type,
                             rewriter.getStringAttr("llvm.lrint." + lanes + "i32." + lanes + "f32"),
                             round.getOperand()));
  return success();
}

namespace {
struct ApproximateMath
    : graphopt::impl::ApproximateMathBase<ApproximateMath> {
  using ApproximateMathBase::ApproximateMathBase;

  LogicalResult initialize(MLIRContext *context) override {
    return graphopt::findPassCpu(context, cpu, model);
  }

  void runOnOperation() override {
    widenHalfs();
    if (model.byteTables)
      graphopt::cpu::tabulateBytes(getOperation());
    if (model.fma)
      graphopt::cpu::roundQuotients(getOperation());
    RewritePatternSet patterns(&getContext());
    if (!model.fma)
      patterns.add(splitFma);
    patterns.add(compareWithZero);
    patterns.add(roundToInteger);
    graphopt::cpu::populateVectorMathPatterns(patterns, model);
    populateMathF32ExpansionPatterns(patterns, isComposed);
    populateMathPolynomialApproximationPatterns(patterns, hasPolynomial);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

private:
  /// f(x) on f16 or bf16  =>  truncate(f(extend(x))) on f32
  void widenHalfs() {
    SmallVector<Operation *> halfs;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_present<math::MathDialect>(op->getDialect()) &&
          op->getNumResults() == 1 && isHalf(op->getResult(0).getType()))
        halfs.push_back(op);
    });
    for (Operation *op : halfs) {
      OpBuilder builder(op);
      Location loc = op->getLoc();
      Type narrow = op->getResult(0).getType();
      Type wide = withElement(narrow, builder.getF32Type());
      for (OpOperand &operand : op->getOpOperands())
        if (isHalf(operand.get().getType()))
          operand.set(arith::ExtFOp::create(
              builder, loc,
              withElement(operand.get().getType(), builder.getF32Type()),
              operand.get()));
      op->getResult(0).setType(wide);
      builder.setInsertionPointAfter(op);
      auto truncated =
          arith::TruncFOp::create(builder, loc, narrow, op->getResult(0));
      op->getResult(0).replaceAllUsesExcept(truncated, truncated);
    }
  }

  static bool isHalf(Type type) {
    Type element = getElementTypeOrSelf(type);
    return element.isF16() || element.isBF16();
  }

  static Type withElement(Type type, Type element) {
    if (auto vector = dyn_cast<VectorType>(type))
      return vector.clone(element);
    return element;
  }

  graphopt::CpuModel model;
};
} // namespace
