#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Flatten.h"
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

std::pair<Value, int64_t> graphopt::getInputAndAxis(NodeImporter &node) {
  if (node.hasAttribute("axis"))
    return {node.getInput(0), node.getInt("axis")};
  auto flat = node.create<ReshapeOp>(node.getInput(0), node.createInts(-1),
                                     /*allowZero=*/false);
  return {flat ? flat.getResult() : Value(), 0};
}

LogicalResult graphopt::importCompress(NodeImporter &node) {
  auto [input, axis] = getInputAndAxis(node);
  if (!input)
    return failure();
  return node.finish<CompressOp>(input, node.getInput(1), axis);
}

LogicalResult graphopt::importReverseSequence(NodeImporter &node) {
  return node.finish<ReverseSequenceOp>(node.getInput(0), node.getInput(1),
                                        node.getInt("batch_axis"),
                                        node.getInt("time_axis"));
}
