#include "lib/Import/RuntimeAxes.h"
#include "dialects/Graph/Sorting.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::checkAxes(NodeImporter &node, size_t input) {
  RankedTensorType type = node.getInputType(input);
  if (type.getRank() <= 1 && type.getElementType().isSignlessInteger(64))
    return success();
  return node.emitError("its axes are of type ") << type << ", not a list of int64";
}

RuntimeAxes::RuntimeAxes(NodeImporter &node, size_t input, int64_t rank, bool emptyMeansAll)
    : node(node), rank(rank) {
  Value axes = node.getInput(input);
  if (node.getInputRank(input) == 0)
    axes = g.unsqueeze(axes, {0});
  // [count, rank]; negative axes count from the end.
  Value column = g.unsqueeze(axes, {1});
  auto matches = [&](int64_t offset) {
    Value dims = node.createInts(llvm::to_vector(llvm::seq(offset, offset + rank)));
    return g.binary(BinaryKind::Equal, column, dims);
  };
  Value match = g.binary(BinaryKind::Or, matches(0), matches(-rank));
  Type i1 = node.getBuilder().getI1Type();
  isAxis = g.cast(g.reduce(ReduceKind::Sum, g.cast(match, g.i64()), {0}), i1);
  if (emptyMeansAll) {
    Value isEmpty = g.binary(BinaryKind::Equal, g.shape(axes), g.integer(0));
    isAxis = g.binary(BinaryKind::Or, isAxis, isEmpty);
  }
}

Value RuntimeAxes::choose(Value onAxes, Value otherwise) {
  return g.where(isAxis, onAxes, otherwise);
}

Value RuntimeAxes::sortDims() {
  Value flags = g.cast(isAxis, g.i64());
  auto op = node.create<TopKOp>(flags, node.createInts(rank), /*axis=*/int64_t(0),
                                /*largest=*/false, /*sorted=*/true);
  return op ? Value(op.getIndices()) : Value();
}

Value RuntimeAxes::ones() { return node.createInts(SmallVector<int64_t>(rank, 1)); }

Value graphopt::takeDims(NodeImporter &node, Value list, int64_t begin, int64_t end) {
  return GraphMath{node}.slice(list, 0, begin, end);
}

FailureOr<int64_t> graphopt::countAxes(NodeImporter &node, size_t input, int64_t rank,
                                       bool isLonger) {
  RankedTensorType list = node.getInputType(input);
  if (list.getRank() == 0)
    return 1;
  if (!list.isDynamicDim(0))
    return list.getDimSize(0);
  std::optional<int64_t> declared = node.getDeclaredRank(0);
  int64_t count = declared ? (isLonger ? *declared - rank : rank - *declared) : -1;
  if (count >= 0)
    return count;
  return node.emitError("the number of its axes must be known when the model is compiled, as "
                        "the rank of its output depends on it");
}
