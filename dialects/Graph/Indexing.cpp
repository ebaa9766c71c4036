#include "dialects/Graph/Indexing.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Indexing.cpp.inc"

void GraphDialect::registerIndexing() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Indexing.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Constant indices
//===----------------------------------------------------------------------===//

/// Calls `visit` with each element of a constant integer tensor; nothing for
/// other values.
static LogicalResult
forEachConstant(Value value, llvm::function_ref<LogicalResult(int64_t)> visit) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return success();
  if (auto dense = dyn_cast<DenseIntElementsAttr>(attribute)) {
    for (const APInt &element : dense.getValues<APInt>())
      if (failed(visit(element.getSExtValue())))
        return failure();
    return success();
  }
  auto visitAll = [&](auto elements) -> LogicalResult {
    for (int64_t element : elements)
      if (failed(visit(element)))
        return failure();
    return success();
  };
  if (auto blob = dyn_cast<DenseI64ResourceElementsAttr>(attribute))
    if (auto elements = blob.tryGetAsArrayRef())
      return visitAll(*elements);
  if (auto blob = dyn_cast<DenseI32ResourceElementsAttr>(attribute))
    if (auto elements = blob.tryGetAsArrayRef())
      return visitAll(*elements);
  return success();
}

std::optional<std::pair<int64_t, int64_t>>
graphopt::graph::getConstantBounds(Value indices) {
  int64_t low = std::numeric_limits<int64_t>::max();
  int64_t high = std::numeric_limits<int64_t>::min();
  (void)forEachConstant(indices, [&](int64_t index) {
    low = std::min(low, index);
    high = std::max(high, index);
    return success();
  });
  if (low > high)
    return std::nullopt;
  return std::pair(low, high);
}

static LogicalResult checkIndex(std::optional<Location> loc, int64_t index,
                                AffineExpr extent) {
  std::optional<int64_t> size = getConstant(extent);
  if (!size || (index >= -*size && index < *size))
    return success();
  return emitOptionalError(loc, "index ", index, " is out of range: not in [-",
                           *size, ", ", *size, ")");
}

LogicalResult
graphopt::graph::checkConstantIndices(std::optional<Location> loc,
                                      Value indices,
                                      ArrayRef<AffineExpr> extents) {
  size_t element = 0;
  return forEachConstant(indices, [&](int64_t index) {
    return checkIndex(loc, index, extents[element++ % extents.size()]);
  });
}

LogicalResult graphopt::graph::checkElementwiseIndices(
    std::optional<Location> loc, const InferredTensor &data,
    const InferredTensor &indices, int64_t axis) {
  if (data.getRank() != indices.getRank())
    return emitOptionalError(loc, "data has rank ", data.getRank(),
                             ", indices have rank ", indices.getRank());
  for (int64_t dim = 0; dim < data.getRank(); ++dim) {
    std::optional<int64_t> own = getConstant(data.dims[dim]);
    std::optional<int64_t> wanted = getConstant(indices.dims[dim]);
    if (dim != axis && own && wanted && *wanted > *own)
      return emitOptionalError(loc, "dimension ", dim, " of data has extent ",
                               *own, ", that of indices ", *wanted);
  }
  return success();
}

FailureOr<int64_t>
graphopt::graph::inferPositionDepth(std::optional<Location> loc, Value value,
                                    const InferredTensor &indices) {
  if (indices.getRank() > 0)
    if (std::optional<int64_t> depth = getConstant(indices.dims.back()))
      return *depth;
  return emitOptionalError(loc, "the last dimension of indices must be static, "
                                "but their type is ",
                           value.getType());
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::inferResults(ShapeInference &shapes,
                                     std::optional<Location> loc, Adaptor op,
                                     SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &data = shapes.get(op.getData());
  const InferredTensor &indices = shapes.get(op.getIndices());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), data.getRank()); // C1
  if (failed(axis))
    return failure();
  AffineExpr extent = data.dims[*axis];
  if (failed(checkConstantIndices(loc, op.getIndices(), extent))) // C2
    return failure();

  InferredTensor result{data.elementType,
                        SmallVector<AffineExpr>(
                            ArrayRef<AffineExpr>(data.dims).take_front(*axis))};
  llvm::append_range(result.dims, indices.dims);
  llvm::append_range(result.dims,
                     ArrayRef<AffineExpr>(data.dims).drop_front(*axis + 1));
  auto positions = indices.getConstantElements();
  if (data.elements && positions) {
    int64_t size = *getConstant(extent);
    SmallVector<int64_t> shape = *data.getStaticShape();
    int64_t inner = ShapedType::getNumElements(
        ArrayRef<int64_t>(shape).drop_front(*axis + 1));
    int64_t outer =
        ShapedType::getNumElements(ArrayRef<int64_t>(shape).take_front(*axis));
    result.elements.emplace();
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t position : *positions) {
        if (failed(checkIndex(loc, position, extent))) // C2
          return failure();
        int64_t wrapped = position < 0 ? position + size : position;
        for (int64_t k = 0; k < inner; ++k)
          result.elements->push_back(
              (*data.elements)[(i * size + wrapped) * inner + k]);
      }
  }
  results.push_back(std::move(result));
  return success();
}

LogicalResult
GatherElementsOp::inferResults(ShapeInference &shapes,
                               std::optional<Location> loc, Adaptor op,
                               SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &data = shapes.get(op.getData());
  const InferredTensor &indices = shapes.get(op.getIndices());
  FailureOr<int64_t> axis =
      normalizeAxis(loc, op.getAxis(), data.getRank()); // C1
  if (failed(axis))
    return failure();
  if (failed(checkElementwiseIndices(loc, data, indices, *axis)) || // C3
      failed(checkConstantIndices(loc, op.getIndices(),
                                  data.dims[*axis]))) // C2
    return failure();
  results.push_back({data.elementType, indices.dims});
  return success();
}

LogicalResult
GatherNDOp::inferResults(ShapeInference &shapes, std::optional<Location> loc,
                         Adaptor op, SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &data = shapes.get(op.getData());
  const InferredTensor &indices = shapes.get(op.getIndices());
  int64_t batch = op.getBatchDims();
  FailureOr<int64_t> depth =
      inferPositionDepth(loc, op.getIndices(), indices); // C1
  if (failed(depth))
    return failure();
  if (batch < 0 || batch >= std::min(data.getRank(), indices.getRank()) ||
      batch + *depth > data.getRank()) // C3
    return emitOptionalError(loc, "data of rank ", data.getRank(),
                             " has no positions of ", *depth,
                             " elements after ", batch, " batch dimensions");
  for (int64_t dim = 0; dim < batch; ++dim) {
    std::optional<int64_t> left = getConstant(data.dims[dim]);
    std::optional<int64_t> right = getConstant(indices.dims[dim]);
    if (left && right && *left != *right) // C4
      return emitOptionalError(loc, "batch dimension ", dim, " has extents ",
                               *left, " and ", *right);
  }
  if (failed(checkConstantIndices(
          loc, op.getIndices(),
          ArrayRef<AffineExpr>(data.dims).slice(batch, *depth)))) // C2
    return failure();

  InferredTensor result{data.elementType,
                        SmallVector<AffineExpr>(
                            ArrayRef<AffineExpr>(indices.dims).drop_back())};
  llvm::append_range(result.dims, ArrayRef<AffineExpr>(data.dims)
                                      .drop_front(batch + *depth));
  results.push_back(std::move(result));
  return success();
}

//===----------------------------------------------------------------------===//
// NonZero
//===----------------------------------------------------------------------===//

LogicalResult NonZeroOp::inferResults(ShapeInference &shapes,
                                      std::optional<Location>, Adaptor op,
                                      SmallVectorImpl<InferredTensor> &results) {
  AffineExpr rank = shapes.constant(shapes.get(op.getInput()).getRank());
  results.push_back(
      {IntegerType::get(shapes.getContext(), 64), {rank, AffineExpr()}});
  return success();
}

//===----------------------------------------------------------------------===//
// TreeLeaves
//===----------------------------------------------------------------------===//

/// Checks that a constant holds numbers from 0 on that are less than `end`.
static LogicalResult checkPlaces(std::optional<Location> loc, Value value,
                                 std::optional<int64_t> end, StringRef name) {
  std::optional<std::pair<int64_t, int64_t>> bounds = getConstantBounds(value);
  auto type = cast<RankedTensorType>(value.getType());
  if (!bounds && (!type.hasStaticShape() || type.getNumElements() != 0))
    return emitOptionalError(loc, name, " must be constant");
  if (bounds && (bounds->first < 0 || (end && bounds->second >= *end)))
    return emitOptionalError(loc, name, " holds numbers from ", bounds->first, " to ",
                             bounds->second, ", which are not all less than ",
                             end.value_or(0));
  return success();
}

LogicalResult TreeLeavesOp::inferResults(ShapeInference &shapes,
                                         std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &roots = shapes.get(op.getRoots());
  auto splits = cast<RankedTensorType>(op.getSplits().getType());
  if (input.getRank() != 2 || splits.getElementType() != input.elementType) // C1
    return emitOptionalError(loc, "input of type ", op.getInput().getType(),
                             " has no splits of type ", splits);
  int64_t count = splits.getRank() == 1 ? splits.getDimSize(0) : ShapedType::kDynamic;
  auto hasShape = [&](Value value, ArrayRef<int64_t> shape) {
    return !value || cast<RankedTensorType>(value.getType()).getShape() == shape;
  };
  if (ShapedType::isDynamic(count) || roots.getRank() != 1 ||
      !hasShape(op.getFeatures(), count) || !hasShape(op.getMissing(), count) ||
      !hasShape(op.getNext(), {count, 2})) // C2
    return emitOptionalError(loc, "splits of type ", splits,
                             " do not fit features of type ", op.getFeatures().getType(),
                             ", next of type ", op.getNext().getType(),
                             " and roots of type ", op.getRoots().getType());
  if (failed(checkPlaces(loc, op.getFeatures(), getConstant(input.dims[1]),
                         "features")) ||
      failed(checkPlaces(loc, op.getNext(), count, "next")) ||
      failed(checkPlaces(loc, op.getRoots(), count, "roots"))) // C3
    return failure();
  results.push_back({IntegerType::get(shapes.getContext(), 32),
                     {input.dims[0], roots.dims[0]}});
  return success();
}
