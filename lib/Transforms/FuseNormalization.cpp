//===- FuseNormalization.cpp - Norms from what they are written out as ----===//

#include "Primitives.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Reduction.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace graphopt {
#define GEN_PASS_DEF_FUSENORMALIZATION
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// What `value` is the square of; null if it is none.
static Value matchSquare(Value value) {
  if (BinaryOp product = getBinary(value, BinaryKind::Mul))
    return product.getLhs() == product.getRhs() ? product.getLhs() : Value();
  BinaryOp power = getBinary(value, BinaryKind::Pow);
  return power && getSplat(power.getRhs()) == 2.0 ? power.getLhs() : Value();
}

/// The first of the last dimensions that a mean is over, which it keeps.
static std::optional<int64_t> matchMean(ReduceOp op) {
  if (!op || op.getKind() != ReduceKind::Mean || !op.getKeepdims())
    return std::nullopt;
  int64_t rank = cast<RankedTensorType>(op.getInput().getType()).getRank();
  SmallVector<int64_t> axes(op.getAxes());
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + rank : axis;
  llvm::sort(axes);
  int64_t first = rank - axes.size();
  if (axes.empty() || !llvm::equal(axes, llvm::seq<int64_t>(first, rank)))
    return std::nullopt;
  return first;
}

namespace {
/// Matches the normalization around a mean of squares.
class NormMatcher {
public:
  explicit NormMatcher(ReduceOp mean) : variance(mean) {}

  /// True if a root is taken of the mean, as only norms do.
  bool findRoot();
  LogicalResult match();
  void emit();

  std::string reason;

private:
  LogicalResult fail(StringRef text) {
    reason = text.str();
    return failure();
  }
  LogicalResult findQuotient();
  LogicalResult findInput();
  Value getParameter(BinaryKind kind);
  Value createOnes(ImplicitLocOpBuilder &b);
  RankedTensorType getRowType() const;

  ReduceOp variance;
  Value dividend; ///< the rows that are squared
  Value root;     ///< or its inverse
  bool isInverse = false;
  double epsilon = 0;
  int64_t axis = 0;
  Value input;
  bool isCentered = false;
  Value result, scale, bias;
};
} // namespace

bool NormMatcher::findRoot() {
  dividend = matchSquare(variance.getInput());
  if (!dividend || variance.getKind() != ReduceKind::Mean)
    return false;
  Value value = variance.getResult();
  auto sum = dyn_cast_or_null<BinaryOp>(getOnlyReader(value));
  if (sum && sum.getKind() == BinaryKind::Add)
    if (auto more = matchWithNumber(sum); more && more->value == value) {
      epsilon = more->number;
      value = sum.getResult();
    }
  Operation *reader = getOnlyReader(value);
  if (auto unary = dyn_cast_or_null<UnaryOp>(reader)) {
    if (unary.getKind() != UnaryKind::Sqrt)
      return false;
    root = unary.getResult();
    auto inverse = dyn_cast_or_null<UnaryOp>(getOnlyReader(root));
    auto quotient = dyn_cast_or_null<BinaryOp>(getOnlyReader(root));
    if (inverse && inverse.getKind() == UnaryKind::Reciprocal) {
      root = inverse.getResult();
      isInverse = true;
    } else if (quotient && quotient.getKind() == BinaryKind::Div &&
               getSplat(quotient.getLhs()) == 1.0 && quotient.getRhs() == root) {
      root = quotient.getResult();
      isInverse = true;
    }
    return true;
  }
  auto power = dyn_cast_or_null<BinaryOp>(reader);
  if (!power || power.getKind() != BinaryKind::Pow || power.getLhs() != value)
    return false;
  std::optional<double> exponent = getSplat(power.getRhs());
  root = power.getResult();
  isInverse = exponent == -0.5;
  return isInverse || exponent == 0.5;
}

/// The rows divided by their root.
LogicalResult NormMatcher::findQuotient() {
  auto op = dyn_cast_or_null<BinaryOp>(getOnlyReader(root));
  if (!op)
    return fail("its root is used elsewhere, too");
  bool isQuotient = isInverse ? op.getKind() == BinaryKind::Mul
                              : op.getKind() == BinaryKind::Div;
  Value other = op.getLhs() == root ? op.getRhs() : op.getLhs();
  if (!isQuotient || (!isInverse && op.getRhs() != root))
    return fail("nothing is divided by its root");
  if (other != dividend)
    return fail("what is divided by its root is not what was squared");
  if (op.getType() != dividend.getType())
    return fail("its rows are broadcast");
  result = op.getResult();
  return success();
}

/// Rows without their mean, or as they are.
LogicalResult NormMatcher::findInput() {
  std::optional<int64_t> first = matchMean(variance);
  if (!first)
    return fail("its mean is not over the last dimensions, or drops them");
  axis = *first;
  input = dividend;
  BinaryOp difference = getBinary(dividend, BinaryKind::Sub);
  auto mean = difference ? difference.getRhs().getDefiningOp<ReduceOp>()
                         : ReduceOp();
  if (!mean || matchMean(mean) != axis || mean.getInput() != difference.getLhs())
    return success();
  // Others may read the rows without their mean: they stay then.
  input = difference.getLhs();
  isCentered = true;
  return success();
}

RankedTensorType NormMatcher::getRowType() const {
  auto type = cast<RankedTensorType>(input.getType());
  return RankedTensorType::get(type.getShape().drop_front(axis),
                               type.getElementType());
}

/// A tensor that has the shape of a row, which the next op applies to the result;
/// the result becomes that op's.
Value NormMatcher::getParameter(BinaryKind kind) {
  auto op = dyn_cast_or_null<BinaryOp>(getOnlyReader(result));
  if (!op || op.getKind() != kind || op.getType() != result.getType() ||
      op.getLhs() == op.getRhs())
    return {};
  Value other = op.getLhs() == result ? op.getRhs() : op.getLhs();
  if (other.getType() != getRowType())
    return {};
  result = op.getResult();
  return other;
}

LogicalResult NormMatcher::match() {
  if (failed(findQuotient()) || failed(findInput()))
    return failure();
  Type element = getElementTypeOrSelf(input);
  if (!element.isF32() && !element.isF16() && !element.isBF16())
    return fail("its element type is another one than f32, f16 and bf16");
  if (epsilon < 0)
    return fail("its epsilon is less than 0");
  scale = getParameter(BinaryKind::Mul);
  if (!scale && !getRowType().hasStaticShape())
    return fail("it has no scale, and rows of open size");
  bias = isCentered ? getParameter(BinaryKind::Add) : Value();
  return success();
}

Value NormMatcher::createOnes(ImplicitLocOpBuilder &b) {
  RankedTensorType type = getRowType();
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(
             type, b.getFloatAttr(type.getElementType(), 1).getValue()));
}

void NormMatcher::emit() {
  Operation *last = result.getDefiningOp();
  ImplicitLocOpBuilder b(last->getLoc(), last);
  if (!scale)
    scale = createOnes(b);
  llvm::APFloat number{float(epsilon)};
  Value norm;
  if (isCentered) {
    SmallVector<int64_t> shape(
        cast<RankedTensorType>(variance.getType()).getShape());
    auto moments = RankedTensorType::get(shape, b.getF32Type());
    norm = LayerNormalizationOp::create(b, result.getType(), moments, moments,
                                        input, scale, bias, axis, number,
                                        TypeAttr::get(b.getF32Type()))
               .getResult();
  } else {
    norm = RMSNormalizationOp::create(b, result.getType(), input, scale, axis,
                                      number);
  }
  result.replaceAllUsesWith(norm);
}

namespace {
struct FuseNormalization
    : graphopt::impl::FuseNormalizationBase<FuseNormalization> {
  using FuseNormalizationBase::FuseNormalizationBase;

  void runOnOperation() override {
    SmallVector<ReduceOp> means;
    getOperation()->walk([&](ReduceOp op) { means.push_back(op); });
    for (ReduceOp mean : means) {
      NormMatcher matcher(mean);
      if (!matcher.findRoot())
        continue;
      if (failed(matcher.match())) {
        emitRemark(mean.getLoc())
            << "is not computed as a normalization: " << matcher.reason;
        continue;
      }
      matcher.emit();
      ++numFused;
    }
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }
};
} // namespace
