#include "dialects/Graph/Attention.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Attention.cpp.inc"

void GraphDialect::registerAttention() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Attention.cpp.inc"
      >();
}

static bool canBeEqual(AffineExpr lhs, AffineExpr rhs) {
  std::optional<int64_t> left = getConstant(lhs), right = getConstant(rhs);
  return !left || !right || left == right;
}

/// The known one of two extents that are equal.
static AffineExpr getKnown(AffineExpr lhs, AffineExpr rhs) {
  return getConstant(rhs) ? rhs : lhs;
}

/// `mask` against the scores.
static LogicalResult checkMask(std::optional<Location> loc,
                               ShapeInference &shapes, Value mask,
                               const InferredTensor &scores) {
  const InferredTensor &own = shapes.get(mask);
  if (own.elementType != scores.elementType &&
      !own.elementType.isInteger(1)) // C2
    return emitOptionalError(loc, "mask has elements of type ", own.elementType,
                             ", not i1 or ", scores.elementType);
  bool fits = own.getRank() <= scores.getRank();
  for (int64_t i = 1; fits && i <= own.getRank(); ++i) {
    AffineExpr dim = own.dims[own.getRank() - i];
    fits = getConstant(dim) == 1 ||
           canBeEqual(dim, scores.dims[scores.getRank() - i]);
  }
  if (fits)
    return success();
  return emitOptionalError(loc, "mask of type ", mask.getType(), // C4
                           " does not broadcast to the scores' type ",
                           scores.getType());
}

LogicalResult
AttentionOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                          Adaptor op,
                          SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &query = shapes.get(op.getQuery());
  const InferredTensor &key = shapes.get(op.getKey());
  const InferredTensor &value = shapes.get(op.getValue());
  for (const InferredTensor *input : {&query, &key, &value}) {
    if (input->getRank() != 4) // C1
      return emitOptionalError(loc, "query, key and value have rank 4, not ",
                               input->getRank());
    if (input->elementType != query.elementType) // C2
      return emitOptionalError(loc, "inputs have element types ",
                               query.elementType, " and ", input->elementType);
  }
  bool agree = canBeEqual(query.dims[3], key.dims[3]);
  for (const InferredTensor *input : {&query, &value})
    agree &= canBeEqual(input->dims[0], key.dims[0]);
  for (int64_t dim : {1, 2})
    agree &= canBeEqual(value.dims[dim], key.dims[dim]);
  if (!agree) // C1
    return emitOptionalError(loc, "a query of type ", op.getQuery().getType(),
                             " does not fit to a key of type ",
                             op.getKey().getType(), " and a value of type ",
                             op.getValue().getType());
  std::optional<int64_t> heads = getConstant(query.dims[1]);
  std::optional<int64_t> keyHeads =
      getConstant(getKnown(key.dims[1], value.dims[1]));
  if (heads && keyHeads && (*keyHeads == 0 ? *heads : *heads % *keyHeads)) // C3
    return emitOptionalError(loc, *keyHeads, " heads of keys do not divide ",
                             *heads, " of queries");

  AffineExpr batch = getKnown(query.dims[0], getKnown(key.dims[0], value.dims[0]));
  InferredTensor result{query.elementType,
                        {batch, query.dims[1], query.dims[2], value.dims[3]}};
  InferredTensor scores = result;
  scores.dims[3] = getKnown(key.dims[2], value.dims[2]);
  if (op.getMask() && failed(checkMask(loc, shapes, op.getMask(), scores)))
    return failure();
  results.push_back(std::move(result));
  return success();
}

LogicalResult AttentionOp::verify() {
  if (getSoftcap().isNegative()) // C5
    return emitOpError("softcap is ") << getSoftcap().convertToDouble();
  return success();
}
