#include "dialects/Graph/Cumulation.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importCumulate(NodeImporter &node) {
  StringRef name = node.getOpType();
  name.consume_front("Cum");
  std::optional<CumKind> kind = symbolizeCumKind(name);
  assert(kind && "OnnxOps.def has a row for it");
  return node.finish<CumulateOp>(*kind, node.getInput(0), node.getInput(1),
                                 node.getInt("exclusive") != 0,
                                 node.getInt("reverse") != 0);
}
