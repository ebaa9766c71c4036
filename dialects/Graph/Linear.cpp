#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Einsum.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Linear.cpp.inc"

void GraphDialect::registerLinear() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Linear.cpp.inc"
      >();
}

/// ONNX multiplies matrices of floats and of wide integers.
static bool isMatrixElement(Type type) {
  return type.isIntOrFloat() && (isa<FloatType>(type) || type.getIntOrFloatBitWidth() >= 32);
}

static LogicalResult checkElements(std::optional<Location> loc,
                                   const InferredTensor &lhs,
                                   const InferredTensor &rhs) {
  if (lhs.elementType == rhs.elementType && isMatrixElement(lhs.elementType))
    return success();
  return emitOptionalError(loc, "cannot multiply matrices of ", lhs.elementType,
                           " and ", rhs.elementType);
}

static bool isBytes(const InferredTensor &tensor) {
  return tensor.elementType.isInteger(8) && tensor.getRank() > 1;
}

/// Bytes that are wider already.
static bool isPairs(const InferredTensor &tensor) {
  return tensor.elementType.isSignlessInteger(16) && tensor.getRank() > 1;
}

/// `columns` of the left side against `rows` of the right.
static LogicalResult checkDepth(std::optional<Location> loc, AffineExpr columns,
                                AffineExpr rows) {
  std::optional<int64_t> left = getConstant(columns), right = getConstant(rows);
  if (!left || !right || left == right)
    return success();
  return emitOptionalError(loc, "lhs has ", *left, " columns, but rhs has ",
                           *right, " rows");
}

LogicalResult MatMulOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &lhs = shapes.get(op.getLhs());
  const InferredTensor &rhs = shapes.get(op.getRhs());
  bool ofBytes = (isBytes(lhs) || isPairs(lhs)) && isBytes(rhs);
  if (!ofBytes && failed(checkElements(loc, lhs, rhs))) // C1
    return failure();
  if (lhs.dims.empty() || rhs.dims.empty()) // C2
    return emitOptionalError(loc, "cannot multiply a scalar");
  if (op.getWide() && (!lhs.elementType.isBF16() || lhs.getRank() < 2 || rhs.getRank() < 2)) // C5
    return emitOptionalError(loc, "only products of matrices of bf16 are wide");
  ArrayRef<AffineExpr> left = lhs.dims, right = rhs.dims;
  AffineExpr rows = right.size() == 1 ? right[0] : right[right.size() - 2];
  if (failed(checkDepth(loc, left.back(), rows))) // C3
    return failure();
  FailureOr<SmallVector<AffineExpr>> dims = inferBroadcast(
      shapes, loc, {left.drop_back(std::min<size_t>(left.size(), 2)),
            right.drop_back(std::min<size_t>(right.size(), 2))}); // C4
  if (failed(dims))
    return failure();
  if (left.size() > 1)
    dims->push_back(left[left.size() - 2]);
  if (right.size() > 1)
    dims->push_back(right.back());
  Builder types(lhs.elementType.getContext());
  Type element = ofBytes        ? types.getI32Type()
                 : op.getWide() ? types.getF32Type()
                                : lhs.elementType;
  results.push_back({element, std::move(*dims)});
  return success();
}

LogicalResult GemmOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &lhs = shapes.get(op.getLhs());
  const InferredTensor &rhs = shapes.get(op.getRhs());
  if (failed(checkElements(loc, lhs, rhs))) // C1
    return failure();
  if (lhs.getRank() != 2 || rhs.getRank() != 2) // C2
    return emitOptionalError(loc, "lhs has rank ", lhs.getRank(),
                             " and rhs rank ", rhs.getRank(), ", not 2");
  bool transA = op.getTransA(), transB = op.getTransB();
  if (failed(checkDepth(loc, lhs.dims[!transA], rhs.dims[transB]))) // C3
    return failure();
  InferredTensor result{lhs.elementType, {lhs.dims[transA], rhs.dims[!transB]}};
  if (op.getBias()) {
    const InferredTensor &bias = shapes.get(op.getBias());
    if (failed(checkElements(loc, lhs, bias))) // C1
      return failure();
    FailureOr<SmallVector<AffineExpr>> dims =
        inferBroadcast(shapes, loc, {result.dims, bias.dims});
    auto grows = [](AffineExpr from, AffineExpr to) {
      return getConstant(from) && getConstant(to) &&
             getConstant(from) != getConstant(to);
    };
    if (failed(dims) || dims->size() > 2 || grows(result.dims[0], (*dims)[0]) ||
        grows(result.dims[1], (*dims)[1])) // C4
      return emitOptionalError(loc, "bias of type ", op.getBias().getType(),
                               " does not broadcast to ", result.getType());
  }
  results.push_back(std::move(result));
  return success();
}

LogicalResult EinsumOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  if (op.getInputs().empty())
    return emitOptionalError(loc, "needs at least one input");
  SmallVector<int64_t> ranks;
  SmallVector<ArrayRef<AffineExpr>> dims;
  Type elementType = shapes.get(op.getInputs().front()).elementType;
  for (Value value : op.getInputs()) {
    const InferredTensor &input = shapes.get(value);
    if (input.elementType != elementType) // C1
      return emitOptionalError(loc, "inputs have element types ", elementType,
                               " and ", input.elementType);
    ranks.push_back(input.getRank());
    dims.push_back(input.dims);
  }
  FailureOr<EinsumEquation> equation =
      EinsumEquation::parse(loc, op.getEquation(), ranks); // C2
  if (failed(equation))
    return failure();
  auto extents = equation->getExtents(shapes, loc, dims); // C3
  if (failed(extents))
    return failure();
  InferredTensor result{elementType, {}};
  for (int label : equation->output)
    result.dims.push_back(extents->lookup(label));
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Det
//===----------------------------------------------------------------------===//

LogicalResult DetOp::inferResults(ShapeInference &shapes,
                                  std::optional<Location> loc, Adaptor op,
                                  SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  ArrayRef<AffineExpr> dims = input.dims;
  std::optional<int64_t> rows, columns;
  if (dims.size() >= 2) {
    rows = getConstant(dims[dims.size() - 2]);
    columns = getConstant(dims.back());
  }
  if (dims.size() < 2 || (rows && columns && *rows != *columns)) // C1
    return emitOptionalError(loc, "tensor of type ", input.getType(),
                             " has no square matrices");
  results.push_back({input.elementType, SmallVector<AffineExpr>(dims.drop_back(2))});
  return success();
}
