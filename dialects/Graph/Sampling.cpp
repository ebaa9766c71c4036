#include "dialects/Graph/Sampling.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Sampling.cpp.inc"

void GraphDialect::registerSampling() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Sampling.cpp.inc"
      >();
}

LogicalResult
GridSampleOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                           Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &grid = shapes.get(op.getGrid());
  int64_t rank = input.getRank();
  if (rank < 3 || grid.getRank() != rank ||
      getConstant(grid.dims.back()).value_or(rank - 2) != rank - 2) // C1
    return emitOptionalError(loc, "input of type ", op.getInput().getType(),
                             " has no grid of type ", op.getGrid().getType());
  std::optional<int64_t> images = getConstant(input.dims[0]),
                         grids = getConstant(grid.dims[0]);
  if (images && grids && *images != *grids) // C2
    return emitOptionalError(loc, "there are ", *images, " inputs, but ", *grids,
                             " grids");
  if (op.getMode() != Interpolation::Nearest &&
      input.elementType.isInteger(1)) // C3
    return emitOptionalError(loc, stringifyInterpolation(op.getMode()),
                             " is not defined for ", input.elementType);

  InferredTensor result{input.elementType,
                        {images ? input.dims[0] : grid.dims[0], input.dims[1]}};
  llvm::append_range(result.dims,
                     ArrayRef<AffineExpr>(grid.dims).drop_front().drop_back());
  bool isFull = llvm::all_of(result.dims, [](AffineExpr dim) {
    return getConstant(dim).value_or(0) > 0;
  });
  for (AffineExpr dim : ArrayRef<AffineExpr>(input.dims).drop_front(2))
    if (isFull && getConstant(dim) == 0) // C4
      return emitOptionalError(loc, "input of type ", op.getInput().getType(),
                               " has no elements to take");
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

/// The elements of a list of sizes, null where only the run can tell.
static SmallVector<AffineExpr> getSizes(const ShapeInference &shapes,
                                        const InferredTensor &list) {
  SmallVector<AffineExpr> sizes(*getConstant(list.dims[0]));
  if (list.elements)
    for (auto [size, element] : llvm::zip_equal(sizes, *list.elements))
      if (shapes.isSize(element))
        size = element;
  return sizes;
}

/// How many windows there are.
static std::optional<int64_t> countWindows(const ShapeInference &shapes,
                                           Col2ImOp::Adaptor op,
                                           ArrayRef<AffineExpr> image,
                                           ArrayRef<AffineExpr> block) {
  AffineExpr count = shapes.constant(1), one = count;
  for (size_t i = 0, depth = image.size(); i < depth; ++i) {
    int64_t pads = op.getPads()[i] + op.getPads()[depth + i];
    AffineExpr span = shapes.mul(shapes.sub(block[i], one),
                                 shapes.constant(op.getDilations()[i]));
    AffineExpr last = shapes.sub(
        shapes.add(image[i], shapes.constant(pads - 1)), span);
    AffineExpr own =
        shapes.floorDiv(last, shapes.constant(op.getStrides()[i]));
    count = shapes.mul(count, shapes.add(own, one));
  }
  return getConstant(count);
}

LogicalResult Col2ImOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  FailureOr<int64_t> depth =
      inferLength(loc, shapes.get(op.getImage()), "image"); // C1
  FailureOr<int64_t> blockDepth =
      inferLength(loc, shapes.get(op.getBlock()), "block"); // C1
  if (failed(depth) || failed(blockDepth))
    return failure();
  if (input.getRank() != 3 || *depth != *blockDepth) // C1
    return emitOptionalError(loc, "makes no image of ", *depth,
                             " dimensions of ", op.getInput().getType(),
                             " with blocks of ", *blockDepth);
  auto areAtLeast = [](ArrayRef<int64_t> values, int64_t size, int64_t least) {
    return static_cast<int64_t>(values.size()) == size &&
           llvm::all_of(values, [&](int64_t v) { return v >= least; });
  };
  if (!areAtLeast(op.getStrides(), *depth, 1) ||
      !areAtLeast(op.getDilations(), *depth, 1) ||
      !areAtLeast(op.getPads(), 2 * *depth, 0)) // C2
    return emitOptionalError(loc, "has strides [", op.getStrides(),
                             "], dilations [", op.getDilations(),
                             "] and pads [", op.getPads(), "]");
  SmallVector<AffineExpr> image = getSizes(shapes, shapes.get(op.getImage()));
  SmallVector<AffineExpr> block = getSizes(shapes, shapes.get(op.getBlock()));
  for (auto [extent, own] : llvm::zip_equal(image, block))
    if (getConstant(extent).value_or(0) < 0 ||
        getConstant(own).value_or(1) < 1) // C1
      return emitOptionalError(loc, "has an image or block of extent ",
                               std::min(getConstant(extent).value_or(0),
                                        getConstant(own).value_or(1)));

  std::optional<int64_t> elements = getConstant(shapes.product(block)),
                         rows = getConstant(input.dims[1]),
                         columns = getConstant(input.dims[2]),
                         windows = countWindows(shapes, op, image, block);
  if (rows && elements && *rows % *elements) // C3
    return emitOptionalError(loc, "dimension 1 of the input has extent ", *rows,
                             ", no multiple of ", *elements);
  if (columns && windows && *columns != *windows) // C3
    return emitOptionalError(loc, "dimension 2 of the input has extent ",
                             *columns, ", but there are ", *windows,
                             " windows");
  AffineExpr channels;
  if (elements)
    channels = shapes.floorDiv(input.dims[1], shapes.constant(*elements));
  InferredTensor result{input.elementType, {input.dims[0], channels}};
  llvm::append_range(result.dims, image);
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// RoiAlign, MaxRoiPool
//===----------------------------------------------------------------------===//

/// Checks of the input, of the regions, each of `entries` numbers, and of the bins
/// that both ops share; gives the result.
static FailureOr<InferredTensor>
inferBins(std::optional<Location> loc, const InferredTensor &input,
          const InferredTensor &rois, int64_t entries, int64_t height,
          int64_t width, const ShapeInference &shapes) {
  if (input.getRank() != 4 || rois.getRank() != 2 ||
      getConstant(rois.dims[1]).value_or(entries) != entries) // C1
    return emitOptionalError(loc, "input of type ", input.getType(),
                             " has no regions of type ", rois.getType());
  if (input.elementType != rois.elementType) // C2
    return emitOptionalError(loc, "input has elements of type ",
                             input.elementType, ", but regions of type ",
                             rois.elementType);
  if (height < 1 || width < 1) // C4 of RoiAlign, C3 of MaxRoiPool
    return emitOptionalError(loc, "has ", height, " x ", width, " bins");
  return InferredTensor{input.elementType,
                        {rois.dims[0], input.dims[1], shapes.constant(height),
                         shapes.constant(width)}};
}

LogicalResult RoiAlignOp::inferResults(ShapeInference &shapes,
                                       std::optional<Location> loc, Adaptor op,
                                       SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &rois = shapes.get(op.getRois());
  const InferredTensor &images = shapes.get(op.getImages());
  FailureOr<InferredTensor> result =
      inferBins(loc, shapes.get(op.getInput()), rois, 4, op.getHeight(),
                op.getWidth(), shapes);
  if (failed(result))
    return failure();
  if (images.getRank() != 1) // C1
    return emitOptionalError(loc, "images have type ", images.getType());
  std::optional<int64_t> regions = getConstant(rois.dims[0]),
                         own = getConstant(images.dims[0]);
  if (regions && own && *regions != *own) // C3
    return emitOptionalError(loc, "there are ", *regions, " regions, but ", *own,
                             " images");
  int64_t samples = op.getSamples();
  if (samples < 0) // C4
    return emitOptionalError(loc, "samples is ", samples);
  results.push_back(std::move(*result));
  return success();
}

LogicalResult
MaxRoiPoolOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                           Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  FailureOr<InferredTensor> result =
      inferBins(loc, shapes.get(op.getInput()), shapes.get(op.getRois()), 5,
                op.getHeight(), op.getWidth(), shapes);
  if (failed(result))
    return failure();
  results.push_back(std::move(*result));
  return success();
}

LogicalResult
DecodeImageOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                            Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  if (input.getRank() != 1) // C1
    return emitOptionalError(loc, "a file has type ", op.getInput().getType());
  StringRef format = op.getFormat();
  if (!llvm::is_contained({"RGB", "BGR", "Grayscale"}, format)) // C2
    return emitOptionalError(loc, "pixel format '", format, "' is not known");
  results.push_back({input.elementType,
                     {{}, {}, shapes.constant(format == "Grayscale" ? 1 : 3)}});
  return success();
}
