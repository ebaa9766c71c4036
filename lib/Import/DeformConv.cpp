// DeformConv, as samples at moved positions and a product.
#include "dialects/Graph/Sampling.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
class DeformConv {
public:
  explicit DeformConv(NodeImporter &node) : node(node) {}

  LogicalResult import();

private:
  LogicalResult read();
  Value buildPositions(Value offset, int64_t dim);
  Value buildGrid();
  Value sample(Value grid);
  Value multiply(Value columns);

  Value input() { return node.getInput(0); }
  Value product(Value list, int64_t length) {
    Value result = node.createInts(1);
    for (int64_t i = 0; i < length; ++i)
      result = g.mul(result, g.slice(list, 0, i, i + 1));
    return result;
  }
  Value ints(int64_t value) { return node.createInts(value); }

  NodeImporter &node;
  GraphMath g{node};
  int64_t depth = 0, taps = 1, groups = 1, offsetGroups = 1;
  SmallVector<int64_t> kernel;
  WindowAttributes window;
  /// So that whole positions come through the grid's coordinates as they are.
  Type positionType = g.f64();
  Value batch, out, channels; // lists: of one, of the spatial extents, of one
};
} // namespace

LogicalResult DeformConv::read() {
  int64_t rank = node.getInputRank(0);
  depth = rank - 2;
  if (depth < 1 || node.getInputRank(1) != rank || node.getInputRank(2) != rank)
    return node.emitError() << "input, weights and offsets have ranks " << rank << ", "
                            << node.getInputRank(1) << " and "
                            << node.getInputRank(2);
  SmallVector<int64_t> ones(depth, 1), zeros(2 * depth, 0);
  ArrayRef<int64_t> filter = node.getInputType(1).getShape();
  kernel = node.getInts("kernel_shape", filter.drop_front(2));
  window.strides = node.getInts("strides", ones);
  window.dilations = node.getInts("dilations", ones);
  window.pads = node.getInts("pads", zeros);
  size_t length = depth;
  if (kernel.size() != length || window.strides.size() != length ||
      window.dilations.size() != length || window.pads.size() != 2 * length)
    return node.emitError() << "kernel_shape, strides, dilations and pads have "
                            << kernel.size() << ", " << window.strides.size() << ", "
                            << window.dilations.size() << " and "
                            << window.pads.size() << " entries for " << depth
                            << " spatial dimensions";
  for (auto [extent, own] : llvm::zip_equal(kernel, filter.drop_front(2))) {
    if (ShapedType::isDynamic(extent))
      return node.emitError("its kernel_shape must be known when the model is compiled");
    if (extent < 1 || (!ShapedType::isDynamic(own) && own != extent))
      return node.emitError() << "kernel_shape [" << kernel
                              << "] does not fit weights of type "
                              << node.getInputType(1);
    taps *= extent;
  }
  groups = node.getInt("group", 1);
  offsetGroups = node.getInt("offset_group", 1);
  if (groups < 1 || offsetGroups < 1)
    return node.emitError() << "has " << groups << " groups and " << offsetGroups
                            << " offset groups";
  int64_t given = node.getInputType(2).getDimSize(1),
          wanted = offsetGroups * taps * depth;
  if (!ShapedType::isDynamic(given) && given != wanted)
    return node.emitError() << "there are " << given << " offsets at a position, not "
                            << wanted;
  batch = g.extents(input(), 0, 1);
  channels = g.extents(input(), 1, 2);
  out = g.extents(node.getInput(2), 2, rank);
  return success(batch && channels && out);
}

/// Along one dimension, [N, offsetGroups, taps, out...], as -1 at the outer edge of
/// the first element and 1 at that of the last.
Value DeformConv::buildPositions(Value offset, int64_t dim) {
  Value position = g.gather(offset, g.integer(dim), 3);
  // Where each tap lies in a window.
  SmallVector<double> starts;
  for (int64_t tap = 0; tap < taps; ++tap) {
    int64_t rest = tap;
    for (int64_t i = depth - 1; i > dim; --i)
      rest /= kernel[i];
    starts.push_back((rest % kernel[dim]) * window.dilations[dim] - window.pads[dim]);
  }
  SmallVector<int64_t> shape(depth + 1, 1);
  shape[0] = taps;
  Value tapStarts = g.floats(starts, shape, positionType);
  Value windows = g.range(g.gather(out, g.integer(dim), 0));
  Value windowStarts = g.cast(
      g.mul(windows, g.integer(window.strides[dim])), positionType);
  SmallVector<int64_t> inner;
  for (int64_t i = dim + 1; i < depth; ++i)
    inner.push_back(i - dim);
  if (!inner.empty())
    windowStarts = g.unsqueeze(windowStarts, inner);
  position = g.add(g.add(g.cast(position, positionType), tapStarts), windowStarts);
  Value extent = g.cast(g.gather(g.shape(input()), g.integer(2 + dim), 0), positionType);
  Value doubled = g.add(g.mul(position, g.scalar(positionType, 2)),
                        g.scalar(positionType, 1));
  return g.sub(g.div(doubled, extent), g.scalar(positionType, 1));
}

/// [N * offsetGroups, taps * out[0], out[1]..., depth]
Value DeformConv::buildGrid() {
  Value parts = g.concat({batch, ints(offsetGroups), ints(taps), ints(depth), out});
  Value offset = g.reshape(node.getInput(2), parts);
  SmallVector<Value> coordinates;
  for (int64_t dim = depth; dim-- > 0;)
    coordinates.push_back(g.unsqueeze(buildPositions(offset, dim), {3 + depth}));
  Value grid = g.concat(coordinates, 3 + depth);
  Value rows = g.mul(ints(taps), g.slice(out, 0, 0, 1));
  return g.reshape(grid, g.concat({g.mul(batch, ints(offsetGroups)), rows,
                                   g.slice(out, 0, 1, depth), ints(depth)}));
}

/// [N, groups, channels / groups * taps, windows]
Value DeformConv::sample(Value grid) {
  Value perGroup = g.div(channels, ints(offsetGroups)), windows = product(out, depth);
  Value images = g.reshape(
      input(), g.concat({g.mul(batch, ints(offsetGroups)), perGroup,
                         g.extents(input(), 2, 2 + depth)}));
  if (!images || !grid)
    return {};
  Value columns = node.create<GridSampleOp>(Interpolation::Linear, images, grid,
                                            OutsideMode::Zeros,
                                            /*align_corners=*/false);
  if (node.hasInput(4)) {
    columns = g.reshape(columns, g.concat({batch, ints(offsetGroups), perGroup,
                                           ints(taps), windows}));
    Value mask = g.reshape(node.getInput(4), g.concat({batch, ints(offsetGroups),
                                                       ints(1), ints(taps), windows}));
    columns = g.mul(columns, mask);
  }
  Value rows = g.mul(g.div(channels, ints(groups)), ints(taps));
  return g.reshape(columns, g.concat({batch, ints(groups), rows, windows}));
}

Value DeformConv::multiply(Value columns) {
  Value weights = node.getInput(1), filters = g.extents(weights, 0, 1);
  Value rows = g.mul(g.extents(weights, 1, 2), ints(taps));
  weights = g.reshape(weights,
                      g.concat({ints(groups), g.div(filters, ints(groups)), rows}));
  Value result = g.reshape(g.matmul(weights, columns), g.concat({batch, filters, out}));
  if (!node.hasInput(3))
    return result;
  SmallVector<int64_t> spatial;
  for (int64_t i = 0; i < depth; ++i)
    spatial.push_back(1 + i);
  return g.add(result, g.unsqueeze(node.getInput(3), spatial));
}

LogicalResult DeformConv::import() {
  if (failed(read()))
    return failure();
  Value result = multiply(sample(buildGrid()));
  return result ? node.bind(result) : failure();
}

LogicalResult graphopt::importDeformConv(NodeImporter &node) {
  return DeformConv(node).import();
}
