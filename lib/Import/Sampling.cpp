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
  ArrayRef<int64_t> shape = node.getInputType(1).getShape();
  if (shape.size() != 1 || ShapedType::isDynamic(shape[0]))
    return node.emitError() << "an image whose rank is not known is not supported";
  SmallVector<int64_t> ones(shape[0], 1), zeros(2 * shape[0], 0);
  return node.finish<Col2ImOp>(node.getInput(0), node.getInput(1),
                               node.getInput(2), node.getInts("strides", ones),
                               node.getInts("dilations", ones),
                               node.getInts("pads", zeros));
}
