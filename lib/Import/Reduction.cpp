#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"
#include "lib/Import/RuntimeAxes.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Reduces over axes that the run tells. Each dimension becomes two, of which one has
/// extent 1: the first is kept, the second reduced. That is `keepdims`; without it a
/// reshape drops the reduced ones.
static LogicalResult reduceAtRuntime(NodeImporter &node, ReduceKind kind) {
  if (failed(checkAxes(node, 1)))
    return failure();
  Value input = node.getInput(0);
  int64_t rank = node.getInputRank(0);
  GraphMath g{node};
  RuntimeAxes axes(node, 1, rank, !node.getInt("noop_with_empty_axes"));
  Value shape = g.shape(input), ones = axes.ones();
  Value kept = axes.choose(ones, shape), reduced = axes.choose(shape, ones);
  SmallVector<Value> pairs;
  SmallVector<int64_t> second;
  for (int64_t i = 0; i < rank; ++i) {
    pairs.append({takeDims(node, kept, i, i + 1), takeDims(node, reduced, i, i + 1)});
    second.push_back(2 * i + 1);
  }
  Value split = g.reshape(input, g.concat(pairs));
  if (node.getInt("keepdims") != 0)
    return node.finish<ReduceOp>(kind, split, second, /*keepdims=*/false);
  FailureOr<int64_t> count = countAxes(node, 1, rank, /*isLonger=*/false);
  Value result = g.reduce(kind, split, second);
  if (failed(count) || !result)
    return failure();
  Value dims = takeDims(node, axes.sortDims(), 0, rank - *count);
  return node.finish<ReshapeOp>(result, g.gather(shape, dims, 0), /*allowZero=*/true);
}

LogicalResult graphopt::importReduce(NodeImporter &node) {
  StringRef name = node.getOpType();
  name.consume_front("Reduce");
  std::optional<ReduceKind> kind = symbolizeReduceKind(name);
  assert(kind && "OnnxOps.def has a row for it");
  SmallVector<int64_t> axes;
  if (node.hasInput(1)) {
    std::optional<SmallVector<int64_t>> given = node.getConstantInts(node.getInput(1));
    if (!given && node.getInputRank(0) > 0)
      return reduceAtRuntime(node, *kind);
    if (given)
      axes = std::move(*given);
  }
  if (axes.empty() && !node.getInt("noop_with_empty_axes"))
    axes = llvm::to_vector(llvm::seq(node.getInputRank(0)));
  return node.finish<ReduceOp>(*kind, node.getInput(0), axes,
                               node.getInt("keepdims") != 0);
}

LogicalResult graphopt::importArg(NodeImporter &node) {
  StringRef name = node.getOpType();
  name.consume_front("Arg");
  std::optional<ArgKind> kind = symbolizeArgKind(name);
  assert(kind && "OnnxOps.def has a row for it");
  return node.finish<ArgOp>(*kind, node.getInput(0), node.getAxis(),
                            node.getInt("keepdims") != 0,
                            node.getInt("select_last_index") != 0);
}
