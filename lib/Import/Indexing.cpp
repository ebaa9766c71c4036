#include "dialects/Graph/Indexing.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importGather(NodeImporter &node) {
  return node.finish<GatherOp>(node.getInput(0), node.getInput(1),
                               node.getInt("axis"));
}

LogicalResult graphopt::importGatherElements(NodeImporter &node) {
  return node.finish<GatherElementsOp>(node.getInput(0), node.getInput(1),
                                       node.getInt("axis"));
}

LogicalResult graphopt::importGatherND(NodeImporter &node) {
  return node.finish<GatherNDOp>(node.getInput(0), node.getInput(1),
                                 node.getInt("batch_dims"));
}

LogicalResult graphopt::importNonZero(NodeImporter &node) {
  return node.finish<NonZeroOp>(node.getInput(0));
}
