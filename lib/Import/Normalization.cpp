#include "dialects/Graph/Normalization.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importSoftmax(NodeImporter &node) {
  return node.finish<SoftmaxOp>(node.getInput(0), node.getInt("axis"));
}

LogicalResult graphopt::importLogSoftmax(NodeImporter &node) {
  return node.finish<LogSoftmaxOp>(node.getInput(0), node.getInt("axis"));
}

LogicalResult graphopt::importHardmax(NodeImporter &node) {
  return node.finish<HardmaxOp>(node.getInput(0), node.getInt("axis"));
}

LogicalResult graphopt::importLpNormalization(NodeImporter &node) {
  return node.finish<LpNormalizationOp>(node.getInput(0), node.getInt("axis"),
                                        node.getInt("p"));
}

LogicalResult graphopt::importLayerNormalization(NodeImporter &node) {
  Type stash =
      node.getElementType("stash_type", node.getBuilder().getF32Type());
  if (!stash)
    return failure();
  return node.finish<LayerNormalizationOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), node.getInt("axis"),
      APFloat(node.getFloat("epsilon")), TypeAttr::get(stash));
}

LogicalResult graphopt::importRMSNormalization(NodeImporter &node) {
  return node.finish<RMSNormalizationOp>(node.getInput(0), node.getInput(1),
                                         node.getInt("axis"),
                                         APFloat(node.getFloat("epsilon")));
}
