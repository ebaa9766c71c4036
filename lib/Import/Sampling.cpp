#include "dialects/Graph/Sampling.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"
#include "lib/Import/RuntimeAxes.h"

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
  std::optional<int64_t> rank = node.getDeclaredRank(0);
  if (rank)
    *rank -= 2; // batch and channels
  if (!isOpenList(node, 1) && node.getInputRank(1) == 1)
    rank = node.getInputType(1).getDimSize(0);
  if (rank.value_or(0) < 1)
    return node.emitError() << "an image whose rank is not known is not supported";
  SmallVector<int64_t> ones(*rank, 1), zeros(2 * *rank, 0);
  return node.finish<Col2ImOp>(node.getInput(0), getList(node, 1, rank),
                               getList(node, 2, rank), node.getInts("strides", ones),
                               node.getInts("dilations", ones),
                               node.getInts("pads", zeros));
}

LogicalResult graphopt::importImageDecoder(NodeImporter &node) {
  return node.finish<DecodeImageOp>(node.getString("pixel_format", "RGB"),
                                    node.getInput(0));
}

//===--- AffineGrid ------------------------------------------------------===//

/// The middles of `extent` (a list of one) equal parts of [-1, 1], along the first of `rank`
/// dimensions; if `alignCorners`, the ends are -1 and 1, and one part has -1.
static Value buildPositions(GraphMath g, Value extent, int64_t rank, bool alignCorners, Type type) {
  Value count = g.squeeze(extent, {0});
  Value steps = g.cast(g.range(count), type), parts = g.cast(count, type);
  if (alignCorners)
    parts = g.binary(BinaryKind::Max, g.sub(parts, g.scalar(type, 1)), g.scalar(type, 1));
  else
    steps = g.add(steps, g.scalar(type, 0.5));
  Value step = g.div(g.scalar(type, 2), parts);
  return g.unsqueeze(g.sub(g.mul(steps, step), g.scalar(type, 1)),
                     llvm::to_vector(llvm::seq<int64_t>(1, rank)));
}

/// Column `index` of each matrix, before which `rank - 2` dimensions come.
static Value takeColumn(GraphMath g, Value matrices, int64_t index, int64_t rank) {
  return g.unsqueeze(g.gather(matrices, g.integer(index), /*axis=*/2),
                     llvm::to_vector(llvm::seq<int64_t>(1, rank - 1)));
}

/// theta * (x, y, ..., 1) for each position; x is along the last dimension.
LogicalResult graphopt::importAffineGrid(NodeImporter &node) {
  RankedTensorType theta = node.getInputType(0), size = node.getInputType(1);
  if (theta.getRank() != 3 || size.getRank() != 1)
    return node.emitError("theta has rank ") << theta.getRank() << " and size rank "
                                             << size.getRank() << ", not 3 and 1";
  if (!size.getElementType().isInteger(64))
    return node.emitError() << "size has elements of type " << size.getElementType();
  int64_t spatial = size.isDynamicDim(0) ? node.getDeclaredRank(0).value_or(0) - 2
                                         : size.getDimSize(0) - 2;
  if (spatial != 2 && spatial != 3)
    return node.emitError("whether images are flat must be known when the model is compiled");
  Type type = theta.getElementType();
  if (!type.isF64())
    type = node.getBuilder().getF32Type();
  GraphMath g{node};
  Value matrices = g.cast(node.getInput(0), type);
  int64_t rank = spatial + 2; // [batch, sizes..., coordinate]
  Value sum = takeColumn(g, matrices, spatial, rank);
  for (int64_t i = 0; i < spatial; ++i) {
    Value extent = takeDims(node, node.getInput(1), rank - 1 - i, rank - i);
    Value along = buildPositions(g, extent, i + 2, node.getInt("align_corners") != 0, type);
    sum = g.add(sum, g.mul(takeColumn(g, matrices, i, rank), along));
  }
  sum = g.cast(sum, theta.getElementType());
  return sum ? node.bind(sum) : failure();
}

LogicalResult graphopt::importRoiAlign(NodeImporter &node) {
  StringRef mode = node.getString("mode"),
            place = node.getString("coordinate_transformation_mode");
  if (mode != "avg" && mode != "max")
    return node.emitError() << "mode '" << mode << "' is not known";
  if (place != "half_pixel" && place != "output_half_pixel")
    return node.emitError() << "coordinate_transformation_mode '" << place
                            << "' is not known";
  return node.finish<RoiAlignOp>(
      node.getInput(0), node.getInput(1), node.getInput(2),
      node.getInt("output_height"), node.getInt("output_width"),
      node.getInt("sampling_ratio"), APFloat(node.getFloat("spatial_scale")),
      place == "half_pixel", mode == "max");
}

LogicalResult graphopt::importMaxRoiPool(NodeImporter &node) {
  SmallVector<int64_t> bins = node.getInts("pooled_shape");
  if (bins.size() != 2)
    return node.emitError() << "pooled_shape has " << bins.size()
                            << " entries, not 2";
  return node.finish<MaxRoiPoolOp>(node.getInput(0), node.getInput(1), bins[0],
                                   bins[1],
                                   APFloat(node.getFloat("spatial_scale")));
}
