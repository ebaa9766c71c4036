#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Window.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_FOLDAFFINE
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// True for constants and what is computed from them alone.
static bool isComputedFromConstants(Value value, int depth = 0) {
  constexpr int kMostOps = 8; // of a chain; weights are behind a few at most
  Operation *op = value.getDefiningOp();
  if (!op || depth == kMostOps)
    return false;
  if (matchPattern(op, m_Constant()))
    return true;
  return op->getNumRegions() == 0 && isPure(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isComputedFromConstants(operand, depth + 1);
         });
}

namespace {
/// A number, or one a channel, that scales what `producer` makes, or is added.
template <typename Producer> struct Affine {
  Producer producer;
  BinaryKind kind;
  Value number;

  bool isScale() const {
    return kind == BinaryKind::Mul || kind == BinaryKind::Div;
  }
};
} // namespace

/// True if `number` is constant and has, aligned with `type` as broadcasting does,
/// no extent but 1, or that of dimension `dim` there.
static bool isPerChannel(Value number, RankedTensorType type, int64_t dim) {
  auto from = cast<RankedTensorType>(number.getType());
  int64_t missing = type.getRank() - from.getRank();
  if (!from.hasStaticShape() || missing < 0 || !isComputedFromConstants(number))
    return false;
  for (auto [i, extent] : llvm::enumerate(from.getShape())) {
    bool isChannel = static_cast<int64_t>(i) + missing == dim;
    if (extent != 1 && !(isChannel && extent == type.getDimSize(dim)))
      return false;
  }
  return true;
}

/// What isPerChannel holds for as a scalar or a vector.
static Value flatten(OpBuilder &b, Value number) {
  auto type = cast<RankedTensorType>(number.getType());
  SmallVector<int64_t> ones;
  for (auto [i, extent] : llvm::enumerate(type.getShape()))
    if (extent == 1)
      ones.push_back(i);
  return ones.empty() ? number
                      : SqueezeOp::create(b, number.getLoc(), number, ones);
}

/// `number`, flat, for the outermost of `rank` dimensions.
static Value alignOutermost(OpBuilder &b, Value number, int64_t rank) {
  if (cast<RankedTensorType>(number.getType()).getRank() == 0)
    return number;
  return UnsqueezeOp::create(b, number.getLoc(), number,
                             llvm::to_vector(llvm::seq<int64_t>(1, rank)));
}

/// The affine map that `op` is of a value made for it alone, with its channels
/// along dimension `dim`.
template <typename Producer>
static FailureOr<Affine<Producer>>
matchAffine(BinaryOp op, llvm::function_ref<int64_t(Producer)> dim) {
  BinaryKind kind = op.getKind();
  bool isCommutative = kind == BinaryKind::Add || kind == BinaryKind::Mul;
  if ((!isCommutative && kind != BinaryKind::Sub && kind != BinaryKind::Div) ||
      !isa<FloatType>(op.getType().getElementType()))
    return failure();
  for (auto [value, number] : {std::pair(op.getLhs(), op.getRhs()),
                               std::pair(op.getRhs(), op.getLhs())}) {
    auto producer = value.template getDefiningOp<Producer>();
    if (producer && value.hasOneUse() && (isCommutative || value == op.getLhs()) &&
        isPerChannel(number, cast<RankedTensorType>(value.getType()),
                     dim(producer)))
      return Affine<Producer>{producer, kind, number};
  }
  return failure();
}

static bool areWeightsConstant(Value weights, Value bias) {
  return isComputedFromConstants(weights) &&
         (!bias || isComputedFromConstants(bias));
}

/// The bias after the affine map; null stands for zeros.
template <typename Producer>
static Value foldIntoBias(OpBuilder &b, const Affine<Producer> &affine,
                          Value bias, Value number) {
  Location loc = number.getLoc();
  if (bias)
    return BinaryOp::create(b, loc, affine.kind, bias, number);
  if (affine.kind == BinaryKind::Add)
    return number;
  if (affine.kind == BinaryKind::Sub)
    return UnaryOp::create(b, loc, UnaryKind::Neg, number);
  return {};
}

/// conv(x, w, b) * c  =>  conv(x, w * c, b * c)
/// conv(x, w, b) + c  =>  conv(x, w, b + c)
static LogicalResult foldIntoConv(BinaryOp op, PatternRewriter &b) {
  auto affine = matchAffine<ConvOp>(op, [](ConvOp conv) {
    return getChannelDim(conv.getChannelsLast(), conv.getType().getRank());
  });
  if (failed(affine))
    return b.notifyMatchFailure(op, "is no affine map of a convolution");
  ConvOp conv = affine->producer;
  Value filter = conv.getFilter();
  auto type = cast<RankedTensorType>(filter.getType());
  if (!areWeightsConstant(filter, conv.getBias()) || type.isDynamicDim(0))
    return b.notifyMatchFailure(op, "the weights are not constant");
  if (affine->isScale() && conv.getWide())
    return b.notifyMatchFailure(op, "the weights would be rounded again");
  Value number = flatten(b, affine->number);
  Value bias = foldIntoBias(b, *affine, conv.getBias(), number);
  if (bias && cast<RankedTensorType>(bias.getType()).getRank() == 0) {
    auto filters = b.getI64TensorAttr(type.getShape().take_front());
    bias = ExpandOp::create(
        b, op.getLoc(), bias,
        arith::ConstantOp::create(b, op.getLoc(), filters));
  }
  if (affine->isScale())
    filter = BinaryOp::create(b, op.getLoc(), affine->kind, filter,
                              alignOutermost(b, number, type.getRank()));
  auto folded = cast<ConvOp>(b.clone(*conv));
  folded.getFilterMutable().assign(filter);
  folded.getBiasMutable().assign(bias ? ValueRange(bias) : ValueRange());
  b.replaceOp(op, folded);
  return success();
}

/// gemm(x, w, b) * c  =>  gemm(x, w * c, b * c)
/// gemm(x, w, b) + c  =>  gemm(x, w, b + c)
static LogicalResult foldIntoGemm(BinaryOp op, PatternRewriter &b) {
  auto affine = matchAffine<GemmOp>(op, [](GemmOp) { return 1; });
  if (failed(affine))
    return b.notifyMatchFailure(op, "is no affine map of a product");
  GemmOp gemm = affine->producer;
  Value weights = gemm.getRhs();
  if (!areWeightsConstant(weights, gemm.getBias()))
    return b.notifyMatchFailure(op, "the weights are not constant");
  bool addsScaled =
      !affine->isScale() && gemm.getBias() && !gemm.getBeta().isExactlyValue(1);
  if (addsScaled)
    return b.notifyMatchFailure(op, "the bias is scaled");
  Value number = flatten(b, affine->number);
  Value bias = foldIntoBias(b, *affine, gemm.getBias(), number);
  if (affine->isScale())
    weights = BinaryOp::create(
        b, op.getLoc(), affine->kind, weights,
        gemm.getTransB() ? alignOutermost(b, number, 2) : number);
  auto folded = cast<GemmOp>(b.clone(*gemm));
  folded.getRhsMutable().assign(weights);
  folded.getBiasMutable().assign(bias ? ValueRange(bias) : ValueRange());
  if (!gemm.getBias())
    folded.setBeta(llvm::APFloat(1.0f));
  b.replaceOp(op, folded);
  return success();
}

/// That may be scaled: those of bf16 would be rounded again.
static bool hasWeights(MatMulOp op) {
  return !op.getWide() && op.getRhs().getType().getRank() == 2 &&
         op.getLhs().getType().getRank() >= 2 &&
         isComputedFromConstants(op.getRhs());
}

static int64_t getLastDim(MatMulOp op) { return op.getType().getRank() - 1; }

/// matmul(x, w) * c  =>  matmul(x, w * c)
static LogicalResult foldIntoMatMul(BinaryOp op, PatternRewriter &b) {
  auto affine = matchAffine<MatMulOp>(op, getLastDim);
  if (failed(affine) || !affine->isScale() || !hasWeights(affine->producer))
    return b.notifyMatchFailure(op, "scales no product with weights");
  Value weights = BinaryOp::create(b, op.getLoc(), affine->kind,
                                   affine->producer.getRhs(),
                                   flatten(b, affine->number));
  b.replaceOpWithNewOp<MatMulOp>(op, op.getType(), affine->producer.getLhs(),
                                 weights);
  return success();
}

/// (matmul(x, w) + b) * c  =>  matmul(x, w) * c + b * c
static LogicalResult distributeScale(BinaryOp op, PatternRewriter &b) {
  auto scale = matchAffine<BinaryOp>(
      op, [](BinaryOp sum) { return sum.getType().getRank() - 1; });
  if (failed(scale) || !scale->isScale())
    return b.notifyMatchFailure(op, "scales no sum");
  auto sum = matchAffine<MatMulOp>(scale->producer, getLastDim);
  if (failed(sum) || sum->isScale() || !hasWeights(sum->producer))
    return b.notifyMatchFailure(op, "the sum is not that of a product");
  Location loc = op.getLoc();
  Value product = BinaryOp::create(b, loc, op.getType(), scale->kind,
                                   sum->producer, scale->number);
  Value bias =
      BinaryOp::create(b, loc, scale->kind, sum->number, scale->number);
  b.replaceOpWithNewOp<BinaryOp>(op, op.getType(), sum->kind, product, bias);
  return success();
}

/// batch_normalization(x)  =>  x * (scale / sqrt(variance + epsilon)) + ...
static LogicalResult expandBatchNormalization(BatchNormalizationOp op,
                                              PatternRewriter &b) {
  if (op.getTraining() || !op.getRunningMean().use_empty() ||
      !op.getRunningVariance().use_empty())
    return b.notifyMatchFailure(op, "measures statistics");
  Type element = getElementTypeOrSelf(op.getResult());
  for (Value value : op->getOperands().drop_front())
    if (getElementTypeOrSelf(value) != element || !isComputedFromConstants(value))
      return b.notifyMatchFailure(op, "statistics are not constant");
  Location loc = op.getLoc();
  auto binary = [&](BinaryKind kind, Value lhs, Value rhs) -> Value {
    return BinaryOp::create(b, loc, kind, lhs, rhs);
  };
  Value epsilon = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(
          RankedTensorType::get({}, element),
          b.getFloatAttr(element, op.getEpsilon().convertToDouble())
              .getValue()));
  Value deviation = UnaryOp::create(
      b, loc, UnaryKind::Sqrt,
      binary(BinaryKind::Add, op.getVariance(), epsilon));
  Value scale = binary(BinaryKind::Div, op.getScale(), deviation);
  Value shift = binary(BinaryKind::Sub, op.getBias(),
                       binary(BinaryKind::Mul, op.getMean(), scale));
  auto type = cast<RankedTensorType>(op.getResult().getType());
  int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), type.getRank());
  int64_t inner = type.getRank() - axis;
  Value scaled =
      BinaryOp::create(b, loc, type, BinaryKind::Mul, op.getInput(),
                       alignOutermost(b, scale, inner));
  Value result = BinaryOp::create(b, loc, type, BinaryKind::Add, scaled,
                                  alignOutermost(b, shift, inner));
  b.replaceOp(op, {result, op.getMean(), op.getVariance()});
  return success();
}

namespace {
struct FoldAffine : graphopt::impl::FoldAffineBase<FoldAffine> {
  using FoldAffineBase::FoldAffineBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(distributeScale);
    patterns.add(expandBatchNormalization);
    patterns.add(foldIntoConv);
    patterns.add(foldIntoGemm);
    patterns.add(foldIntoMatMul);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
