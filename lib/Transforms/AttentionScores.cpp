//===- AttentionScores.cpp - From a softmax back to a product -------------===//

#include "Attention.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Shape.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

std::optional<double> graphopt::getSplat(Value value) {
  DenseElementsAttr dense;
  if (!isa<FloatType>(getElementTypeOrSelf(value)))
    return std::nullopt;
  if (matchPattern(value, m_Constant(&dense)) && !dense.isSplat())
    return std::nullopt;
  std::optional<SmallVector<double>> numbers = getConstantFloats(value);
  if (!numbers || numbers->empty() || !llvm::all_equal(*numbers))
    return std::nullopt;
  return numbers->front();
}

bool graphopt::isReadOnlyBy(Value value, Operation *op) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return user == op || isa<ShapeOp>(user);
  });
}

namespace {
class ScoreMatcher {
public:
  ScoreMatcher(ShapeInference &shapes, std::string &reason)
      : shapes(shapes), reason(reason) {}

  Scores scores;

  /// Goes on from `value`, which all that was matched so far is computed from.
  LogicalResult follow(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return fail("its scores are an input");
    if (auto reshape = dyn_cast<ReshapeOp>(op))
      return followReshape(reshape);
    if (auto cast = dyn_cast<CastOp>(op))
      return followCast(cast);
    if (auto unary = dyn_cast<UnaryOp>(op))
      return followUnary(unary);
    if (auto where = dyn_cast<WhereOp>(op))
      return followWhere(where);
    if (auto binary = dyn_cast<BinaryOp>(op))
      return followBinary(binary);
    scores.product = matchProduct(op, /*transposesRhs=*/true, shapes);
    if (!scores.product)
      return fail("its scores are no product of as many queries as keys");
    if (!llvm::equal(scores.product->order,
                     llvm::seq<int64_t>(0, scores.product->order.size())))
      return fail("the keys are not the scores' last dimension");
    return success();
  }

private:
  LogicalResult fail(const Twine &text) {
    reason = text.str();
    return failure();
  }

  /// Follows an operand of `op`, if the op does not broadcast it.
  LogicalResult followOperand(Operation *op, Value operand) {
    if (!isReadOnlyBy(operand, op))
      return fail("its scores are used elsewhere, too");
    if (shapes.get(operand).dims != shapes.get(op->getResult(0)).dims)
      return fail("its scores are broadcast");
    return follow(operand);
  }

  LogicalResult followReshape(ReshapeOp op) {
    Extents from = shapes.get(op.getInput()).dims;
    Extents to = shapes.get(op.getResult()).dims;
    if (from.empty() || to.empty() || from.back() != to.back())
      return fail("a reshape cuts or joins the keys of its scores");
    if (!isReadOnlyBy(op.getInput(), op))
      return fail("its scores are used elsewhere, too");
    return follow(op.getInput());
  }

  /// To a wider type: the sums are wide in any case.
  LogicalResult followCast(CastOp op) {
    auto from = dyn_cast<FloatType>(op.getInput().getType().getElementType());
    auto to = dyn_cast<FloatType>(op.getTo());
    if (!from || !to || from.getWidth() > to.getWidth())
      return fail("its scores are converted");
    return followOperand(op, op.getInput());
  }

  /// cap * tanh(x / cap), whose outer factor is known already.
  LogicalResult followUnary(UnaryOp op) {
    if (op.getKind() == UnaryKind::Neg) {
      scores.scale = -scores.scale;
      return followOperand(op, op.getInput());
    }
    if (op.getKind() != UnaryKind::Tanh || scores.softcap != 0 ||
        scores.scale <= 0 || scores.factor)
      return fail("its scores go through a function");
    scores.softcap = scores.scale;
    return followOperand(op, op.getInput());
  }

  LogicalResult followWhere(WhereOp op) {
    if (scores.softcap != 0)
      return fail("its scores are masked before they are capped");
    for (bool isInverted : {false, true}) {
      Value kept = isInverted ? op.getOnFalse() : op.getOnTrue();
      std::optional<double> fill =
          getSplat(isInverted ? op.getOnTrue() : op.getOnFalse());
      if (!fill)
        continue;
      scores.masks.push_back({Mask::Kind::Keep, op.getCondition(), 1,
                              *fill * scores.scale, isInverted,
                              shapes.get(op.getResult()).dims});
      return followOperand(op, kept);
    }
    return fail("a mask chooses between two tensors");
  }

  LogicalResult followBinary(BinaryOp op) {
    switch (op.getKind()) {
    case BinaryKind::Mul:
      return followEither(op, [&](Value other) { return scale(op, other); });
    case BinaryKind::Div:
      return followFirst(op, [&](Value other) { return scale(op, other); });
    case BinaryKind::Add:
      return followEither(op, [&](Value other) { return add(op, other, 1); });
    case BinaryKind::Sub:
      return followFirst(op, [&](Value other) { return add(op, other, -1); });
    default:
      return fail("its scores are no product");
    }
  }

  using Apply = llvm::function_ref<LogicalResult(Value)>;

  LogicalResult followFirst(BinaryOp op, Apply apply) {
    if (failed(apply(op.getRhs())))
      return failure();
    return followOperand(op, op.getLhs());
  }

  /// The scores may be on either side.
  LogicalResult followEither(BinaryOp op, Apply apply) {
    const Scores before = scores;
    if (succeeded(followFirst(op, apply)))
      return success();
    std::string first = reason;
    scores = before;
    if (succeeded(apply(op.getLhs())) &&
        succeeded(followOperand(op, op.getRhs())))
      return success();
    if (likeness(op, op.getLhs()) >= likeness(op, op.getRhs()))
      reason = first;
    return failure();
  }

  /// How much an operand of `op` is like scores, to tell about that side.
  int likeness(BinaryOp op, Value operand) {
    bool isWhole = shapes.get(operand).dims == shapes.get(op.getResult()).dims;
    return 2 * (operand.getDefiningOp() != nullptr) + isWhole;
  }

  LogicalResult scale(BinaryOp op, Value number) {
    bool divides = op.getKind() == BinaryKind::Div;
    if (std::optional<double> scale = getSplat(number)) {
      scores.scale = divides ? scores.scale / *scale : scores.scale * *scale;
      return success();
    }
    Extents dims = shapes.get(number).dims;
    bool isPerQuery = llvm::all_of(dims.take_back(2), [](AffineExpr extent) {
      return getConstant(extent) == 1;
    });
    if (divides || !isPerQuery || scores.softcap != 0 || scores.factor)
      return fail("its scores are multiplied with a tensor");
    scores.factor = number;
    scores.factorScores = shapes.get(op.getResult()).dims;
    return success();
  }

  LogicalResult add(BinaryOp op, Value value, double sign) {
    if (scores.softcap != 0)
      return fail("its scores are masked before they are capped");
    if (scores.factor)
      return fail("its scores are masked before they are scaled by a tensor");
    scores.masks.push_back({Mask::Kind::Add, value, sign * scores.scale, 0,
                            false, shapes.get(op.getResult()).dims});
    return success();
  }

  ShapeInference &shapes;
  std::string &reason;
};
} // namespace

FailureOr<Scores> graphopt::matchScores(Value value, ShapeInference &shapes,
                                        std::string &reason) {
  ScoreMatcher matcher(shapes, reason);
  if (failed(matcher.follow(value)))
    return failure();
  return std::move(matcher.scores);
}
