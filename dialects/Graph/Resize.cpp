#include "dialects/Graph/Resize.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Resize.cpp.inc"

void GraphDialect::registerResize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Resize.cpp.inc"
      >();
}

/// floor(extent * scale); null if no affine expression says it.
static AffineExpr scaleExtent(const ShapeInference &shapes, AffineExpr extent,
                              double scale) {
  if (std::optional<int64_t> size = getConstant(extent)) {
    float scaled =
        std::floor(static_cast<float>(*size) * static_cast<float>(scale));
    return scaled < 0x1p48f ? shapes.constant(static_cast<int64_t>(scaled))
                            : AffineExpr();
  }
  // A ratio of small numbers, such as 2 or 0.5, has no rounding error.
  constexpr int64_t maxDenominator = 256;
  constexpr double maxNumerator = 1024;
  for (int64_t denominator = 1; denominator <= maxDenominator;
       denominator *= 2) {
    double numerator = scale * denominator;
    if (numerator <= maxNumerator && numerator == std::floor(numerator))
      return shapes.floorDiv(
          shapes.mul(extent, shapes.constant(static_cast<int64_t>(numerator))),
          shapes.constant(denominator));
  }
  return {};
}

/// The scale that makes `result` of `extent`, if all sizes agree on one.
static std::optional<double> divide(const ShapeInference &shapes,
                                    AffineExpr result, AffineExpr extent) {
  if (!result)
    return std::nullopt;
  std::optional<int64_t> length = getConstant(result), size = getConstant(extent);
  if (length && size && *size > 0)
    return static_cast<double>(*length) / *size;
  std::optional<int64_t> factor =
      getConstant(shapes.quotient({result}, {extent}));
  if (factor && shapes.mul(extent, shapes.constant(*factor)) == result)
    return *factor;
  return std::nullopt;
}

/// Replaces the scales that sizes asked for by one of them.
static void keepAspect(const ShapeInference &shapes, AspectPolicy policy,
                       SmallVectorImpl<ResizedDim> &dims) {
  std::optional<double> common;
  bool isKnown = true;
  for (ResizedDim &dim : dims) {
    isKnown &= dim.scale.has_value();
    if (!isKnown)
      break;
    if (!common)
      common = dim.scale;
    else
      common = policy == AspectPolicy::NotLarger
                   ? std::min(*common, *dim.scale)
                   : std::max(*common, *dim.scale);
  }
  for (ResizedDim &dim : dims) {
    dim.scale = isKnown ? common : std::nullopt;
    dim.result = {};
    std::optional<int64_t> size = getConstant(dim.extent);
    if (isKnown && size)
      dim.result = shapes.constant(
          static_cast<int64_t>(std::floor(*common * *size + 0.5)));
  }
}

SmallVector<ResizedDim>
graphopt::graph::inferResizedDims(ShapeInference &shapes,
                                  ResizeOp::Adaptor op) {
  const InferredTensor &input = shapes.get(op.getInput());
  std::optional<SmallVector<double>> scales;
  std::optional<SmallVector<AffineExpr>> sizes;
  if (op.getScales())
    scales = getConstantFloats(op.getScales());
  else
    sizes = shapes.get(op.getSizes()).elements;

  SmallVector<ResizedDim> dims;
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    ResizedDim dim{axis < 0 ? axis + input.getRank() : axis, {}, {}, {}};
    dim.extent = input.dims[dim.dim];
    if (scales) {
      dim.scale = (*scales)[i];
      dim.result = scaleExtent(shapes, dim.extent, *dim.scale);
    } else if (sizes && shapes.isSize((*sizes)[i])) {
      dim.result = (*sizes)[i];
      dim.scale = divide(shapes, dim.result, dim.extent);
    }
    dims.push_back(dim);
  }
  if (std::optional<AspectPolicy> policy = op.getPolicy())
    keepAspect(shapes, *policy, dims);
  return dims;
}

/// Checks a list with `perAxis` entries for each axis, which may be absent.
static LogicalResult checkList(ShapeInference &shapes,
                               std::optional<Location> loc, Value list,
                               StringRef name, size_t axes, int64_t perAxis) {
  if (!list)
    return success();
  const InferredTensor &tensor = shapes.get(list);
  int64_t needed = static_cast<int64_t>(axes) * perAxis;
  if (tensor.getRank() == 1 &&
      getConstant(tensor.dims[0]).value_or(needed) == needed)
    return success();
  return emitOptionalError(loc, name, " of type ", list.getType(), " has not the ",
                           needed, " elements that ", axes, " axes need");
}

static LogicalResult checkValues(ShapeInference &shapes,
                                 std::optional<Location> loc,
                                 ResizeOp::Adaptor op) {
  if (op.getScales()) {
    if (auto scales = getConstantFloats(op.getScales()))
      for (double scale : *scales)
        if (!(scale > 0) || std::isinf(scale))
          return emitOptionalError(loc, "has the scale ", scale);
    return success();
  }
  if (auto &sizes = shapes.get(op.getSizes()).elements)
    for (AffineExpr size : *sizes)
      if (getConstant(size).value_or(0) < 0)
        return emitOptionalError(loc, "has the size ", *getConstant(size));
  return success();
}

LogicalResult ResizeOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  if (!op.getScales() == !op.getSizes()) // C1
    return emitOptionalError(loc, "needs either scales or sizes");
  size_t axes = op.getAxes().size();
  if (failed(normalizeAxes(loc, op.getAxes(), input.getRank()))) // C2
    return failure();
  for (auto [list, name, perAxis] :
       {std::tuple(op.getScales(), "scales", 1),
        std::tuple(op.getSizes(), "sizes", 1), std::tuple(op.getRoi(), "roi", 2)})
    if (failed(checkList(shapes, loc, list, name, axes, perAxis))) // C3
      return failure();
  if (failed(checkValues(shapes, loc, op))) // C4
    return failure();
  bool crops = op.getCoordinates() == CoordinateMode::CropAndResize;
  if (crops != static_cast<bool>(op.getRoi())) // C5
    return emitOptionalError(loc, crops ? "needs a roi"
                                        : "has a roi without a use");
  if (op.getMode() != Interpolation::Nearest &&
      input.elementType.isInteger(1)) // C6
    return emitOptionalError(loc, stringifyInterpolation(op.getMode()),
                             " is not defined for ", input.elementType);
  if (op.getScales() && op.getPolicy()) // C7
    return emitOptionalError(loc, "has scales, so that policy ",
                             stringifyAspectPolicy(*op.getPolicy()),
                             " has no use");

  InferredTensor result{input.elementType, input.dims};
  for (const ResizedDim &dim : inferResizedDims(shapes, op)) {
    if (getConstant(dim.extent) == 0 && getConstant(dim.result).value_or(0) > 0)
      return emitOptionalError(loc, "dimension ", dim.dim, // C4
                               " has no elements to make ",
                               *getConstant(dim.result), " of");
    result.dims[dim.dim] = dim.result;
  }
  results.push_back(std::move(result));
  return success();
}
