#include "dialects/Graph/Shape.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Shape.cpp.inc"

void GraphDialect::registerShape() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Shape.cpp.inc"
      >();
}

LogicalResult ShapeOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location>, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  InferredTensor result{IntegerType::get(shapes.getContext(), 64),
                        {shapes.constant(input.getRank())}};
  result.elements = input.dims;
  results.push_back(std::move(result));
  return success();
}

LogicalResult
TransposeOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                          Adaptor op,
                          SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  ArrayRef<int64_t> permutation = op.getPermutation();
  if (static_cast<int64_t>(permutation.size()) != input.getRank()) // C1
    return emitOptionalError(loc, "permutation has ", permutation.size(),
                             " entries, but the input has rank ",
                             input.getRank());
  if (!isPermutationVector(permutation)) // C2
    return emitOptionalError(loc, "permutation [", permutation,
                             "] must hold each of 0..",
                             input.getRank() - 1, " exactly once");
  InferredTensor result{
      input.elementType,
      applyPermutation(ArrayRef<AffineExpr>(input.dims), permutation)};
  std::optional<SmallVector<int64_t>> sizes = result.getStaticShape();
  if (input.elements && sizes) {
    SmallVector<int64_t> strides = applyPermutation(
        computeStrides(*input.getStaticShape()), permutation);
    result.elements.emplace();
    for (int64_t i = 0, count = input.elements->size(); i < count; ++i)
      result.elements->push_back((*input.elements)[linearize(
          delinearize(i, computeStrides(*sizes)), strides)]);
  }
  results.push_back(std::move(result));
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  return llvm::equal(getPermutation(),
                     llvm::seq<int64_t>(0, getPermutation().size()))
             ? OpFoldResult(getInput())
             : nullptr;
}

LogicalResult
ReshapeOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                        Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &shape = shapes.get(op.getShape());
  if (shape.getRank() != 1 || !getConstant(shape.dims[0])) // C1
    return emitOptionalError(loc, "shape must have one dimension of static "
                                  "extent, but its type is ",
                             op.getShape().getType());
  int64_t rank = *getConstant(shape.dims[0]);
  InferredTensor result{input.elementType,
                        SmallVector<AffineExpr>(rank, AffineExpr())};
  if (shape.elements)
    result.dims = *shape.elements;

  std::optional<size_t> rest;
  for (auto [i, dim] : llvm::enumerate(result.dims)) {
    std::optional<int64_t> value = getConstant(dim);
    if (value == 0 && !op.getAllowZero()) {
      if (static_cast<int64_t>(i) >= input.getRank()) // C4
        return emitOptionalError(loc, "shape has a 0 at position ", i,
                                 ", but the input has rank ", input.getRank());
      dim = input.dims[i];
    } else if (value && *value < 0) {
      if (*value != -1)
        return emitOptionalError(loc, "shape has the extent ", *value);
      if (rest) // C2
        return emitOptionalError(loc, "shape has more than one -1");
      rest = i;
    } else if (dim && !value && !shapes.isNonNegative(dim)) {
      dim = {}; // may be a -1 or a 0
    }
  }
  if (rest) {
    SmallVector<AffineExpr> others(result.dims);
    others.erase(others.begin() + *rest);
    result.dims[*rest] = shapes.quotient(input.dims, others);
  }

  std::optional<int64_t> before = getConstant(shapes.product(input.dims));
  std::optional<int64_t> after = getConstant(shapes.product(result.dims));
  if (before && after && before != after) // C3
    return emitOptionalError(loc, "cannot reshape ", *before,
                             " elements to a shape of ", *after);
  if (input.elements && result.getStaticShape())
    result.elements = input.elements;
  results.push_back(std::move(result));
  return success();
}

/// A reshape to the same static shape does nothing.
OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  return getType() == getInput().getType() && getType().hasStaticShape()
             ? OpFoldResult(getInput())
             : nullptr;
}

LogicalResult ConcatOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  if (op.getInputs().empty())
    return emitOptionalError(loc, "needs at least one input");
  const InferredTensor &first = shapes.get(op.getInputs().front());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), first.getRank()); // C2
  if (failed(axis))
    return failure();
  InferredTensor result{first.elementType, first.dims};
  result.dims[*axis] = shapes.constant(0);
  bool outermost = *axis == 0;
  if (outermost)
    result.elements.emplace();
  for (Value value : op.getInputs()) {
    const InferredTensor &input = shapes.get(value);
    if (input.elementType != result.elementType ||
        input.getRank() != result.getRank()) // C1
      return emitOptionalError(loc, "cannot join types ",
                               op.getInputs().front().getType(), " and ",
                               value.getType());
    for (int64_t dim = 0; dim < input.getRank(); ++dim) {
      if (dim == *axis) {
        result.dims[dim] = shapes.add(result.dims[dim], input.dims[dim]);
        continue;
      }
      std::optional<int64_t> expected = getConstant(result.dims[dim]);
      std::optional<int64_t> extent = getConstant(input.dims[dim]);
      if (expected && extent && expected != extent) // C3
        return emitOptionalError(loc, "dimension ", dim, " has extents ",
                                 *expected, " and ", *extent);
      if (extent)
        result.dims[dim] = input.dims[dim];
    }
    if (result.elements && input.elements)
      llvm::append_range(*result.elements, *input.elements);
    else
      result.elements.reset();
  }
  if (result.elements && !result.getStaticShape())
    result.elements.reset();
  results.push_back(std::move(result));
  return success();
}
