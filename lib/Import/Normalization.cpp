#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importSoftmax(NodeImporter &node) {
  return node.finish<SoftmaxOp>(node.getInput(0), node.getAxis());
}

LogicalResult graphopt::importLogSoftmax(NodeImporter &node) {
  return node.finish<LogSoftmaxOp>(node.getInput(0), node.getAxis());
}

LogicalResult graphopt::importHardmax(NodeImporter &node) {
  return node.finish<HardmaxOp>(node.getInput(0), node.getAxis());
}

LogicalResult graphopt::importLpNormalization(NodeImporter &node) {
  return node.finish<LpNormalizationOp>(node.getInput(0), node.getAxis(),
                                        node.getInt("p"));
}

LogicalResult graphopt::importLayerNormalization(NodeImporter &node) {
  Type stash =
      node.getElementType("stash_type", node.getBuilder().getF32Type());
  if (!stash)
    return failure();
  return node.finish<LayerNormalizationOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), node.getAxis(),
      APFloat(node.getFloat("epsilon")), TypeAttr::get(stash));
}

LogicalResult graphopt::importRMSNormalization(NodeImporter &node) {
  return node.finish<RMSNormalizationOp>(node.getInput(0), node.getInput(1),
                                         node.getAxis(),
                                         APFloat(node.getFloat("epsilon")));
}

LogicalResult graphopt::importBatchNormalization(NodeImporter &node) {
  return node.finish<BatchNormalizationOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), node.getInput(3),
      node.getInput(4), /*axis=*/1, APFloat(node.getFloat("epsilon")),
      APFloat(node.getFloat("momentum")), node.getInt("training_mode") != 0);
}

LogicalResult graphopt::importInstanceNormalization(NodeImporter &node) {
  return node.finish<GroupNormalizationOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), /*axis=*/1,
      /*groups=*/0, APFloat(node.getFloat("epsilon")));
}

LogicalResult graphopt::importGroupNormalization(NodeImporter &node) {
  int64_t groups = node.getInt("num_groups");
  if (groups < 1)
    return node.emitError() << "attribute 'num_groups' is " << groups;
  return node.finish<GroupNormalizationOp>(node.getInput(0), node.getInput(1),
                                           node.getInput(2), /*axis=*/1, groups,
                                           APFloat(node.getFloat("epsilon")));
}

LogicalResult graphopt::importLRN(NodeImporter &node) {
  return node.finish<LRNOp>(node.getInput(0), /*axis=*/1, node.getInt("size"),
                            APFloat(node.getFloat("alpha")),
                            APFloat(node.getFloat("beta")),
                            APFloat(node.getFloat("bias")));
}
