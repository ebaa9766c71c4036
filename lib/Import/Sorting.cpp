#include "dialects/Graph/Sorting.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importTopK(NodeImporter &node) {
  return node.finish<TopKOp>(node.getInput(0), node.getInput(1),
                             node.getInt("axis"), node.getInt("largest") != 0,
                             node.getInt("sorted") != 0);
}
