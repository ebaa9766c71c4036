#include "dialects/Graph/Reduction.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importReduce(NodeImporter &node) {
  StringRef name = node.getOpType();
  name.consume_front("Reduce");
  std::optional<ReduceKind> kind = symbolizeReduceKind(name);
  assert(kind && "OnnxOps.def has a row for it");
  SmallVector<int64_t> axes;
  if (node.hasInput(1)) {
    FailureOr<SmallVector<int64_t>> given =
        node.requireConstantInts(node.getInput(1), "axes");
    if (failed(given))
      return failure();
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
  return node.finish<ArgOp>(*kind, node.getInput(0), node.getInt("axis"),
                            node.getInt("keepdims") != 0,
                            node.getInt("select_last_index") != 0);
}
