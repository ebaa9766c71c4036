#include "dialects/Graph/Slicing.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importSlice(NodeImporter &node) {
  return node.finish<SliceOp>(node.getInput(0), node.getInput(1),
                              node.getInput(2), node.getInput(3),
                              node.getInput(4));
}

LogicalResult graphopt::importPad(NodeImporter &node) {
  StringRef name = node.getString("mode");
  std::optional<PadMode> mode = symbolizePadMode(name);
  if (!mode)
    return node.emitError() << "mode '" << name << "' is not known";
  return node.finish<PadOp>(*mode, node.getInput(0), node.getInput(1),
                            node.getInput(2), node.getInput(3));
}

LogicalResult graphopt::importReverseSequence(NodeImporter &node) {
  return node.finish<ReverseSequenceOp>(node.getInput(0), node.getInput(1),
                                        node.getInt("batch_axis"),
                                        node.getInt("time_axis"));
}
