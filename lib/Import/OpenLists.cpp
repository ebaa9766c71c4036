#include "lib/Import/OpenLists.h"
#include "dialects/Graph/Scattering.h"
#include "lib/Import/GraphMath.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

bool graphopt::isOpenList(const NodeImporter &node, size_t index) {
  return node.hasInput(index) && node.getInputRank(index) == 1 &&
         node.getInputType(index).isDynamicDim(0);
}

Value graphopt::getList(NodeImporter &node, size_t index, std::optional<int64_t> length) {
  Value list = node.getInput(index);
  if (!isOpenList(node, index) || !length || *length < 0)
    return list;
  return withShape(node, list, *length);
}

Value graphopt::getExtents(NodeImporter &node, Value value, int64_t begin, int64_t end) {
  GraphMath g{node};
  ArrayRef<int64_t> shape = GraphMath::type(value).getShape().slice(begin, end - begin);
  return ShapedType::isDynamicShape(shape) ? g.extents(value, begin, end) : node.createInts(shape);
}

Value graphopt::getListOfDims(NodeImporter &node, size_t index) {
  return isOpenList(node, index) ? getList(node, index, node.getDeclaredRank(0))
                                 : node.getInput(index);
}

Value graphopt::withShape(NodeImporter &node, Value value, ArrayRef<int64_t> shape) {
  GraphMath g{node};
  if (!ShapedType::isDynamicShape(shape))
    return g.reshape(value, node.createInts(shape));
  SmallVector<Value> extents;
  for (auto [dim, extent] : llvm::enumerate(shape))
    extents.push_back(ShapedType::isDynamic(extent) ? g.extents(value, dim, dim + 1)
                                                    : node.createInts(extent));
  return g.reshape(value, g.concat(extents));
}

Value graphopt::withLast(NodeImporter &node, Value value, int64_t extent) {
  RankedTensorType type = GraphMath::type(value);
  if (type.getRank() == 0 || !type.isDynamicDim(type.getRank() - 1) || extent < 0)
    return value;
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = extent;
  return withShape(node, value, shape);
}

Value graphopt::getPositions(NodeImporter &node, Value list) {
  GraphMath g{node};
  return g.range(g.squeeze(g.shape(list), {0}));
}

Value graphopt::spread(NodeImporter &node, Value list, Value axes, int64_t rank,
                       int64_t otherwise) {
  GraphMath g{node};
  Value all = node.createInts(SmallVector<int64_t>(rank, otherwise));
  Value given = g.cast(list, g.i64()), places = g.cast(axes, g.i64());
  return node.create<ScatterElementsOp>(given, all, places, /*axis=*/int64_t(0),
                                        BinaryKindAttr());
}
