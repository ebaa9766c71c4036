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
