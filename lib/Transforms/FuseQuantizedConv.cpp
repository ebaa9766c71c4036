#include "Attention.h"
#include "ConstantSubgraph.h"
#include "FuseQuantized.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool isScalar(Value value) {
  return typeOf(value).hasStaticShape() && typeOf(value).getNumElements() == 1;
}

/// One number as a tensor of rank 0.
static Value asScalar(OpBuilder &b, Value value) {
  int64_t rank = typeOf(value).getRank();
  if (rank == 0)
    return value;
  return SqueezeOp::create(b, value.getLoc(), value, llvm::to_vector(llvm::seq<int64_t>(0, rank)));
}

bool graphopt::isUnsigned(Value value) {
  return typeOf(value).getElementType().isUnsignedInteger();
}

bool graphopt::isEach(Value value, uint8_t number) {
  DenseIntElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)))
    return llvm::all_of(elements, [&](const APInt &x) { return x == APInt(x.getBitWidth(), number); });
  std::optional<ArrayRef<char>> bytes = getBlobBytes(value);
  return bytes && (number == 0 || typeOf(value).getElementType().isInteger(8)) &&
         llvm::all_of(*bytes, [&](char byte) { return uint8_t(byte) == number; });
}

/// True if `value` is `scale` times each of `scales`, as a product or as constants.
static bool isProduct(Value value, Value scale, Value scales) {
  if (auto product = value.getDefiningOp<BinaryOp>())
    return product.getKind() == BinaryKind::Mul && product.getLhs() == scale &&
           product.getRhs() == scales;
  auto all = getConstantFloats(value), one = getConstantFloats(scale),
       each = getConstantFloats(scales);
  if (!all || !one || !each || each->size() > all->size())
    return false;
  for (auto [i, number] : llvm::enumerate(*all))
    if (number != float(one->front()) * float((*each)[each->size() == 1 ? 0 : i]))
      return false;
  return true;
}

static DequantizeLinearOp findGrid(Value value) {
  auto grid = value.getDefiningOp<DequantizeLinearOp>();
  if (!grid || grid.getBlockSize() || !grid.getTo().isF32() ||
      !typeOf(grid.getScale()).getElementType().isF32())
    return {};
  return grid;
}

static bool isBytes(DequantizeLinearOp grid) {
  return grid && grid.getInput().getType().getElementType().isInteger(8);
}

//===----------------------------------------------------------------------===//
// Products of bytes
//===----------------------------------------------------------------------===//

static bool isDepthwise(ConvOp op) {
  RankedTensorType filter = typeOf(op.getFilter());
  int64_t groups = op.getGroups();
  return groups > 1 && filter.getDimSize(0) == groups && filter.getDimSize(1) == 1;
}

namespace {
/// Convolves what bytes stand for, as a convolution of the bytes whose border is the
/// zero point:
///
///   sum (x - zx) * sx * w * sw + b * sx * sw
///     =  (sum x * w  +  b  -  zx * sum w) * (sx * sw)
///
/// Or of 16 bits, which hold bytes without their zero point.
class ByteConv : ImplicitLocOpBuilder {
public:
  ByteConv(ConvOp op, OpBuilder &b, Products cpu)
      : ImplicitLocOpBuilder(op.getLoc(), b), op(op), input(findGrid(op.getInput())),
        filter(findGrid(op.getFilter())), spatial(op.getType().getRank() - 2),
        ofPairs(!cpu.bytes && !isDepthwise(op)) {}

  /// Null if there is no such form.
  Value build() {
    if (!isPossible())
      return {};
    std::optional<SmallVector<int64_t>> pads = getPads();
    if (!pads)
      return {};
    Value x = takeInput(), w = takeFilter();
    Value offset = zero ? binary(BinaryKind::Mul, zero, addFilters(w)) : Value();
    // A group is two or four neighbours; filters for what makes groups whole are 0.
    int64_t group = ofPairs ? 2 : 4;
    int64_t missing = op.getGroups() == 1 ? -typeOf(w).getDimSize(1) & (group - 1) : 0;
    x = pad(x, *pads, missing, zero ? cast(zero, getIntegerType(8, /*isSigned=*/false)) : Value());
    w = pad(w, SmallVector<int64_t>(2 * spatial, 0), missing, {});
    return scale(convolve(x, w, op.getStrides(), op.getDilations()), offset);
  }

private:
  bool isPossible() {
    if (!isBytes(input) || !isBytes(filter) || !isScalar(input.getScale()) ||
        (!isScalar(filter.getScale()) && filter.getAxis() != 0) ||
        !filter.getType().hasStaticShape() || op.getInputDilations() || op.getOutputShape())
      return false;
    if (!filter.getZero())
      return !isUnsigned(filter);
    return isEach(filter.getZero(), isUnsigned(filter) ? 128 : 0);
  }

  static bool isUnsigned(DequantizeLinearOp grid) {
    return grid.getInput().getType().getElementType().isUnsignedInteger();
  }

  /// Before each spatial dimension, then after each; nothing if only the run can tell.
  std::optional<SmallVector<int64_t>> getPads() {
    ShapeInference shapes(op.getContext());
    SmallVector<int64_t> pads(2 * spatial);
    for (auto [i, window] : llvm::enumerate(op.getWindows(shapes))) {
      AffineExpr dim = shapes.get(op.getInput()).dims[2 + i];
      if (window.isOvershot(shapes, dim))
        return std::nullopt;
      pads[i] = window.padBefore, pads[spatial + i] = window.padAfter;
      if (window.autoPad == AutoPad::NotSet)
        continue;
      std::optional<int64_t> extent = getConstant(dim), span = getConstant(window.getSpan(shapes)),
                             count = getConstant(window.getCount(shapes, dim));
      if (!extent || !span || !count)
        return std::nullopt;
      int64_t all = std::max<int64_t>(0, (*count - 1) * window.stride + *span - *extent);
      bool isUpper = window.autoPad == AutoPad::SameUpper;
      pads[i] = isUpper ? all / 2 : (all + 1) / 2;
      pads[spatial + i] = all - pads[i];
    }
    if (llvm::any_of(pads, [](int64_t pad) { return pad < 0; }))
      return std::nullopt;
    return pads;
  }

  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return BinaryOp::create(*this, kind, lhs, rhs);
  }
  Value cast(Value value, Type to) { return CastOp::create(*this, value, to); }
  Value wide(Value value) { return cast(value, getI32Type()); }
  Value constant(Type element, int64_t value, ArrayRef<int64_t> shape = {}) {
    auto type = RankedTensorType::get(shape, element);
    return arith::ConstantOp::create(
        *this, DenseElementsAttr::get(type, APInt(element.getIntOrFloatBitWidth(), value,
                                                  /*isSigned=*/true)));
  }
  Value flat(Value value) { return isScalar(value) ? asScalar(*this, value) : value; }
  /// One number, or one a filter, so that it broadcasts against the result.
  Value align(Value value) {
    value = flat(value);
    if (typeOf(value).getRank() == 0)
      return value;
    return UnsqueezeOp::create(*this, value, llvm::to_vector(llvm::seq<int64_t>(1, 1 + spatial)));
  }

  /// CPUs multiply unsigned by signed bytes, others are moved by 128; or pairs.
  Value takeInput() {
    if (input.getZero() && !isEach(input.getZero(), 0))
      zero = wide(flat(input.getZero()));
    if (ofPairs) {
      Value x = cast(input.getInput(), getI16Type());
      return zero ? binary(BinaryKind::Sub, x, cast(std::exchange(zero, Value()), getI16Type())) : x;
    }
    if (isUnsigned(input))
      return input.getInput();
    Value offset = constant(getI32Type(), 128);
    zero = zero ? binary(BinaryKind::Add, zero, offset) : offset;
    return cast(binary(BinaryKind::Add, wide(input.getInput()), offset),
                getIntegerType(8, /*isSigned=*/false));
  }
  Value takeFilter() {
    if (!isUnsigned(filter))
      return filter.getInput();
    return cast(binary(BinaryKind::Add, wide(filter.getInput()), constant(getI32Type(), -128)),
                getI8Type());
  }

  Value convolve(Value x, Value w, ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations) {
    return ConvOp::create(*this, x, w, Value(), strides, dilations,
                          SmallVector<int64_t>(2 * spatial, 0), op.getGroups(), AutoPadAttr(),
                          DenseI64ArrayAttr(), DenseI64ArrayAttr(), /*channels_last=*/false);
  }

  /// The sum of each filter, that of one pixel from ones: as 32 bits its numbers would
  /// take four times the memory, too much to be computed while compiling.
  Value addFilters(Value w) {
    SmallVector<int64_t> shape(typeOf(w).getShape()), ones(spatial, 1);
    shape[0] = 1, shape[1] *= op.getGroups();
    Value sums = convolve(constant(getIntegerType(8, /*isSigned=*/false), 1, shape), w, ones, ones);
    return SqueezeOp::create(*this, sums, ArrayRef<int64_t>{0});
  }

  /// `value` with a border, and so many channels more.
  Value pad(Value value, ArrayRef<int64_t> pads, int64_t channels, Value with) {
    if (channels == 0 && llvm::all_of(pads, [](int64_t pad) { return pad == 0; }))
      return value;
    SmallVector<int64_t> sizes{0, 0};
    llvm::append_range(sizes, pads.take_front(spatial));
    sizes.append({0, channels});
    llvm::append_range(sizes, pads.drop_front(spatial));
    Value by = arith::ConstantOp::create(*this, getI64TensorAttr(sizes));
    return PadOp::create(*this, PadMode::Constant, value, by, with, Value());
  }

  Value scale(Value sum, Value offset) {
    DequantizeLinearOp bias = op.getBias() ? findGrid(op.getBias()) : DequantizeLinearOp();
    bool isWhole = bias && bias.getInput().getType().getElementType().isInteger(32) &&
                   (!bias.getZero() || isEach(bias.getZero(), 0)) &&
                   isProduct(bias.getScale(), input.getScale(), filter.getScale());
    if (isWhole) {
      Value start = align(bias.getInput());
      sum = binary(BinaryKind::Add, sum, offset ? binary(BinaryKind::Sub, start, offset) : start);
    } else if (offset) {
      sum = binary(BinaryKind::Add, sum, binary(BinaryKind::Sub, constant(getI32Type(), 0), offset));
    }
    Value factor = binary(BinaryKind::Mul, flat(input.getScale()), align(filter.getScale()));
    Value result = binary(BinaryKind::Mul, cast(sum, getF32Type()), factor);
    return op.getBias() && !isWhole ? binary(BinaryKind::Add, result, align(op.getBias())) : result;
  }

  ConvOp op;
  DequantizeLinearOp input, filter;
  int64_t spatial;
  bool ofPairs;
  Value zero; // of the unsigned input, in 32 bits; null: 0
};
} // namespace

static LogicalResult fuseConv(ConvOp op, Products cpu, PatternRewriter &rewriter) {
  Value result = op.getChannelsLast() ? Value() : ByteConv(op, rewriter, cpu).build();
  if (!result)
    return rewriter.notifyMatchFailure(op, "is none of bytes with fixed borders");
  rewriter.replaceOp(op, result);
  return success();
}

/// A convolution of bytes that the model itself has, and this CPU does not.
static LogicalResult fuseIntegers(ConvOp op, Products cpu, PatternRewriter &rewriter) {
  Value input = op.getInput(), filter = op.getFilter();
  auto isByte = [](Value value) { return typeOf(value).getElementType().isInteger(8); };
  if (!isByte(input) || !isByte(filter) || isDepthwise(op) ||
      (cpu.bytes && isUnsigned(input) && !isUnsigned(filter)))
    return rewriter.notifyMatchFailure(op, "is not of bytes, or of such as the CPU multiplies");
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(CastOp::create(rewriter, op.getLoc(), input, rewriter.getI16Type()));
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Results that become bytes again
//===----------------------------------------------------------------------===//

/// True if `value` is element-wise computed from integers.
static bool isOfIntegers(Value value, int depth = 0) {
  constexpr int kMostOps = 12;
  Operation *op = value.getDefiningOp();
  if (!op || depth == kMostOps)
    return false;
  if (auto cast = dyn_cast<CastOp>(op))
    return typeOf(cast.getInput()).getElementType().isInteger();
  if (isa<DequantizeLinearOp>(op))
    return true;
  return isa<UnaryOp, BinaryOp>(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
           return isOfIntegers(operand, depth + 1);
         });
}

/// `value * factor`; the factor goes where it meets constants. What keeps the order of
/// numbers lets it pass if it is positive.
static Value multiply(OpBuilder &b, Value value, Value factor, bool isPositive = true) {
  Location loc = value.getLoc();
  auto binary = [&](BinaryKind kind, Value x, Value y) -> Value {
    return BinaryOp::create(b, loc, kind, x, y);
  };
  auto times = [&](Value x) { return binary(BinaryKind::Mul, x, factor); };
  if (auto grid = value.getDefiningOp<DequantizeLinearOp>();
      grid && isScalar(grid.getScale()) && findGrid(value))
    return DequantizeLinearOp::create(b, loc, grid.getInput(), times(grid.getScale()), grid.getZero(),
                                      grid.getAxis(), IntegerAttr(), grid.getTo());
  if (!value.hasOneUse())
    return times(value);
  auto unary = value.getDefiningOp<UnaryOp>();
  if (unary && unary.getKind() == UnaryKind::Relu && isPositive)
    return UnaryOp::create(b, loc, UnaryKind::Relu, multiply(b, unary.getInput(), factor));
  auto op = value.getDefiningOp<BinaryOp>();
  if (!op)
    return times(value);
  Value lhs = op.getLhs(), rhs = op.getRhs();
  if (op.getKind() == BinaryKind::Mul && lhs.getType() != value.getType())
    std::swap(lhs, rhs);
  if (lhs.getType() != value.getType())
    return times(value);
  switch (op.getKind()) {
  case BinaryKind::Max:
  case BinaryKind::Min:
    if (!isPositive)
      return times(value);
    [[fallthrough]];
  case BinaryKind::Add:
  case BinaryKind::Sub:
    return binary(op.getKind(), multiply(b, lhs, factor, isPositive),
                  multiply(b, rhs, factor, isPositive));
  case BinaryKind::Mul:
    if (isScalar(rhs))
      return multiply(b, lhs, times(asScalar(b, rhs)), /*isPositive=*/false);
    return typeOf(rhs).getRank() < typeOf(value).getRank() ? binary(BinaryKind::Mul, lhs, times(rhs))
                                                           : times(value);
  case BinaryKind::Div:
    if (isScalar(rhs))
      return multiply(b, lhs, binary(BinaryKind::Div, factor, asScalar(b, rhs)),
                      /*isPositive=*/false);
    return times(value);
  default:
    return times(value);
  }
}

/// quantize(x * s, t)  =>  quantize(x * (s / t), 1): a division for each element takes
/// as long as the sums.
static LogicalResult foldScale(QuantizeLinearOp op, PatternRewriter &rewriter) {
  std::optional<double> scale = isScalar(op.getScale()) ? getSplat(op.getScale()) : std::nullopt;
  if (!scale || *scale == 1 || op.getBlockSize() || !typeOf(op.getInput()).getElementType().isF32())
    return rewriter.notifyMatchFailure(op, "has no scale to fold");
  if (!isOfIntegers(op.getInput()))
    return rewriter.notifyMatchFailure(op, "its input is of no integers");
  auto number = [&](float value) -> Value {
    auto type = RankedTensorType::get({}, rewriter.getF32Type());
    return arith::ConstantOp::create(rewriter, op.getLoc(), DenseElementsAttr::get(type, value));
  };
  Value zero = op.getZero();
  if (zero)
    zero = asScalar(rewriter, zero);
  Value scaled = multiply(rewriter, op.getInput(), number(1 / float(*scale)));
  rewriter.replaceOpWithNewOp<QuantizeLinearOp>(op, scaled, number(1), zero, op.getAxis(),
                                                IntegerAttr(), op.getTo());
  return success();
}

void graphopt::populateFuseQuantizedConvPatterns(RewritePatternSet &patterns, Products cpu) {
  patterns.add(foldScale);
  patterns.add<ProductPattern<ConvOp>>(patterns.getContext(), fuseConv, cpu);
  if (cpu.pairs)
    patterns.add<ProductPattern<ConvOp>>(patterns.getContext(), fuseIntegers, cpu);
}
