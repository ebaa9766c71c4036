#include "dialects/Graph/Recurrent.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Recurrent.cpp.inc"

void GraphDialect::registerRecurrent() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Recurrent.cpp.inc"
      >();
}

static size_t getActivationCount(RecurrentKind kind) {
  switch (kind) {
  case RecurrentKind::RNN:
    return 1;
  case RecurrentKind::GRU:
    return 2;
  case RecurrentKind::LSTM:
    return 3;
  }
  llvm_unreachable("all kinds are handled");
}

static LogicalResult checkAttributes(std::optional<Location> loc,
                                     RecurrentOp::Adaptor op) {
  static const llvm::StringSet<> names = {
      "Relu",        "Tanh", "Sigmoid",  "Affine",   "LeakyRelu",  "ThresholdedRelu",
      "ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus"};
  RecurrentKind kind = op.getKind();
  StringRef name = stringifyRecurrentKind(kind);
  if (kind != RecurrentKind::LSTM &&
      (op.getInitialCell() || op.getPeepholes() || op.getInputForget())) // C2
    return emitOptionalError(loc, name, " has no cell state");
  if (kind != RecurrentKind::GRU && op.getLinearBeforeReset()) // C2
    return emitOptionalError(loc, name, " has no reset gate");
  size_t count = getActivationCount(kind);
  if (op.getActivations().size() != count || op.getAlpha().size() != count ||
      op.getBeta().size() != count) // C3
    return emitOptionalError(loc, name, " needs ", count,
                             " activations with alpha and beta");
  for (auto activation : op.getActivations().getAsRange<StringAttr>())
    if (!names.contains(activation.getValue())) // C3
      return emitOptionalError(loc, "unknown activation ", activation);
  return success();
}

LogicalResult
RecurrentOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                          Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  if (failed(checkAttributes(loc, op)))
    return failure();
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &recurrence = shapes.get(op.getRecurrence());
  if (input.getRank() != 3 || recurrence.getRank() != 2) // C1
    return emitOptionalError(loc, "input must have rank 3, recurrence rank 2");
  AffineExpr batch = input.dims[1], hidden = recurrence.dims[1];
  AffineExpr gates = shapes.mul(
      shapes.constant(static_cast<int64_t>(op.getKind())), hidden);
  auto twice = [&](AffineExpr x) { return shapes.mul(shapes.constant(2), x); };

  auto check = [&](StringRef name, Value operand,
                   ArrayRef<AffineExpr> expected) -> LogicalResult { // C1
    if (!operand)
      return success();
    const InferredTensor &tensor = shapes.get(operand);
    bool agrees = tensor.dims.size() == expected.size();
    for (auto [own, other] : llvm::zip(tensor.dims, expected)) {
      std::optional<int64_t> left = getConstant(own), right = getConstant(other);
      agrees &= !left || !right || left == right;
    }
    if (agrees)
      return success();
    return emitOptionalError(loc, name, " of type ", operand.getType(),
                             " does not fit the other operands");
  };
  if (failed(check("weights", op.getWeights(), {gates, input.dims[2]})) ||
      failed(check("recurrence", op.getRecurrence(), {gates, hidden})) ||
      failed(check("bias", op.getBias(), {twice(gates)})) ||
      failed(check("lengths", op.getLengths(), {batch})) ||
      failed(check("initialHidden", op.getInitialHidden(), {batch, hidden})) ||
      failed(check("initialCell", op.getInitialCell(), {batch, hidden})) ||
      failed(check("peepholes", op.getPeepholes(),
                   {shapes.mul(shapes.constant(3), hidden)})))
    return failure();

  results.push_back({input.elementType, {input.dims[0], batch, hidden}});
  results.push_back({input.elementType, {batch, hidden}});
  if (op.getKind() == RecurrentKind::LSTM)
    results.push_back({input.elementType, {batch, hidden}});
  return success();
}
