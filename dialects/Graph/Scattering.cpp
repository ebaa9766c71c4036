#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Indexing.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Scattering.cpp.inc"

void GraphDialect::registerScattering() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Scattering.cpp.inc"
      >();
}

/// Checks that `updates` can be written where `extents` are expected.
static LogicalResult checkUpdates(std::optional<Location> loc,
                                  const InferredTensor &data,
                                  const InferredTensor &updates,
                                  ArrayRef<AffineExpr> extents) {
  if (updates.elementType != data.elementType)
    return emitOptionalError(loc, "data has elements of type ",
                             data.elementType, ", updates of ",
                             updates.elementType);
  if (updates.dims.size() != extents.size())
    return emitOptionalError(loc, "updates has rank ", updates.getRank(),
                             ", not ", extents.size());
  for (auto [dim, expected] : llvm::enumerate(extents)) {
    std::optional<int64_t> own = getConstant(updates.dims[dim]),
                           wanted = getConstant(expected);
    if (own && wanted && *own != *wanted)
      return emitOptionalError(loc, "dimension ", dim,
                               " of updates has extent ", *own, ", not ",
                               *wanted);
  }
  return success();
}

static LogicalResult checkReduction(std::optional<Location> loc,
                                    std::optional<BinaryKind> reduction) {
  if (!reduction || *reduction == BinaryKind::Add ||
      *reduction == BinaryKind::Mul || *reduction == BinaryKind::Max ||
      *reduction == BinaryKind::Min)
    return success();
  return emitOptionalError(loc, stringifyBinaryKind(*reduction),
                           " does not reduce: only Add, Mul, Max and Min do");
}

LogicalResult
ScatterElementsOp::inferResults(ShapeInference &shapes,
                                std::optional<Location> loc, Adaptor op,
                                SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &data = shapes.get(op.getData()),
                       &indices = shapes.get(op.getIndices());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), data.getRank()); // C1
  if (failed(axis) ||
      failed(checkElementwiseIndices(loc, data, indices, *axis)) || // C3
      failed(checkConstantIndices(loc, op.getIndices(),
                                  data.dims[*axis])) || // C2
      failed(checkUpdates(loc, data, shapes.get(op.getUpdates()),
                          indices.dims)) || // C4
      failed(checkReduction(loc, op.getReduction()))) // C5
    return failure();
  results.push_back({data.elementType, data.dims});
  return success();
}

LogicalResult
ScatterNDOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                          Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &data = shapes.get(op.getData()),
                       &indices = shapes.get(op.getIndices());
  FailureOr<int64_t> depth =
      inferPositionDepth(loc, op.getIndices(), indices); // C1
  if (failed(depth))
    return failure();
  if (*depth > data.getRank()) // C3
    return emitOptionalError(loc, "data of rank ", data.getRank(),
                             " has no positions of ", *depth, " elements");
  ArrayRef<AffineExpr> dims(data.dims);
  SmallVector<AffineExpr> extents(
      ArrayRef<AffineExpr>(indices.dims).drop_back());
  llvm::append_range(extents, dims.drop_front(*depth));
  if (failed(checkConstantIndices(loc, op.getIndices(),
                                  dims.take_front(*depth))) || // C2
      failed(checkUpdates(loc, data, shapes.get(op.getUpdates()),
                          extents)) || // C4
      failed(checkReduction(loc, op.getReduction()))) // C5
    return failure();
  results.push_back({data.elementType, data.dims});
  return success();
}

LogicalResult
TensorScatterOp::inferResults(ShapeInference &shapes,
                              std::optional<Location> loc, Adaptor op,
                              SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &data = shapes.get(op.getData()),
                       &updates = shapes.get(op.getUpdates());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), data.getRank()); // C1
  if (failed(axis))
    return failure();
  if (*axis == 0) // C1
    return emitOptionalError(loc, "axis is the dimension of the samples");
  SmallVector<AffineExpr> extents(data.dims);
  if (*axis < updates.getRank())
    extents[*axis] = updates.dims[*axis];
  if (failed(checkUpdates(loc, data, updates, extents))) // C2
    return failure();
  std::optional<int64_t> size = getConstant(data.dims[*axis]),
                         length = getConstant(updates.dims[*axis]);
  if (size && length && *length > *size) // C2
    return emitOptionalError(loc, "updates has ", *length,
                             " rows, but data only ", *size);
  if (op.getStarts()) {
    const InferredTensor &starts = shapes.get(op.getStarts());
    std::optional<int64_t> count, samples = getConstant(data.dims[0]);
    if (starts.getRank() == 1)
      count = getConstant(starts.dims[0]);
    if (starts.getRank() != 1 || (count && samples && *count != *samples)) // C3
      return emitOptionalError(loc, "starts must have one element a sample, but "
                                    "its type is ",
                               op.getStarts().getType());
  }
  results.push_back({data.elementType, data.dims});
  return success();
}
