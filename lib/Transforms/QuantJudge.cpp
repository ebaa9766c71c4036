//===- QuantJudge.cpp - Which of two models of small numbers is better ----===//

#include "QuantJudge.h"
#include "UnitFlow.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Shape.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

/// What `value` is but for a shape, a type, or an affine map by constants; null if
/// it is nothing of that kind.
static Value lookThrough(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<ReshapeOp, SqueezeOp, UnsqueezeOp, TransposeOp, CastOp>(op))
    return op->getOperand(0);
  auto binary = dyn_cast_or_null<BinaryOp>(op);
  if (!binary || !llvm::is_contained({BinaryKind::Add, BinaryKind::Sub,
                                      BinaryKind::Mul, BinaryKind::Div},
                                     binary.getKind()))
    return {};
  return isConstant(binary.getRhs())   ? binary.getLhs()
         : isConstant(binary.getLhs()) ? binary.getRhs()
                                       : Value();
}

/// Softmaxes along the last dimension say of themselves what they are; so does a
/// product with weights behind which nothing is computed any more.
static RowKind readRows(Value output) {
  RankedTensorType type = typeOf(output);
  if (!isa<FloatType>(type.getElementType()) || type.getRank() == 0 ||
      type.getShape().back() == 1)
    return RowKind::Values;
  for (Value value = output; value; value = lookThrough(value)) {
    Operation *op = value.getDefiningOp();
    int64_t last = typeOf(value).getRank() - 1;
    auto isAlongRows = [last](auto softmax) {
      return normalizeAxis(std::nullopt, softmax.getAxis(), last + 1) == last;
    };
    if (auto softmax = dyn_cast_or_null<SoftmaxOp>(op))
      return isAlongRows(softmax) ? RowKind::Probabilities : RowKind::Values;
    if (auto softmax = dyn_cast_or_null<LogSoftmaxOp>(op))
      return isAlongRows(softmax) ? RowKind::Logits : RowKind::Values;
    if (isa_and_nonnull<MatMulOp, GemmOp>(op) && isConstant(op->getOperand(1)))
      return RowKind::Logits;
  }
  return RowKind::Values;
}

QuantJudge::QuantJudge(ModuleOp module, const ModelRunner *runner)
    : metric(runner ? runner->getMetric() : nullptr) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  for (Value output : main.front().getTerminator()->getOperands())
    rows.push_back(readRows(output));
}

bool QuantJudge::isBetter(const Nearness &near, const Nearness &other) const {
  if (metric) {
    Estimate gain = compareTask(near.scores, other.scores, metric->kind).difference;
    if (gain.low > 0 || gain.high < 0)
      return gain.low > 0;
  }
  return isNearer(near, other);
}

StringRef QuantJudge::getName() const {
  return metric ? "metric" : llvm::any_of(rows, isOfClasses) ? "classes" : "sqnr";
}

static json::Value toJson(double number) {
  return std::isfinite(number) ? json::Value(number) : json::Value(nullptr);
}

json::Object QuantJudge::describe(const Nearness &near) const {
  json::Object object{{"sqnr_db", toJson(near.sqnrDb)}, {"top1", near.top1}};
  if (near.divergence)
    object["divergence"] = toJson(*near.divergence);
  if (metric && !near.scores.labels.empty())
    object["metric"] = measureTask(near.scores, metric->kind);
  return object;
}
