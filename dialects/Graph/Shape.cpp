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
  FailureOr<int64_t> rank = inferLength(loc, shape, "shape"); // C1
  if (failed(rank))
    return failure();
  InferredTensor result{input.elementType,
                        SmallVector<AffineExpr>(*rank, AffineExpr())};
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

LogicalResult SizeOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location>, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  InferredTensor result{IntegerType::get(shapes.getContext(), 64), {}};
  result.elements = {shapes.product(shapes.get(op.getInput()).dims)};
  results.push_back(std::move(result));
  return success();
}

LogicalResult
SqueezeOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                        Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  FailureOr<SmallVector<int64_t>> axes =
      normalizeAxes(loc, op.getAxes(), input.getRank()); // C1
  if (failed(axes))
    return failure();
  InferredTensor result{input.elementType, {}, input.elements};
  for (auto [i, dim] : llvm::enumerate(input.dims)) {
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i))) {
      result.dims.push_back(dim);
      continue;
    }
    std::optional<int64_t> extent = getConstant(dim);
    if (extent && extent != 1) // C2
      return emitOptionalError(loc, "dimension ", i, " has extent ", *extent,
                               ", not 1");
  }
  results.push_back(std::move(result));
  return success();
}

LogicalResult
UnsqueezeOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                          Adaptor op,
                          SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  int64_t rank = input.getRank() + op.getAxes().size();
  FailureOr<SmallVector<int64_t>> axes =
      normalizeAxes(loc, op.getAxes(), rank); // C1
  if (failed(axes))
    return failure();
  InferredTensor result{input.elementType, {}, input.elements};
  const AffineExpr *next = input.dims.begin();
  for (int64_t i = 0; i < rank; ++i)
    result.dims.push_back(
        llvm::is_contained(*axes, i) ? shapes.constant(1) : *next++);
  results.push_back(std::move(result));
  return success();
}

LogicalResult ExpandOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &shape = shapes.get(op.getShape());
  FailureOr<int64_t> length = inferLength(loc, shape, "shape"); // C1
  if (failed(length))
    return failure();
  SmallVector<AffineExpr> target(*length, AffineExpr());
  if (shape.elements)
    target = *shape.elements;
  for (AffineExpr &dim : target) {
    std::optional<int64_t> extent = getConstant(dim);
    if (extent && *extent < 0) // C2
      return emitOptionalError(loc, "shape has the extent ", *extent);
    if (!shapes.isSize(dim))
      dim = {};
  }
  FailureOr<SmallVector<AffineExpr>> dims =
      inferBroadcast(shapes, loc, {input.dims, target}); // C3
  if (failed(dims))
    return failure();
  InferredTensor result{input.elementType, std::move(*dims)};
  std::optional<SmallVector<int64_t>> sizes = result.getStaticShape();
  if (input.elements && input.elements->size() == 1 && sizes &&
      ShapedType::getNumElements(*sizes) <= InferredTensor::maxElements)
    result.elements.emplace(ShapedType::getNumElements(*sizes),
                            input.elements->front());
  results.push_back(std::move(result));
  return success();
}

LogicalResult TileOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &repeats = shapes.get(op.getRepeats());
  FailureOr<int64_t> length = inferLength(loc, repeats, "repeats");
  if (failed(length))
    return failure();
  if (*length != input.getRank()) // C1
    return emitOptionalError(loc, "repeats has ", *length,
                             " elements, but the input has rank ",
                             input.getRank());
  InferredTensor result{input.elementType, {}};
  for (int64_t i = 0; i < *length; ++i) {
    AffineExpr count = repeats.elements ? (*repeats.elements)[i] : AffineExpr();
    std::optional<int64_t> constant = getConstant(count);
    if (constant && *constant < 0) // C2
      return emitOptionalError(loc, "repeats has the element ", *constant);
    result.dims.push_back(shapes.isNonNegative(count)
                              ? shapes.mul(input.dims[i], count)
                              : AffineExpr());
  }
  if (result.getRank() == 1 && input.elements && repeats.elements)
    if (std::optional<int64_t> count = getConstant(repeats.elements->front());
        count && *count * static_cast<int64_t>(input.elements->size()) <=
                     InferredTensor::maxElements) {
      result.elements.emplace();
      for (int64_t i = 0; i < *count; ++i)
        llvm::append_range(*result.elements, *input.elements);
    }
  results.push_back(std::move(result));
  return success();
}

LogicalResult SplitOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location> loc, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), input.getRank()); // C1
  if (failed(axis))
    return failure();
  int64_t parts = op.getParts();
  if (parts < 1)
    return emitOptionalError(loc, "cannot cut into ", parts, " parts");
  AffineExpr extent = input.dims[*axis], rest = extent;
  SmallVector<AffineExpr> sizes;
  if (op.getSizes()) {
    const InferredTensor &list = shapes.get(op.getSizes());
    FailureOr<int64_t> length = inferLength(loc, list, "sizes");
    if (failed(length))
      return failure();
    if (*length != parts) // C2
      return emitOptionalError(loc, "sizes has ", *length, " elements for ",
                               parts, " parts");
    for (int64_t i = 0; i < parts; ++i) {
      AffineExpr size = list.elements ? (*list.elements)[i] : AffineExpr();
      sizes.push_back(shapes.isSize(size) ? size : AffineExpr());
      rest = shapes.sub(rest, sizes.back());
      if (getConstant(size).value_or(0) < 0) // C3
        return emitOptionalError(loc, "sizes has the element ",
                                 *getConstant(size));
    }
    if (std::optional<int64_t> left = getConstant(rest); left && *left) // C3
      return emitOptionalError(loc, "sizes must add up to the extent of "
                                    "dimension ", *axis, ", but differ by ",
                               *left);
  } else {
    AffineExpr size = shapes.quotient({extent}, {shapes.constant(parts)});
    if (shapes.mul(size, shapes.constant(parts)) != extent)
      size = shapes.floorDiv(shapes.add(extent, shapes.constant(parts - 1)),
                             shapes.constant(parts));
    sizes.assign(parts - 1, size);
    sizes.push_back(
        shapes.sub(extent, shapes.mul(size, shapes.constant(parts - 1))));
    if (getConstant(sizes.back()).value_or(0) < 0) // C4
      return emitOptionalError(loc, "cannot cut extent ", *getConstant(extent),
                               " into ", parts, " equal parts");
  }
  bool tracked = input.elements && input.getRank() == 1 &&
                 llvm::all_of(sizes, [](AffineExpr size) {
                   return getConstant(size).has_value();
                 });
  int64_t offset = 0;
  for (AffineExpr size : sizes) {
    InferredTensor result{input.elementType, input.dims};
    result.dims[*axis] = size;
    if (tracked) {
      int64_t length = *getConstant(size);
      result.elements.emplace(
          ArrayRef<AffineExpr>(*input.elements).slice(offset, length));
      offset += length;
    }
    results.push_back(std::move(result));
  }
  return success();
}

LogicalResult SplitOp::verify() {
  if (getNumResults() != getParts()) // C4
    return emitOpError("cuts into ") << getParts() << " parts, but has "
                                     << getNumResults() << " results";
  return success();
}
