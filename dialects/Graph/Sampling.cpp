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
      getConstant(grid.dims.back()) != rank - 2) // C1
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

SmallVector<AffineExpr>
graphopt::graph::inferWindowCounts(const ShapeInference &shapes,
                                   Col2ImOp::Adaptor op,
                                   ArrayRef<AffineExpr> image) {
  SmallVector<AffineExpr> counts;
  size_t depth = op.getBlock().size();
  for (size_t i = 0; i < depth; ++i) {
    int64_t span = op.getDilations()[i] * (op.getBlock()[i] - 1) + 1;
    int64_t pads = op.getPads()[i] + op.getPads()[depth + i];
    AffineExpr last = shapes.add(image[i], shapes.constant(pads - span));
    counts.push_back(
        shapes.add(shapes.floorDiv(last, shapes.constant(op.getStrides()[i])),
                   shapes.constant(1)));
  }
  return counts;
}

LogicalResult Col2ImOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &image = shapes.get(op.getImage());
  int64_t depth = op.getBlock().size();
  FailureOr<int64_t> length = inferLength(loc, image, "image"); // C1
  if (failed(length))
    return failure();
  if (input.getRank() != 3 || *length != depth) // C1
    return emitOptionalError(loc, "makes no image of ", *length,
                             " dimensions of ", op.getInput().getType(),
                             " with blocks of ", depth);
  auto areAtLeast = [](ArrayRef<int64_t> values, int64_t size, int64_t least) {
    return static_cast<int64_t>(values.size()) == size &&
           llvm::all_of(values, [&](int64_t v) { return v >= least; });
  };
  if (!areAtLeast(op.getBlock(), depth, 1) ||
      !areAtLeast(op.getStrides(), depth, 1) ||
      !areAtLeast(op.getDilations(), depth, 1) ||
      !areAtLeast(op.getPads(), 2 * depth, 0)) // C2
    return emitOptionalError(loc, "has block [", op.getBlock(), "], strides [",
                             op.getStrides(), "], dilations [",
                             op.getDilations(), "] and pads [", op.getPads(),
                             "]");

  int64_t elements = ShapedType::getNumElements(op.getBlock());
  std::optional<int64_t> rows = getConstant(input.dims[1]);
  if (rows && *rows % elements) // C3
    return emitOptionalError(loc, "dimension 1 of the input has extent ", *rows,
                             ", no multiple of ", elements);
  InferredTensor result{
      input.elementType,
      {input.dims[0],
       shapes.floorDiv(input.dims[1], shapes.constant(elements))}};
  SmallVector<AffineExpr> extents(depth);
  if (image.elements)
    extents = *image.elements;
  for (AffineExpr &extent : extents) {
    if (getConstant(extent).value_or(0) < 0) // C1
      return emitOptionalError(loc, "image has extent ", *getConstant(extent));
    if (!shapes.isSize(extent))
      extent = {};
  }
  std::optional<int64_t> columns = getConstant(input.dims[2]);
  std::optional<int64_t> windows =
      getConstant(shapes.product(inferWindowCounts(shapes, op, extents)));
  if (columns && windows && *columns != *windows) // C3
    return emitOptionalError(loc, "dimension 2 of the input has extent ",
                             *columns, ", but there are ", *windows,
                             " windows");
  llvm::append_range(result.dims, extents);
  results.push_back(std::move(result));
  return success();
}
