#include "dialects/Graph/Indexing.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importGather(NodeImporter &node) {
  return node.finish<GatherOp>(node.getInput(0), node.getInput(1),
                               node.getAxis());
}

LogicalResult graphopt::importGatherElements(NodeImporter &node) {
  return node.finish<GatherElementsOp>(node.getInput(0), node.getInput(1),
                                       node.getAxis());
}

LogicalResult graphopt::importGatherND(NodeImporter &node) {
  int64_t batch = node.getInt("batch_dims");
  Value indices = node.getInput(1);
  // The ranks tell how long a position is.
  if (std::optional<int64_t> rank = node.getDeclaredRank(0)) {
    int64_t most = node.getInputRank(0) + node.getInputRank(1) - 1 - batch;
    indices = withLast(node, indices, most - *rank);
  }
  return node.finish<GatherNDOp>(node.getInput(0), indices, batch);
}

LogicalResult graphopt::importNonZero(NodeImporter &node) {
  return node.finish<NonZeroOp>(node.getInput(0));
}
