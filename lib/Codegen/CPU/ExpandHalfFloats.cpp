//===- ExpandHalfFloats.cpp - Conversions of f16 and bf16 as arithmetic ---===//

#include "../Common/PassCpu.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_EXPANDHALFFLOATS
#include "graphopt/Codegen/CPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

static bool isHalf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// f64 to half and back  =>  through f32
template <typename Op>
static LogicalResult splitConversion(Op op, PatternRewriter &rewriter) {
  Type from = op.getIn().getType(), to = op.getType();
  if (!(isHalf(from) && getElementTypeOrSelf(to).isF64()) &&
      !(isHalf(to) && getElementTypeOrSelf(from).isF64()))
    return rewriter.notifyMatchFailure(op, "is not between f64 and a half");
  Value middle = Op::create(rewriter, op.getLoc(),
                            withElement(to, rewriter.getF32Type()), op.getIn());
  rewriter.replaceOpWithNewOp<Op>(op, to, middle);
  return success();
}

/// integer to half  =>  through f32
template <typename Op>
static LogicalResult splitFromInteger(Op op, PatternRewriter &rewriter) {
  if (!isHalf(op.getType()))
    return rewriter.notifyMatchFailure(op, "is not to a half");
  Value middle =
      Op::create(rewriter, op.getLoc(),
                 withElement(op.getType(), rewriter.getF32Type()), op.getIn());
  rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), middle);
  return success();
}

/// half to integer  =>  through f32
template <typename Op>
static LogicalResult splitToInteger(Op op, PatternRewriter &rewriter) {
  Type from = op.getIn().getType();
  if (!isHalf(from))
    return rewriter.notifyMatchFailure(op, "is not from a half");
  Value middle = arith::ExtFOp::create(
      rewriter, op.getLoc(), withElement(from, rewriter.getF32Type()),
      op.getIn());
  rewriter.replaceOpWithNewOp<Op>(op, op.getType(), middle);
  return success();
}

namespace {
/// Arithmetic on the bits of f32, scalar or vector.
class BitBuilder : public ImplicitLocOpBuilder {
public:
  BitBuilder(Operation *op, OpBuilder &builder)
      : ImplicitLocOpBuilder(op->getLoc(), builder),
        shape(op->getResult(0).getType()),
        i16(withElement(shape, getI16Type())),
        i32(withElement(shape, getI32Type())),
        f32(withElement(shape, getF32Type())) {}

  Value bits(uint32_t value) {
    IntegerAttr attr = getI32IntegerAttr(int32_t(value));
    if (auto vector = dyn_cast<VectorType>(i32))
      return arith::ConstantOp::create(*this, DenseElementsAttr::get(vector, attr));
    return arith::ConstantOp::create(*this, attr);
  }
  Value toBits(Value x) { return arith::BitcastOp::create(*this, i32, x); }
  Value toFloat(Value x) { return arith::BitcastOp::create(*this, f32, x); }
  Value add(Value x, Value y) { return arith::AddIOp::create(*this, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(*this, x, y); }
  Value land(Value x, uint32_t y) {
    return arith::AndIOp::create(*this, x, bits(y));
  }
  Value lor(Value x, Value y) { return arith::OrIOp::create(*this, x, y); }
  Value lxor(Value x, Value y) { return arith::XOrIOp::create(*this, x, y); }
  Value shiftLeft(Value x, uint32_t by) {
    return arith::ShLIOp::create(*this, x, bits(by));
  }
  Value shiftRight(Value x, uint32_t by) {
    return arith::ShRUIOp::create(*this, x, bits(by));
  }
  Value isLess(Value x, uint32_t y) {
    return arith::CmpIOp::create(*this, arith::CmpIPredicate::ult, x, bits(y));
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(*this, condition, x, y);
  }

  Type shape, i16, i32, f32;
};
} // namespace

// Exponents as bits of f32: f16's largest + 1, its least normal, its infinity
// when the mantissa is moved up by 13.
static constexpr uint32_t kOverflow = (127 + 16) << 23;
static constexpr uint32_t kLeastNormal = (127 - 14) << 23;
static constexpr uint32_t kMovedInfinity = 0x1f << 23;

/// extf f16 to f32: the bits moved up are the value divided by 2^112; the
/// multiplication is exact and also normalizes what is subnormal in f16.
static LogicalResult expandHalfExtension(arith::ExtFOp op,
                                         PatternRewriter &rewriter) {
  if (!getElementTypeOrSelf(op.getIn()).isF16() ||
      !getElementTypeOrSelf(op.getType()).isF32())
    return rewriter.notifyMatchFailure(op, "is not from f16 to f32");
  BitBuilder b(op, rewriter);
  Value half = arith::ExtUIOp::create(
      b, b.i32, arith::BitcastOp::create(b, b.i16, op.getIn()));
  Value moved = b.shiftLeft(b.land(half, 0x7fff), 13);
  Value scale = b.toFloat(b.bits((127 + 112) << 23));
  Value scaled = b.toBits(arith::MulFOp::create(b, b.toFloat(moved), scale));
  // Infinities and NaNs keep their mantissa under f32's exponent.
  Value special = b.lor(moved, b.bits(0x7f800000));
  Value magnitude = b.select(b.isLess(moved, kMovedInfinity), scaled, special);
  Value sign = b.shiftLeft(b.land(half, 0x8000), 16);
  rewriter.replaceOp(op, b.toFloat(b.lor(magnitude, sign)));
  return success();
}

/// truncf f32 to f16, to nearest, ties to even.
static LogicalResult expandHalfTruncation(arith::TruncFOp op,
                                          PatternRewriter &rewriter) {
  if (!getElementTypeOrSelf(op.getIn()).isF32() ||
      !getElementTypeOrSelf(op.getType()).isF16())
    return rewriter.notifyMatchFailure(op, "is not from f32 to f16");
  BitBuilder b(op, rewriter);
  Value bits = b.toBits(op.getIn());
  Value sign = b.land(bits, 0x80000000);
  Value magnitude = b.lxor(bits, sign);

  // Too large is infinity; a NaN becomes a quiet one.
  Value isNumber = b.isLess(magnitude, 0x7f800001);
  Value large = b.select(isNumber, b.bits(0x7c00), b.bits(0x7e00));
  // Subnormal: the adder rounds at the place of f16's last bit.
  constexpr uint32_t kRounder = (127 - 14 + 13) << 23;
  Value rounded = arith::AddFOp::create(b, b.toFloat(magnitude),
                                        b.toFloat(b.bits(kRounder)));
  Value small = b.sub(b.toBits(rounded), b.bits(kRounder));
  // Normal: move the exponent and round half of the last place, to even.
  Value isOdd = b.land(b.shiftRight(magnitude, 13), 1);
  Value moved = b.add(magnitude, b.bits(uint32_t(15 - 127) << 23));
  Value normal =
      b.shiftRight(b.add(b.add(moved, b.bits(0xfff)), isOdd), 13);

  Value half = b.select(b.isLess(magnitude, kLeastNormal), small, normal);
  half = b.select(b.isLess(magnitude, kOverflow), half, large);
  half = b.lor(half, b.shiftRight(sign, 16));
  Value narrow = arith::TruncIOp::create(b, b.i16, half);
  rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), narrow);
  return success();
}

/// truncf of a whole vector from f32 to bf16, where an instruction does it.
static LogicalResult truncateToBFloat16(arith::TruncFOp op, PatternRewriter &rewriter) {
  auto from = dyn_cast<VectorType>(op.getIn().getType());
  if (!from || !from.getElementType().isF32() || !getElementTypeOrSelf(op.getType()).isBF16() ||
      from.getRank() != 1 || (from.getDimSize(0) != 16 && from.getDimSize(0) != 8))
    return rewriter.notifyMatchFailure(op, "is not of a vector of f32 to bf16");
  std::string name = "llvm.x86.avx512bf16.cvtneps2bf16." + std::to_string(32 * from.getDimSize(0));
  rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(op, op.getType(), rewriter.getStringAttr(name),
                                                     op.getIn());
  return success();
}

namespace {
struct ExpandHalfFloats
    : graphopt::impl::ExpandHalfFloatsBase<ExpandHalfFloats> {
  using ExpandHalfFloatsBase::ExpandHalfFloatsBase;

  LogicalResult initialize(MLIRContext *context) override {
    return graphopt::findPassCpu(context, cpu, model);
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(splitConversion<arith::ExtFOp>);
    patterns.add(splitConversion<arith::TruncFOp>);
    patterns.add(splitFromInteger<arith::SIToFPOp>);
    patterns.add(splitFromInteger<arith::UIToFPOp>);
    patterns.add(splitToInteger<arith::FPToSIOp>);
    patterns.add(splitToInteger<arith::FPToUIOp>);
    arith::populateExpandBFloat16Patterns(patterns);
    if (model.dotBFloat16 && StringRef(model.triple).starts_with("x86_64"))
      patterns.add(truncateToBFloat16, /*benefit=*/2);
    if (!model.halfConversion) {
      patterns.add(expandHalfExtension);
      patterns.add(expandHalfTruncation);
    }
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

  graphopt::CpuModel model;
};
} // namespace
