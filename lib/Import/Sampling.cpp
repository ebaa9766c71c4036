#include "dialects/Graph/Sampling.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Shape.h"
#include "lib/Import/Importers.h"
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
  ArrayRef<int64_t> shape = node.getInputType(1).getShape();
  if (shape.size() != 1 || ShapedType::isDynamic(shape[0]))
    return node.emitError() << "an image whose rank is not known is not supported";
  SmallVector<int64_t> ones(shape[0], 1), zeros(2 * shape[0], 0);
  return node.finish<Col2ImOp>(node.getInput(0), node.getInput(1),
                               node.getInput(2), node.getInts("strides", ones),
                               node.getInts("dilations", ones),
                               node.getInts("pads", zeros));
}

//===--- AffineGrid ------------------------------------------------------===//

namespace {
/// Builds what a grid of positions consists of, in numbers of `type`.
class Grid {
public:
  Grid(NodeImporter &node, Type type) : node(node), type(type) {}

  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return node.create<BinaryOp>(kind, lhs, rhs);
  }
  Value number(double value) { return node.createScalar(type, value); }

  /// The middles of `extent` (a list of one) equal parts of [-1, 1], along the first of
  /// `rank` dimensions; if `alignCorners`, the ends are -1 and 1, and one part has -1.
  Value positions(Value extent, int64_t rank, bool alignCorners) {
    Type i64 = node.getBuilder().getI64Type();
    Value count = node.create<SqueezeOp>(extent, SmallVector<int64_t>{0});
    Value steps = node.create<RangeOp>(node.createScalar(i64, 0), count, node.createScalar(i64, 1));
    steps = node.create<CastOp>(steps, type);
    Value parts = node.create<CastOp>(count, type);
    Value step;
    if (alignCorners) {
      Value distances = binary(BinaryKind::Sub, parts, number(1));
      step = binary(BinaryKind::Div, number(2), binary(BinaryKind::Max, distances, number(1)));
    } else {
      step = binary(BinaryKind::Div, number(2), parts);
      steps = binary(BinaryKind::Add, steps, number(0.5));
    }
    Value result = binary(BinaryKind::Sub, binary(BinaryKind::Mul, steps, step), number(1));
    return unsqueeze(result, 1, rank);
  }

  /// Column `index` of each matrix, before which `rank - 2` dimensions come.
  Value column(Value matrices, int64_t index, int64_t rank) {
    Value column = node.create<GatherOp>(
        matrices, node.createScalar(node.getBuilder().getI64Type(), index), /*axis=*/int64_t(2));
    return unsqueeze(column, 1, rank - 1);
  }

private:
  Value unsqueeze(Value value, int64_t begin, int64_t end) {
    return node.create<UnsqueezeOp>(value, llvm::to_vector(llvm::seq(begin, end)));
  }

  NodeImporter &node;
  Type type;
};
} // namespace

/// theta * (x, y, ..., 1) for each position; x is along the last dimension.
LogicalResult graphopt::importAffineGrid(NodeImporter &node) {
  RankedTensorType theta = node.getInputType(0), size = node.getInputType(1);
  if (theta.getRank() != 3 || size.getRank() != 1)
    return node.emitError("theta has rank ") << theta.getRank() << " and size rank "
                                             << size.getRank() << ", not 3 and 1";
  int64_t spatial = size.isDynamicDim(0) ? node.getDeclaredRank(0).value_or(0) - 2
                                         : size.getDimSize(0) - 2;
  if (spatial != 2 && spatial != 3)
    return node.emitError("whether images are flat must be known when the model is compiled");
  Type type = theta.getElementType();
  if (!type.isF64())
    type = node.getBuilder().getF32Type();
  Grid grid(node, type);
  Value matrices = node.create<CastOp>(node.getInput(0), type);
  int64_t rank = spatial + 2; // [batch, sizes..., coordinate]
  Value sum = grid.column(matrices, spatial, rank);
  for (int64_t i = 0; i < spatial; ++i) {
    Value extent = takeDims(node, node.getInput(1), rank - 1 - i, rank - i);
    Value along = grid.positions(extent, i + 2, node.getInt("align_corners") != 0);
    Value product = grid.binary(BinaryKind::Mul, grid.column(matrices, i, rank), along);
    sum = grid.binary(BinaryKind::Add, sum, product);
  }
  return node.finish<CastOp>(sum, theta.getElementType());
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
