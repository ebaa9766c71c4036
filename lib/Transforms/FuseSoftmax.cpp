//===- FuseSoftmax.cpp - Softmax from what it is written out as -----------===//

#include "Primitives.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// The dimension along which `value` is the reduction of `input`, kept with an
/// extent of 1.
static std::optional<int64_t> matchReduction(Value value, ReduceKind kind,
                                             Value input) {
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  auto getOnly = [&](ArrayRef<int64_t> axes) -> std::optional<int64_t> {
    if (axes.size() != 1)
      return std::nullopt;
    return axes.front() < 0 ? axes.front() + rank : axes.front();
  };
  std::optional<int64_t> restored;
  if (auto unsqueeze = value.getDefiningOp<UnsqueezeOp>()) {
    restored = getOnly(unsqueeze.getAxes());
    value = unsqueeze.getInput();
    if (!restored)
      return std::nullopt;
  }
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != kind || reduce.getInput() != input ||
      reduce.getKeepdims() == restored.has_value())
    return std::nullopt;
  std::optional<int64_t> axis = getOnly(reduce.getAxes());
  return restored && restored != axis ? std::nullopt : axis;
}

/// exp(x - max(x)) / sum(exp(x - max(x)))  =>  softmax(x)
LogicalResult graphopt::fuseSoftmax(BinaryOp op, PatternRewriter &rewriter) {
  Value dividend = op.getLhs(), sum = op.getRhs();
  if (op.getKind() == BinaryKind::Mul) {
    UnaryOp reciprocal = getUnary(sum, UnaryKind::Reciprocal);
    if (!reciprocal) {
      std::swap(dividend, sum);
      reciprocal = getUnary(sum, UnaryKind::Reciprocal);
    }
    if (!reciprocal)
      return rewriter.notifyMatchFailure(op, "divides nothing");
    sum = reciprocal.getInput();
  } else if (op.getKind() != BinaryKind::Div) {
    return rewriter.notifyMatchFailure(op, "divides nothing");
  }
  UnaryOp exp = getUnary(dividend, UnaryKind::Exp);
  std::optional<int64_t> axis =
      exp ? matchReduction(sum, ReduceKind::Sum, exp.getResult())
          : std::nullopt;
  BinaryOp difference =
      axis ? getBinary(exp.getInput(), BinaryKind::Sub) : BinaryOp();
  if (!difference || matchReduction(difference.getRhs(), ReduceKind::Max,
                                    difference.getLhs()) != axis)
    return rewriter.notifyMatchFailure(op, "is no softmax");
  rewriter.replaceOpWithNewOp<SoftmaxOp>(op, op.getType(), difference.getLhs(),
                                         *axis);
  return success();
}
