//===- RoundFactors.cpp - Factors of f32 become halves where they are made ===//

#include "../Common/Constants.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Target/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/Endian.h"

namespace graphopt {
#define GEN_PASS_DEF_ROUNDFACTORS
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

/// Numbers of f32 as numbers of 16 bits, the nearest ones.
static void roundNumbers(FloatType half, ArrayRef<char> from, MutableArrayRef<char> to) {
  constexpr size_t kChunk = 1 << 16;
  size_t count = to.size() / 2;
  bool isSplat = from.size() == sizeof(float);
  auto roundOne = [&](size_t i) {
    uint32_t bits = llvm::support::endian::read32le(from.data() + (isSplat ? 0 : 4 * i));
    llvm::APFloat number(llvm::APFloat::IEEEsingle(), llvm::APInt(32, bits));
    bool losesInfo;
    number.convert(half.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
    llvm::support::endian::write16le(to.data() + 2 * i,
                                     uint16_t(number.bitcastToAPInt().getZExtValue()));
  };
  parallelFor(half.getContext(), 0, llvm::divideCeil(count, kChunk), [&](size_t chunk) {
    for (size_t i = chunk * kChunk; i < std::min(count, (chunk + 1) * kChunk); ++i)
      roundOne(i);
  });
}

namespace {
struct RoundFactors : graphopt::impl::RoundFactorsBase<RoundFactors> {
  using RoundFactorsBase::RoundFactorsBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto found = findPrecision(precision);
    if (!found)
      return emitError(UnknownLoc::get(context), "no precision '" + precision + "'");
    rounding = *found;
    return success();
  }

  void runOnOperation() override {
    if (rounding != Precision::F16 && rounding != Precision::BF16)
      return;
    half = rounding == Precision::F16 ? FloatType(Float16Type::get(&getContext()))
                                      : FloatType(BFloat16Type::get(&getContext()));
    getOperation().walk([&](EpilogueOp op) {
      Operation *kernel = op.getOperation();
      if (!isa<MatMulOp, ConvOp>(kernel) || op.getPacked() || !op.getValueType().isF32())
        return;
      for (OpOperand &factor : kernel->getOpOperands().take_front(2)) {
        auto type = dyn_cast<RankedTensorType>(factor.get().getType());
        if (type && type.getElementType().isF32())
          replaced.replace(factor, rounded(factor.get()));
      }
    });
    halves.clear();
    replaced.dropUnread(getOperation());
  }

private:
  RankedTensorType typeOf(Value value) {
    return cast<RankedTensorType>(value.getType()).clone(half);
  }

  /// The same for all that read it. What only moves numbers moves halves.
  Value rounded(Value value) {
    if (Value known = halves.lookup(value))
      return known;
    Value result = make(value);
    halves[value] = result;
    return result;
  }

  Value make(Value value) {
    Operation *maker = value.getDefiningOp();
    OpBuilder b(&getContext());
    b.setInsertionPointAfterValue(value);
    Location loc = value.getLoc();
    if (auto constant = dyn_cast_or_null<arith::ConstantOp>(maker))
      if (Value known = makeConstant(constant, b))
        return known;
    if (auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(maker))
      return tensor::ExpandShapeOp::create(b, loc, typeOf(value), rounded(expand.getSrc()),
                                           expand.getReassociationIndices(),
                                           expand.getMixedOutputShape());
    if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(maker))
      return tensor::CollapseShapeOp::create(b, loc, typeOf(value), rounded(collapse.getSrc()),
                                             collapse.getReassociationIndices());
    if (auto transpose = dyn_cast_or_null<linalg::TransposeOp>(maker))
      return linalg::TransposeOp::create(b, loc, rounded(transpose.getInput()), makeEmpty(value, b),
                                         transpose.getPermutation())
          ->getResult(0);
    if (auto pad = dyn_cast_or_null<tensor::PadOp>(maker))
      if (Value number = pad.getConstantPaddingValue())
        return tensor::PadOp::create(b, loc, typeOf(value), rounded(pad.getSource()),
                                     pad.getMixedLowPad(), pad.getMixedHighPad(),
                                     arith::TruncFOp::create(b, loc, half, number).getResult());
    AffineMap identity = b.getMultiDimIdentityMap(typeOf(value).getRank());
    return linalg::GenericOp::create(
               b, loc, typeOf(value), value, makeEmpty(value, b),
               ArrayRef<AffineMap>{identity, identity},
               SmallVector<utils::IteratorType>(typeOf(value).getRank(),
                                                utils::IteratorType::parallel),
               [&](OpBuilder &b, Location loc, ValueRange arguments) {
                 linalg::YieldOp::create(
                     b, loc,
                     arith::TruncFOp::create(b, loc, half, arguments.front()).getResult());
               })
        .getResult(0);
  }

  Value makeEmpty(Value value, OpBuilder &b) {
    return tensor::EmptyOp::create(b, value.getLoc(),
                                   tensor::getMixedSizes(b, value.getLoc(), value), half);
  }

  /// Null if its bytes cannot be read.
  Value makeConstant(arith::ConstantOp constant, OpBuilder &b) {
    auto elements = dyn_cast<ElementsAttr>(constant.getValue());
    bool isSplat;
    std::optional<ArrayRef<char>> bytes =
        elements ? getBytes(elements, isSplat) : std::nullopt;
    if (!bytes)
      return {};
    ElementsAttr made = graphopt::makeConstant(
        typeOf(constant), elements, "_" + precision,
        [&](MutableArrayRef<char> data) { roundNumbers(half, *bytes, data); });
    replaced.addOriginal(elements);
    ++numConstants;
    return arith::ConstantOp::create(b, constant.getLoc(), made);
  }

  Precision rounding = Precision::F32;
  FloatType half;
  DenseMap<Value, Value> halves;
  ReplacedConstants replaced;
};
} // namespace
