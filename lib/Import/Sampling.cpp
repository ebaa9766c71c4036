#include "dialects/Graph/Sampling.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importGridSample(NodeImporter &node) {
  StringRef name = node.getString("mode");
  std::optional<Interpolation> mode = symbolizeInterpolation(name);
  if (!mode)
    return node.emitError() << "mode '" << name << "' is not known";
  StringRef outsideName = node.getString("padding_mode");
  std::optional<OutsideMode> outside = symbolizeOutsideMode(outsideName);
  if (!outside)
    return node.emitError()
           << "padding_mode '" << outsideName << "' is not known";
  return node.finish<GridSampleOp>(*mode, node.getInput(0), node.getInput(1),
                                   *outside, node.getInt("align_corners") != 0);
}

LogicalResult graphopt::importCol2Im(NodeImporter &node) {
  FailureOr<SmallVector<int64_t>> block =
      node.requireConstantInts(node.getInput(2), "block_shape");
  if (failed(block))
    return failure();
  SmallVector<int64_t> ones(block->size(), 1), zeros(2 * block->size(), 0);
  return node.finish<Col2ImOp>(node.getInput(0), node.getInput(1), *block,
                               node.getInts("strides", ones),
                               node.getInts("dilations", ones),
                               node.getInts("pads", zeros));
}
