#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Flatten.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Positions for axes of which only the run knows how many there are.
static LogicalResult sliceOpenAxes(NodeImporter &node) {
  Value starts = node.getInput(1), axes = node.getInput(3);
  int64_t rank = node.getInputRank(0);
  if (!axes)
    axes = getPositions(node, starts);
  Value steps;
  if (node.hasInput(4))
    steps = spread(node, node.getInput(4), axes, rank, 1);
  Value ends = spread(node, node.getInput(2), axes, rank, INT64_MAX);
  return node.finish<SliceOp>(node.getInput(0), spread(node, starts, axes, rank, 0), ends,
                              Value(), steps);
}

LogicalResult graphopt::importSlice(NodeImporter &node) {
  // One list tells how long the others are.
  std::optional<int64_t> length;
  for (size_t i = 1; i <= 4; ++i)
    if (node.hasInput(i) && node.getInputRank(i) == 1 && !isOpenList(node, i))
      length = node.getInputType(i).getDimSize(0);
  if (isOpenList(node, 1) && !length)
    return sliceOpenAxes(node);
  return node.finish<SliceOp>(node.getInput(0), getList(node, 1, length),
                              getList(node, 2, length), getList(node, 3, length),
                              getList(node, 4, length));
}

/// Pads for axes of which only the run knows how many there are: those before, then those
/// after.
static Value spreadPads(NodeImporter &node) {
  GraphMath g{node};
  Value halves = g.reshape(node.getInput(1), node.createInts({2, -1}));
  SmallVector<Value> sides;
  for (int64_t side : {0, 1})
    sides.push_back(spread(node, g.gather(halves, g.integer(side), 0), node.getInput(3),
                           node.getInputRank(0), 0));
  return g.concat(sides);
}

LogicalResult graphopt::importPad(NodeImporter &node) {
  StringRef name = node.getString("mode");
  std::optional<PadMode> mode = symbolizePadMode(name);
  if (!mode)
    return node.emitError() << "mode '" << name << "' is not known";
  Value pads = node.getInput(1), axes = node.getInput(3);
  if (isOpenList(node, 3)) {
    pads = spreadPads(node);
    axes = {};
  } else if (!axes || node.getInputType(3).hasStaticShape()) {
    int64_t count = axes ? node.getInputType(3).getNumElements() : node.getInputRank(0);
    pads = getList(node, 1, 2 * count);
  }
  return node.finish<PadOp>(*mode, node.getInput(0), pads, node.getInput(2), axes);
}

std::pair<Value, int64_t> graphopt::getInputAndAxis(NodeImporter &node) {
  if (node.hasAttribute("axis"))
    return {node.getInput(0), node.getAxis()};
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
