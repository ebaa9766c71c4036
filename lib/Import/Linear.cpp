#include "dialects/Graph/Linear.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importMatMul(NodeImporter &node) {
  return node.finish<MatMulOp>(node.getInput(0), node.getInput(1));
}

LogicalResult graphopt::importGemm(NodeImporter &node) {
  return node.finish<GemmOp>(
      node.getInput(0), node.getInput(1), node.getInput(2),
      node.getInt("transA") != 0, node.getInt("transB") != 0,
      APFloat(node.getFloat("alpha")), APFloat(node.getFloat("beta")));
}

LogicalResult graphopt::importEinsum(NodeImporter &node) {
  return node.finish<EinsumOp>(node.getInputs(), node.getString("equation"));
}

LogicalResult graphopt::importDet(NodeImporter &node) {
  return node.finish<DetOp>(node.getInput(0));
}
