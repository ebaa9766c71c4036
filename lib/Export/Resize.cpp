#include "dialects/Graph/Resize.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(ResizeOp op, NodeExporter &node) {
  OnnxNode onnx = node.write(
      "Resize", {op.getInput(), op.getRoi(), op.getScales(), op.getSizes()});
  onnx.set("mode", stringifyInterpolation(op.getMode()))
      .set("coordinate_transformation_mode",
           stringifyCoordinateMode(op.getCoordinates()))
      .set("axes", op.getAxes())
      .set("antialias", op.getAntialias())
      .set("exclude_outside", op.getExcludeOutside());
  if (std::optional<NearestMode> rounding = op.getRounding())
    onnx.set("nearest_mode", stringifyNearestMode(*rounding));
  if (std::optional<AspectPolicy> policy = op.getPolicy())
    onnx.set("keep_aspect_ratio_policy", stringifyAspectPolicy(*policy));
  if (std::optional<APFloat> coefficient = op.getCubicCoefficient())
    onnx.set("cubic_coeff_a", *coefficient);
  if (std::optional<APFloat> value = op.getExtrapolationValue())
    onnx.set("extrapolation_value", *value);
  return success();
}
