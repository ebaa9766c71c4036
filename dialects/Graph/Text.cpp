#include "dialects/Graph/Text.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Text.cpp.inc"

void GraphDialect::registerText() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Text.cpp.inc"
      >();
}

using Results = SmallVectorImpl<InferredTensor>;

static Type i64(ShapeInference &shapes) {
  return IntegerType::get(shapes.getContext(), 64);
}

static LogicalResult inferPairs(ShapeInference &shapes,
                                std::optional<Location> loc, Value lhs,
                                Value rhs, Type element, Results &results) {
  FailureOr<SmallVector<AffineExpr>> dims = inferBroadcast(
      shapes, loc, {shapes.get(lhs).dims, shapes.get(rhs).dims}); // C1
  if (failed(dims))
    return failure();
  results.push_back({element, std::move(*dims)});
  return success();
}

LogicalResult StringConcatOp::inferResults(ShapeInference &shapes,
                                           std::optional<Location> loc,
                                           Adaptor op, Results &results) {
  return inferPairs(shapes, loc, op.getLhs(), op.getRhs(),
                    StringType::get(shapes.getContext()), results);
}

LogicalResult StringEqualOp::inferResults(ShapeInference &shapes,
                                          std::optional<Location> loc,
                                          Adaptor op, Results &results) {
  return inferPairs(shapes, loc, op.getLhs(), op.getRhs(),
                    IntegerType::get(shapes.getContext(), 1), results);
}

LogicalResult StringCaseOp::inferResults(ShapeInference &shapes,
                                         std::optional<Location>, Adaptor op,
                                         Results &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  results.push_back({input.elementType, input.dims});
  return success();
}

/// What is asked about each of `input` by means of the list `table`.
static LogicalResult inferLookup(ShapeInference &shapes,
                                 std::optional<Location> loc, Value input,
                                 Value table, Type element, Results &results) {
  if (shapes.get(table).getRank() != 1) // C1
    return emitOptionalError(loc, "a list has type ", table.getType());
  results.push_back({element, shapes.get(input).dims});
  return success();
}

LogicalResult StringMatchOp::inferResults(ShapeInference &shapes,
                                          std::optional<Location> loc,
                                          Adaptor op, Results &results) {
  return inferLookup(shapes, loc, op.getInput(), op.getAutomaton(),
                     IntegerType::get(shapes.getContext(), 1), results);
}

LogicalResult StringFindOp::inferResults(ShapeInference &shapes,
                                         std::optional<Location> loc,
                                         Adaptor op, Results &results) {
  return inferLookup(shapes, loc, op.getInput(), op.getKeys(), i64(shapes),
                     results);
}

LogicalResult StringRankOp::inferResults(ShapeInference &shapes,
                                         std::optional<Location>, Adaptor op,
                                         Results &results) {
  results.push_back({i64(shapes), shapes.get(op.getInput()).dims});
  return success();
}

LogicalResult StringSplitOp::inferResults(ShapeInference &shapes,
                                          std::optional<Location>, Adaptor op,
                                          Results &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  InferredTensor parts{input.elementType, input.dims};
  parts.dims.push_back({});
  InferredTensor counts{i64(shapes), input.dims};
  results.push_back(std::move(parts));
  results.push_back(std::move(counts));
  return success();
}

LogicalResult FormatOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location>, Adaptor op,
                                     Results &results) {
  results.push_back({StringType::get(shapes.getContext()),
                     shapes.get(op.getInput()).dims});
  return success();
}

LogicalResult ParseOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location>, Adaptor op,
                                    Results &results) {
  results.push_back({op.getTo(), shapes.get(op.getInput()).dims});
  return success();
}

LogicalResult CountNgramsOp::inferResults(ShapeInference &shapes,
                                          std::optional<Location> loc,
                                          Adaptor op, Results &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  if (input.getRank() != 2 || shapes.get(op.getTable()).getRank() != 1) // C1
    return emitOptionalError(loc, "rows have type ", op.getInput().getType(),
                             ", their table ", op.getTable().getType());
  results.push_back({Float32Type::get(shapes.getContext()),
                     {input.dims[0], shapes.constant(op.getColumns())}});
  return success();
}
