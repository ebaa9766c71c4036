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
