#include "dialects/Graph/Sampling.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(GridSampleOp op, NodeExporter &node) {
  node.write("GridSample", {op.getInput(), op.getGrid()})
      .set("mode", stringifyInterpolation(op.getMode()))
      .set("padding_mode", stringifyOutsideMode(op.getOutside()))
      .set("align_corners", op.getAlignCorners());
  return success();
}

LogicalResult graphopt::exportOp(DecodeImageOp op, NodeExporter &node) {
  node.write("ImageDecoder", {op.getInput()}).set("pixel_format", op.getFormat());
  return success();
}

LogicalResult graphopt::exportOp(Col2ImOp op, NodeExporter &node) {
  node.write("Col2Im", {op.getInput(), op.getImage(), op.getBlock()})
      .set("strides", op.getStrides())
      .set("dilations", op.getDilations())
      .set("pads", op.getPads());
  return success();
}

LogicalResult graphopt::exportOp(RoiAlignOp op, NodeExporter &node) {
  node.write("RoiAlign", {op.getInput(), op.getRois(), op.getImages()})
      .set("output_height", op.getHeight())
      .set("output_width", op.getWidth())
      .set("sampling_ratio", op.getSamples())
      .set("spatial_scale", op.getScale())
      .set("coordinate_transformation_mode",
           op.getHalfPixel() ? "half_pixel" : "output_half_pixel")
      .set("mode", op.getMax() ? "max" : "avg");
  return success();
}

LogicalResult graphopt::exportOp(MaxRoiPoolOp op, NodeExporter &node) {
  SmallVector<int64_t> bins{int64_t(op.getHeight()), int64_t(op.getWidth())};
  node.write("MaxRoiPool", {op.getInput(), op.getRois()})
      .set("pooled_shape", ArrayRef(bins))
      .set("spatial_scale", op.getScale());
  return success();
}
