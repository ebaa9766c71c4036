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
  FailureOr<SmallVector<int64_t>> axis =
      node.requireConstantInts(node.getInput(1), "axis");
  if (failed(axis))
    return failure();
  if (axis->size() != 1)
    return node.emitError() << "it has " << axis->size() << " axes, not one";
  return node.finish<CumulateOp>(*kind, node.getInput(0), axis->front(),
                                 node.getInt("exclusive") != 0,
                                 node.getInt("reverse") != 0);
}
