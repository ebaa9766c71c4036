#include "lib/Import/RuntimeAxes.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
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
    axes = node.create<UnsqueezeOp>(axes, SmallVector<int64_t>{0});
  // [count, rank]; negative axes count from the end.
  Type i64 = node.getBuilder().getI64Type(), i1 = node.getBuilder().getI1Type();
  Value column = node.create<UnsqueezeOp>(axes, SmallVector<int64_t>{1});
  auto matches = [&](int64_t offset) -> Value {
    Value dims = node.createInts(llvm::to_vector(llvm::seq(offset, offset + rank)));
    return node.create<BinaryOp>(BinaryKind::Equal, column, dims);
  };
  Value match = node.create<BinaryOp>(BinaryKind::Or, matches(0), matches(-rank));
  Value number = node.create<CastOp>(match, i64);
  number = node.create<ReduceOp>(ReduceKind::Sum, number, SmallVector<int64_t>{0},
                                 /*keepdims=*/false);
  isAxis = node.create<CastOp>(number, i1);
  if (emptyMeansAll) {
    Value size = node.create<SizeOp>(axes), zero = node.createScalar(i64, 0);
    Value isEmpty = node.create<BinaryOp>(BinaryKind::Equal, size, zero);
    isAxis = node.create<BinaryOp>(BinaryKind::Or, isAxis, isEmpty);
  }
}

Value RuntimeAxes::choose(Value onAxes, Value otherwise) {
  return node.create<WhereOp>(isAxis, onAxes, otherwise);
}

Value RuntimeAxes::sortDims() {
  Value flags = node.create<CastOp>(isAxis, node.getBuilder().getI64Type());
  auto op = node.create<TopKOp>(flags, node.createInts(rank), /*axis=*/int64_t(0),
                                /*largest=*/false, /*sorted=*/true);
  return op ? Value(op.getIndices()) : Value();
}

Value RuntimeAxes::ones() { return node.createInts(SmallVector<int64_t>(rank, 1)); }

Value graphopt::takeDims(NodeImporter &node, Value list, int64_t begin, int64_t end) {
  return node.create<SliceOp>(list, node.createInts(begin), node.createInts(end), Value(),
                              Value());
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
