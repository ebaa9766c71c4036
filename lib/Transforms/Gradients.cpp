#include "Gradients.h"
#include "dialects/Graph/NodeNames.h"
#include "dialects/Graph/Shape.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

GradientRules::GradientRules() {
  addElementwiseGradients(*this);
  addIndexingGradients(*this);
  addLinearGradients(*this);
  addNormalizationGradients(*this);
  addReductionGradients(*this);
  addShapeGradients(*this);
  addSlicingGradients(*this);
  addWindowGradients(*this);
}

const GradientRules::Rule *GradientRules::find(Operation *op) const {
  auto rule = rules.find(op->getName().getStringRef());
  return rule == rules.end() ? nullptr : &rule->second;
}

SmallVector<int64_t> graphopt::countFromFront(ArrayRef<int64_t> axes, int64_t rank) {
  return llvm::map_to_vector(axes, [&](int64_t axis) { return countFromFront(axis, rank); });
}

Gradients::Gradients(const GradientRules &rules, GradientMath &b)
    : rules(rules), b(b), shapes(b.getContext()) {
  shapes.run(b.getInsertionBlock()->getParent()->getParentOfType<func::FuncOp>());
}

InFlightDiagnostic Gradients::emitError(Operation *op) const {
  InFlightDiagnostic diagnostic = mlir::emitError(op->getLoc());
  diagnostic.attachNote(b.getLoc()) << "its gradient is needed here";
  return diagnostic;
}

//===--- Going through ops -----------------------------------------------===//

LogicalResult Gradients::record(Operation *op) {
  SetVector<Value> outside;
  getUsedValuesDefinedAbove(op->getRegions(), outside);
  auto isWanted = [&](Value value) { return wants(value); };
  if (llvm::none_of(op->getOperands(), isWanted) && llvm::none_of(outside, isWanted))
    return success();
  for (Value result : op->getResults())
    if (isa<FloatType>(getElementTypeOrSelf(result)))
      want(result);
    else if (!isa<RankedTensorType>(result.getType()))
      return emitError(op) << "there is no gradient of " << getOperatorName(op)
                           << ", whose results are no tensors";
  return success();
}

LogicalResult Gradients::reverse(ArrayRef<Operation *> ops) {
  for (Operation *op : llvm::reverse(ops)) {
    auto isNeeded = [&](Value result) { return wants(result) && get(result); };
    if (llvm::none_of(op->getResults(), isNeeded))
      continue;
    const GradientRules::Rule *rule = rules.find(op);
    if (!rule)
      return emitError(op) << "there is no gradient of " << getOperatorName(op);
    if (failed((*rule)(op, *this)))
      return failure();
  }
  return success();
}

namespace {
/// Lists the ops that a builder inserts.
struct OpList : OpBuilder::Listener {
  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
    ops.push_back(op);
  }
  SmallVector<Operation *> ops;
};
} // namespace

LogicalResult Gradients::through(Operation *op,
                                 function_ref<SmallVector<Value>()> build) {
  OpList built;
  OpBuilder::Listener *outer = b.getListener();
  b.setListener(&built);
  SmallVector<Value> results = build();
  b.setListener(outer);
  for (Operation *part : built.ops)
    if (failed(record(part)))
      return failure();
  for (auto [result, value] : llvm::zip(op->getResults(), results))
    if (value)
      add(value, get(result));
  return reverse(built.ops);
}

//===--- Sums ------------------------------------------------------------===//

void Gradients::add(Value value, Value gradient) {
  if (!value || !gradient || !wants(value))
    return;
  gradient = sumTo(gradient, value);
  Value &sum = gradients[value];
  sum = sum ? b.add(sum, gradient) : gradient;
}

Value Gradients::sumTo(Value value, Value like) {
  ArrayRef<AffineExpr> from = shapes.get(value).dims, to = shapes.get(like).dims;
  int64_t missing = from.size() - to.size();
  auto leading = llvm::to_vector(llvm::seq<int64_t>(0, missing));
  SmallVector<int64_t> repeated(leading);
  llvm::BitVector maybeRepeated(to.size());
  for (auto [i, dim] : llvm::enumerate(to)) {
    AffineExpr full = from[missing + i];
    std::optional<int64_t> extent = getConstant(dim);
    if (extent == 1 && getConstant(full) != 1)
      repeated.push_back(missing + i);
    else if (!extent && dim != full && !shapes.areEqualUnlessClamped(dim, full))
      maybeRepeated.set(i);
  }
  if (!repeated.empty()) {
    bool onlyLeading = repeated.size() == leading.size();
    value = b.sum(value, repeated, /*keepdims=*/!onlyLeading);
    if (!onlyLeading)
      value = b.squeeze(value, leading);
  }
  return maybeRepeated.any() ? sumRepeated(value, like, maybeRepeated) : value;
}

/// Where only the run knows: an extent n of `value` is divided into n / m repetitions
/// of the m elements of `like`, one of both being 1.
Value Gradients::sumRepeated(Value value, Value like,
                             const llvm::BitVector &maybeRepeated) {
  Value extents = b.shape(like);
  Value least = b.binary(BinaryKind::Max, extents, b.scalar(extents, 1));
  Value repeats = b.div(b.shape(value), least);
  SmallVector<Value> divided;
  SmallVector<int64_t> axes;
  auto take = [&](Value list, int64_t i) {
    divided.push_back(b.slice(list, 0, b.ints(i), b.ints(i + 1)));
  };
  for (int64_t i = 0, rank = maybeRepeated.size(); i < rank; ++i) {
    if (maybeRepeated.test(i)) {
      axes.push_back(divided.size());
      take(repeats, i);
    }
    take(extents, i);
  }
  return b.sum(b.reshape(value, b.concat(divided)), axes);
}
