#include "dialects/Graph/Control.h"
#include "dialects/Graph/Sequence.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Control.cpp.inc"

void GraphDialect::registerControl() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Control.cpp.inc"
      >();
}

static LogicalResult verifyOneElement(Operation *op, Value value,
                                      StringRef what) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.hasStaticShape() && type.getNumElements() != 1)
    return op->emitOpError() << what << " must have one element, not "
                             << type.getNumElements();
  return success();
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

LogicalResult IfOp::verify() {
  for (Region *branch : {&getThenBranch(), &getElseBranch()}) {
    auto yield = cast<YieldOp>(branch->front().getTerminator());
    if (yield.getValues().size() != getNumResults()) // C1
      return emitOpError("has ") << getNumResults() << " results, but a branch yields "
                                 << yield.getValues().size() << " values";
    for (auto [value, result] :
         llvm::zip_equal(yield.getValues(), getResults()))
      if (!fitsType(value.getType(), result.getType())) // C1
        return emitOpError("result has type ")
               << result.getType() << ", but a branch yields " << value.getType();
  }
  return verifyOneElement(*this, getCondition(), "condition"); // C2
}

/// if (constant) a else b  =>  a or b
LogicalResult IfOp::canonicalize(IfOp op, PatternRewriter &rewriter) {
  DenseIntElementsAttr condition;
  if (!matchPattern(op.getCondition(), m_Constant(&condition)) ||
      condition.getNumElements() != 1)
    return rewriter.notifyMatchFailure(op, "condition is not constant");
  bool taken = !(*condition.getValues<APInt>().begin()).isZero();
  Block &block = (taken ? op.getThenBranch() : op.getElseBranch()).front();
  auto yield = cast<YieldOp>(block.getTerminator());
  SmallVector<Value> values(yield.getValues());
  rewriter.inlineBlockBefore(&block, op);
  rewriter.eraseOp(yield);
  for (auto [value, type] : llvm::zip_equal(values, op.getResultTypes()))
    if (value.getType() != type)
      value = isa<RankedTensorType>(type)
                  ? tensor::CastOp::create(rewriter, op.getLoc(), type, value).getResult()
                  : RetypeOp::create(rewriter, op.getLoc(), type, value).getResult();
  rewriter.replaceOp(op, values);
  return success();
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

YieldOp LoopOp::getYield() {
  return cast<YieldOp>(getBody().front().getTerminator());
}

LogicalResult LoopOp::verify() {
  Block &body = getBody().front();
  size_t carried = getInits().size();
  OpBuilder builder(getContext());
  auto counter = RankedTensorType::get({}, builder.getI64Type());
  auto condition = RankedTensorType::get({}, builder.getI1Type());
  if (body.getNumArguments() != 2 + carried ||
      body.getArgument(0).getType() != counter ||
      body.getArgument(1).getType() != condition) // C1
    return emitOpError("body needs arguments tensor<i64>, tensor<i1> and ")
           << carried << " carried values";
  for (auto [init, argument] :
       llvm::zip_equal(getInits(), body.getArguments().drop_front(2)))
    if (!fitsType(init.getType(), argument.getType())) // C1
      return emitOpError("initial value of type ")
             << init.getType() << " does not fit " << argument.getType();

  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getValues().size() != 1 + getNumResults() ||
      getNumResults() < carried) // C2
    return emitOpError("body must yield a condition and ")
           << getNumResults() << " values";
  auto values = yield.getValues();
  if (getElementTypeOrSelf(values[0]) != builder.getI1Type()) // C2
    return emitOpError("body must yield a condition first");
  for (size_t i = 0; i < carried; ++i) {
    if (!fitsType(values[1 + i].getType(), body.getArgument(2 + i).getType())) // C2
      return emitOpError("body yields ")
             << values[1 + i].getType() << " for a carried value of type "
             << body.getArgument(2 + i).getType();
    if (!fitsType(body.getArgument(2 + i).getType(), getResult(i).getType())) // C3
      return emitOpError("carried value of type ")
             << body.getArgument(2 + i).getType() << " does not fit the result "
             << getResult(i).getType();
  }
  for (size_t i = carried; i < getNumResults(); ++i) {
    auto type = dyn_cast<RankedTensorType>(values[1 + i].getType());
    if (!type) // C3
      return emitOpError("scan output must be a tensor, not ")
             << values[1 + i].getType();
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.begin(), ShapedType::kDynamic);
    if (!fitsType(type.clone(shape), getResult(i).getType())) // C3
      return emitOpError("scan output of type ")
             << type << " does not fit the result " << getResult(i).getType();
  }
  if (getMaxTrips() && failed(verifyOneElement(*this, getMaxTrips(), "maxTrips")))
    return failure();
  return getCondition() ? verifyOneElement(*this, getCondition(), "condition")
                        : success();
}

//===----------------------------------------------------------------------===//
// Gradient
//===----------------------------------------------------------------------===//

LogicalResult
GradientOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                         Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  SmallVector<Value> names(op.getXs());
  llvm::append_range(names, op.getZs());
  if (op.getInputs().size() != names.size()) // C1
    return emitOptionalError(loc, "has ", op.getInputs().size(), " inputs for ",
                             names.size(), " tensors");
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    const InferredTensor &at = shapes.get(input);
    auto expected = dyn_cast<RankedTensorType>(names[i].getType());
    if (!expected || at.elementType != expected.getElementType()) // C1
      return emitOptionalError(loc, "input ", i, " holds ", at.elementType,
                               ", but stands for ", names[i].getType());
    if (i < op.getXs().size())
      results.push_back({at.elementType, at.dims});
  }
  return success();
}
