#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Slicing.cpp.inc"

void GraphDialect::registerSlicing() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Slicing.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Positions as far as this mean "to the end": exporters write one of these.
static bool isFar(int64_t position) {
  return position >= std::numeric_limits<int32_t>::max() ||
         position <= std::numeric_limits<int32_t>::min();
}

/// Everything is constant: ONNX's rules to the letter.
static SliceRange constantRange(const ShapeInference &shapes, int64_t extent,
                                int64_t start, int64_t end, int64_t step) {
  auto resolve = [&](int64_t position, int64_t low, int64_t high) {
    if (position < 0)
      position = std::max(position, -extent - 1) + extent;
    return std::clamp(position, low, std::max(low, high));
  };
  int64_t first, size;
  if (step > 0) {
    first = resolve(start, 0, extent);
    int64_t last = resolve(end, 0, extent);
    size = last > first ? llvm::divideCeil(last - first, step) : 0;
  } else {
    first = resolve(start, 0, extent - 1);
    int64_t last = resolve(end, -1, extent - 1);
    // The step may be the smallest number: its magnitude needs all bits.
    uint64_t magnitude = -static_cast<uint64_t>(step);
    size = first > last && extent > 0
               ? (static_cast<uint64_t>(first - last) - 1) / magnitude + 1
               : 0;
  }
  return {shapes.constant(first), shapes.constant(size), step};
}

/// A position of a forward slice counted from the front and clamped to the
/// extent; null if only the run can tell.
static AffineExpr resolvePosition(ShapeInference &shapes, AffineExpr extent,
                                  AffineExpr position) {
  if (!shapes.isSize(position))
    return {};
  std::optional<int64_t> constant = getConstant(position);
  if (constant && isFar(*constant))
    return *constant > 0 ? extent : shapes.constant(0);
  if (shapes.isNonNegative(position))
    return shapes.min(position, extent);
  AffineExpr fromEnd = shapes.positivePart(shapes.add(extent, position));
  if (constant)
    return fromEnd;
  AffineExpr negated = shapes.sub(shapes.constant(0), position);
  if (shapes.isNonNegative(negated)) {
    // -0 is no position from the end: less the extent where it is that.
    AffineExpr isZero =
        shapes.positivePart(shapes.sub(shapes.constant(1), negated));
    return shapes.sub(fromEnd, shapes.mul(extent, isZero));
  }
  // One of the two is 0.
  AffineExpr isNegative =
      shapes.min(shapes.positivePart(negated), shapes.constant(1));
  AffineExpr fromFront = shapes.min(shapes.positivePart(position), extent);
  return shapes.add(fromFront, shapes.mul(isNegative, fromEnd));
}

SliceRange graphopt::graph::inferSliceRange(ShapeInference &shapes,
                                            AffineExpr extent, AffineExpr start,
                                            AffineExpr end, AffineExpr step) {
  SliceRange range;
  std::optional<int64_t> constantStep = getConstant(step);
  if (!constantStep || *constantStep == 0 || !extent || !start || !end)
    return range;
  range.step = *constantStep;
  std::optional<int64_t> size = getConstant(extent), first = getConstant(start),
                         last = getConstant(end);
  if (size && first && last)
    return constantRange(shapes, *size, *first, *last, range.step);

  if (range.step < 0) {
    // All of an open dimension, backwards.
    bool fromLast = first && (*first == -1 || (isFar(*first) && *first > 0));
    if (!fromLast || !last || !isFar(*last) || *last > 0 || range.step != -1)
      return range;
    range.start = shapes.sub(extent, shapes.constant(1));
    range.size = extent;
    return range;
  }

  AffineExpr from = resolvePosition(shapes, extent, start);
  AffineExpr to = resolvePosition(shapes, extent, end);
  AffineExpr length = shapes.positivePart(shapes.sub(to, from));
  if (!length)
    return range;
  range.start = from;
  range.size = shapes.floorDiv(
      shapes.add(length, shapes.constant(range.step - 1)),
      shapes.constant(range.step));
  return range;
}

std::optional<SmallVector<std::optional<int64_t>>>
graphopt::graph::inferAxisPositions(ShapeInference &shapes, Value axes,
                                    int64_t length, int64_t rank) {
  SmallVector<std::optional<int64_t>> positions(rank);
  std::optional<SmallVector<int64_t>> values;
  if (axes)
    values = shapes.get(axes).getConstantElements();
  else
    values = llvm::to_vector(llvm::seq(length));
  if (!values)
    return std::nullopt;
  for (auto [position, axis] : llvm::enumerate(*values)) {
    int64_t dim = axis < 0 ? axis + rank : axis;
    if (dim >= 0 && dim < rank)
      positions[dim] = position;
  }
  return positions;
}

/// Checks a list of axes that an op takes as an operand, which may be absent.
static LogicalResult checkAxes(ShapeInference &shapes,
                               std::optional<Location> loc, Value axes,
                               int64_t length, int64_t rank) {
  if (!axes) {
    if (length > rank)
      return emitOptionalError(loc, "has entries for ", length,
                               " dimensions, but the input has rank ", rank);
    return success();
  }
  FailureOr<int64_t> own = inferLength(loc, shapes.get(axes), "axes");
  if (failed(own))
    return failure();
  if (*own != length)
    return emitOptionalError(loc, "axes has ", *own, " elements, not ", length);
  if (auto values = shapes.get(axes).getConstantElements())
    return normalizeAxes(loc, *values, rank);
  return success();
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

std::optional<SmallVector<SliceRange>>
graphopt::graph::inferSliceRanges(ShapeInference &shapes, SliceOp::Adaptor op) {
  const InferredTensor &input = shapes.get(op.getInput());
  int64_t length = *getConstant(shapes.get(op.getStarts()).dims[0]);
  auto positions =
      inferAxisPositions(shapes, op.getAxes(), length, input.getRank());
  if (!positions)
    return std::nullopt;
  auto entry = [&](Value list, int64_t position) {
    const InferredTensor &tensor = shapes.get(list);
    return tensor.elements ? (*tensor.elements)[position] : AffineExpr();
  };
  SmallVector<SliceRange> ranges;
  for (auto [dim, position] : llvm::zip_equal(input.dims, *positions)) {
    if (!position) {
      ranges.push_back({shapes.constant(0), dim, 1});
      continue;
    }
    ranges.push_back(inferSliceRange(
        shapes, dim, entry(op.getStarts(), *position),
        entry(op.getEnds(), *position),
        op.getSteps() ? entry(op.getSteps(), *position) : shapes.constant(1)));
  }
  return ranges;
}

/// The elements that the slice takes of a tensor whose elements are tracked.
static SmallVector<AffineExpr>
sliceElements(const InferredTensor &input, const InferredTensor &result,
              ArrayRef<SliceRange> ranges) {
  SmallVector<int64_t> inputStrides = computeStrides(*input.getStaticShape());
  SmallVector<int64_t> shape = *result.getStaticShape();
  SmallVector<int64_t> strides = computeStrides(shape);
  SmallVector<AffineExpr> elements;
  for (int64_t i = 0, n = ShapedType::getNumElements(shape); i < n; ++i) {
    SmallVector<int64_t> position = delinearize(i, strides);
    for (auto [index, range] : llvm::zip_equal(position, ranges))
      index = *getConstant(range.start) + index * range.step;
    elements.push_back((*input.elements)[linearize(position, inputStrides)]);
  }
  return elements;
}

LogicalResult SliceOp::inferResults(ShapeInference &shapes,
                                    std::optional<Location> loc, Adaptor op,
                                    SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  FailureOr<int64_t> length =
      inferLength(loc, shapes.get(op.getStarts()), "starts"); // C1
  if (failed(length))
    return failure();
  for (auto [list, name] : {std::pair(op.getEnds(), "ends"),
                            std::pair(op.getSteps(), "steps")}) {
    if (!list)
      continue;
    FailureOr<int64_t> own = inferLength(loc, shapes.get(list), name); // C1
    if (failed(own))
      return failure();
    if (*own != *length) // C1
      return emitOptionalError(loc, name, " has ", *own, " elements, starts ",
                               *length);
  }
  if (failed(checkAxes(shapes, loc, op.getAxes(), *length,
                       input.getRank()))) // C1, C2
    return failure();

  if (op.getSteps())
    if (auto &steps = shapes.get(op.getSteps()).elements)
      for (AffineExpr step : *steps)
        if (getConstant(step) == 0) // C3
          return emitOptionalError(loc, "has a step of 0");

  InferredTensor result{input.elementType, {}};
  auto ranges = inferSliceRanges(shapes, op);
  if (!ranges) {
    result.dims.resize(input.getRank());
    results.push_back(std::move(result));
    return success();
  }
  for (const SliceRange &range : *ranges)
    result.dims.push_back(range.size);
  bool isFixed = llvm::all_of(*ranges, [](const SliceRange &range) {
    return getConstant(range.start).has_value();
  });
  if (input.elements && isFixed && result.getStaticShape())
    result.elements = sliceElements(input, result, *ranges);
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

LogicalResult PadOp::inferResults(ShapeInference &shapes,
                                  std::optional<Location> loc, Adaptor op,
                                  SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &pads = shapes.get(op.getPads());
  FailureOr<int64_t> length = inferLength(loc, pads, "pads");
  if (failed(length))
    return failure();
  int64_t count = *length / 2;
  if (*length % 2 || (!op.getAxes() && count != input.getRank())) // C1
    return emitOptionalError(loc, "pads has ", *length,
                             " elements, but the input has rank ",
                             input.getRank());
  if (failed(checkAxes(shapes, loc, op.getAxes(), count,
                       input.getRank()))) // C1, C2
    return failure();
  if (op.getValue()) {
    const InferredTensor &value = shapes.get(op.getValue());
    std::optional<SmallVector<int64_t>> shape = value.getStaticShape();
    if (value.elementType != input.elementType || !shape ||
        ShapedType::getNumElements(*shape) != 1) // C4
      return emitOptionalError(loc, "pads a tensor of ", input.elementType,
                               " with ", op.getValue().getType());
  }

  InferredTensor result{input.elementType, input.dims};
  auto positions =
      inferAxisPositions(shapes, op.getAxes(), count, input.getRank());
  if (!positions) {
    llvm::fill(result.dims, AffineExpr());
    results.push_back(std::move(result));
    return success();
  }
  for (auto [i, position] : llvm::enumerate(*positions)) {
    AffineExpr &dim = result.dims[i];
    if (!position)
      continue;
    if (!pads.elements) {
      dim = {};
      continue;
    }
    dim = shapes.add(dim, shapes.add((*pads.elements)[*position],
                                     (*pads.elements)[count + *position]));
    if (getConstant(dim).value_or(0) < 0) // C3
      return emitOptionalError(loc, "dimension ", i, " would have extent ",
                               *getConstant(dim));
    if (!shapes.isSize(dim))
      dim = {};
  }
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Compress
//===----------------------------------------------------------------------===//

LogicalResult
CompressOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                         Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput()),
                       &condition = shapes.get(op.getCondition());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), input.getRank()); // C1
  if (failed(axis))
    return failure();
  if (condition.getRank() != 1) // C2
    return emitOptionalError(loc, "condition has rank ", condition.getRank(),
                             ", not 1");
  InferredTensor result{input.elementType, input.dims};
  result.dims[*axis] = {};
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// ReverseSequence
//===----------------------------------------------------------------------===//

LogicalResult
ReverseSequenceOp::inferResults(ShapeInference &shapes,
                                std::optional<Location> loc, Adaptor op,
                                SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &lengths = shapes.get(op.getLengths());
  int64_t axes[] = {static_cast<int64_t>(op.getBatchAxis()),
                    static_cast<int64_t>(op.getTimeAxis())};
  FailureOr<SmallVector<int64_t>> dims =
      normalizeAxes(loc, axes, input.getRank()); // C1
  if (failed(dims))
    return failure();
  std::optional<int64_t> sequences = getConstant(input.dims[(*dims)[0]]);
  std::optional<int64_t> count;
  if (lengths.getRank() == 1)
    count = getConstant(lengths.dims[0]);
  if (lengths.getRank() != 1 || (sequences && count && *sequences != *count)) // C2
    return emitOptionalError(loc, "lengths of type ", op.getLengths().getType(),
                             " are not one for each sequence of ",
                             op.getInput().getType());
  results.push_back({input.elementType, input.dims});
  return success();
}
