#include "dialects/Graph/Generator.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Generator.cpp.inc"

void GraphDialect::registerGenerator() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Generator.cpp.inc"
      >();
}

/// Checks that a tensor has one element; the message calls it `name`.
static LogicalResult checkSingle(ShapeInference &shapes,
                                 std::optional<Location> loc, Value value,
                                 StringRef name) {
  std::optional<SmallVector<int64_t>> shape = shapes.get(value).getStaticShape();
  if (shape && ShapedType::getNumElements(*shape) == 1)
    return success();
  return emitOptionalError(loc, name, " must have one element, but its type is ",
                           value.getType());
}

//===----------------------------------------------------------------------===//
// ConstantOfShape
//===----------------------------------------------------------------------===//

/// A tensor whose dimensions are the elements of `shape`.
static FailureOr<InferredTensor> inferFilled(ShapeInference &shapes,
                                             std::optional<Location> loc,
                                             Value shapeValue, Type element) {
  const InferredTensor &shape = shapes.get(shapeValue);
  FailureOr<int64_t> rank = inferLength(loc, shape, "shape"); // C1
  if (failed(rank))
    return failure();
  InferredTensor result{element, SmallVector<AffineExpr>(*rank, AffineExpr())};
  if (shape.elements)
    result.dims = *shape.elements;
  for (AffineExpr &dim : result.dims) {
    if (getConstant(dim).value_or(0) < 0) // C2
      return emitOptionalError(loc, "shape has the extent ", *getConstant(dim));
    if (!shapes.isSize(dim))
      dim = {};
  }
  return result;
}

LogicalResult
ConstantOfShapeOp::inferResults(ShapeInference &shapes,
                                std::optional<Location> loc, Adaptor op,
                                SmallVectorImpl<InferredTensor> &results) {
  FailureOr<InferredTensor> filled =
      inferFilled(shapes, loc, op.getShape(), op.getValue().getType());
  if (failed(filled))
    return failure();
  InferredTensor &result = *filled;
  std::optional<SmallVector<int64_t>> sizes = result.getStaticShape();
  auto value = dyn_cast<IntegerAttr>(op.getValue());
  if (sizes && value) {
    int64_t count = 1;
    for (int64_t size : *sizes)
      count = llvm::SaturatingMultiply<uint64_t>(count, size);
    if (count >= 0 && count <= InferredTensor::maxElements)
      result.elements.emplace(
          count, shapes.constant(value.getType().isInteger(1)
                                     ? value.getValue().getZExtValue()
                                     : value.getValue().getSExtValue()));
  }
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Range
//===----------------------------------------------------------------------===//

/// The element of a constant scalar float.
static std::optional<double> getConstantFloat(Value value) {
  std::optional<SmallVector<double>> elements = getConstantFloats(value);
  if (!elements || elements->size() != 1)
    return std::nullopt;
  return elements->front();
}

/// The number of elements, null if only the run can tell.
static AffineExpr inferCount(ShapeInference &shapes, AffineExpr start,
                             AffineExpr limit, AffineExpr delta) {
  std::optional<int64_t> step = getConstant(delta);
  if (!step || *step == 0 || !shapes.isSize(start) || !shapes.isSize(limit))
    return {};
  AffineExpr distance = *step > 0 ? shapes.sub(limit, start)
                                  : shapes.sub(start, limit);
  int64_t magnitude = *step > 0 ? *step : -*step;
  if (std::optional<int64_t> constant = getConstant(distance))
    return shapes.constant(
        *constant > 0 ? llvm::divideCeil(*constant, magnitude) : 0);
  distance = shapes.positivePart(distance);
  return shapes.floorDiv(shapes.add(distance, shapes.constant(magnitude - 1)),
                         shapes.constant(magnitude));
}

LogicalResult RangeOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location> loc, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &start = shapes.get(op.getStart());
  for (Value operand : {op.getStart(), op.getLimit(), op.getDelta()}) {
    const InferredTensor &scalar = shapes.get(operand);
    if (scalar.getRank() != 0 || scalar.elementType != start.elementType) // C1
      return emitOptionalError(loc, "operands must be scalars of one type, but "
                                    "have types ",
                               op.getStart().getType(), ", ",
                               op.getLimit().getType(), " and ",
                               op.getDelta().getType());
  }
  InferredTensor result{start.elementType, {AffineExpr()}};
  if (isa<FloatType>(start.elementType)) {
    std::optional<double> from = getConstantFloat(op.getStart()),
                          to = getConstantFloat(op.getLimit()),
                          by = getConstantFloat(op.getDelta());
    if (by == 0.0) // C2
      return emitOptionalError(loc, "delta is 0");
    if (from && to && by) {
      double count = std::ceil((*to - *from) / *by);
      if (count < 0x1p62)
        result.dims[0] = shapes.constant(count > 0 ? count : 0);
    }
    results.push_back(std::move(result));
    return success();
  }

  auto element = [&](Value scalar) {
    const InferredTensor &tensor = shapes.get(scalar);
    return tensor.elements ? tensor.elements->front() : AffineExpr();
  };
  AffineExpr from = element(op.getStart()), by = element(op.getDelta());
  if (getConstant(by) == 0) // C2
    return emitOptionalError(loc, "delta is 0");
  result.dims[0] = inferCount(shapes, from, element(op.getLimit()), by);
  std::optional<int64_t> count = getConstant(result.dims[0]);
  if (count && *count <= InferredTensor::maxElements) {
    result.elements.emplace();
    for (int64_t i = 0; i < *count; ++i)
      result.elements->push_back(
          shapes.add(from, shapes.mul(by, shapes.constant(i))));
  }
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Trilu
//===----------------------------------------------------------------------===//

LogicalResult TriluOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location> loc, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  if (input.getRank() < 2) // C1
    return emitOptionalError(loc, "input has rank ", input.getRank(),
                             ", but a diagonal needs two dimensions");
  if (op.getK() && failed(checkSingle(shapes, loc, op.getK(), "k"))) // C2
    return failure();
  results.push_back({input.elementType, input.dims});
  return success();
}

//===----------------------------------------------------------------------===//
// OneHot
//===----------------------------------------------------------------------===//

LogicalResult OneHotOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &indices = shapes.get(op.getIndices());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), indices.getRank() + 1); // C1
  if (failed(axis) ||
      failed(checkSingle(shapes, loc, op.getDepth(), "depth"))) // C2
    return failure();
  const InferredTensor &values = shapes.get(op.getValues());
  if (values.getRank() != 1 || getConstant(values.dims[0]).value_or(2) != 2) // C3
    return emitOptionalError(loc, "values of type ", op.getValues().getType(),
                             " are not two elements");
  const InferredTensor &depth = shapes.get(op.getDepth());
  AffineExpr extent = depth.elements ? depth.elements->front() : AffineExpr();
  if (getConstant(extent).value_or(0) < 0) // C2
    return emitOptionalError(loc, "depth is ", *getConstant(extent));
  InferredTensor result{values.elementType, indices.dims};
  result.dims.insert(result.dims.begin() + *axis,
                     shapes.isSize(extent) ? extent : AffineExpr());
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Random
//===----------------------------------------------------------------------===//

LogicalResult RandomOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  if (!isa<FloatType>(op.getElement())) // C3
    return emitOptionalError(loc, "there are no random numbers of type ",
                             op.getElement());
  FailureOr<InferredTensor> filled =
      inferFilled(shapes, loc, op.getShape(), op.getElement());
  if (failed(filled))
    return failure();
  results.push_back(std::move(*filled));
  return success();
}
