#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"
#include "lib/Import/RuntimeAxes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importTranspose(NodeImporter &node) {
  SmallVector<int64_t> reversed =
      llvm::to_vector(llvm::reverse(llvm::seq(node.getInputRank(0))));
  return node.finish<TransposeOp>(node.getInput(0),
                                  node.getInts("perm", reversed));
}

LogicalResult graphopt::importReshape(NodeImporter &node) {
  return node.finish<ReshapeOp>(node.getInput(0), getListOfDims(node, 1),
                                node.getInt("allowzero") != 0);
}

LogicalResult graphopt::importConcat(NodeImporter &node) {
  return node.finish<ConcatOp>(node.getInputs(), node.getAxis());
}

LogicalResult graphopt::importShape(NodeImporter &node) {
  Value shape = node.create<ShapeOp>(node.getInput(0));
  int64_t rank = node.getInputRank(0);
  auto position = [&](StringRef name, int64_t otherwise) {
    int64_t value = node.getInt(name, otherwise);
    return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  int64_t start = position("start", 0), end = position("end", rank);
  if (start > 0 || end < rank)
    shape = takeDims(node, shape, start, std::max(start, end));
  return node.bind(shape);
}

LogicalResult graphopt::importSize(NodeImporter &node) {
  return node.finish<SizeOp>(node.getInput(0));
}

static LogicalResult squeezeAtRuntime(NodeImporter &node) {
  if (failed(checkAxes(node, 1)))
    return failure();
  int64_t rank = node.getInputRank(0);
  RuntimeAxes axes(node, 1, rank, /*emptyMeansAll=*/false);
  FailureOr<int64_t> count = countAxes(node, 1, rank, /*isLonger=*/false);
  if (failed(count))
    return failure();
  Value shape = node.create<ShapeOp>(node.getInput(0));
  Value dims = takeDims(node, axes.sortDims(), 0, rank - *count);
  return node.finish<ReshapeOp>(node.getInput(0),
                                node.create<GatherOp>(shape, dims, /*axis=*/int64_t(0)),
                                /*allowZero=*/true);
}

/// Without axes all dimensions of extent 1 go; open ones stay, as they are seldom meant
/// and ranks are known when a model is compiled.
LogicalResult graphopt::importSqueeze(NodeImporter &node) {
  SmallVector<int64_t> axes;
  if (node.hasInput(1)) {
    std::optional<SmallVector<int64_t>> given = node.getConstantInts(node.getInput(1));
    if (!given)
      return squeezeAtRuntime(node);
    axes = std::move(*given);
  } else {
    for (auto [dim, extent] : llvm::enumerate(node.getInputType(0).getShape()))
      if (extent == 1)
        axes.push_back(dim);
  }
  return node.finish<SqueezeOp>(node.getInput(0), axes);
}

/// The input's extents go where no axes are.
static LogicalResult unsqueezeAtRuntime(NodeImporter &node) {
  if (failed(checkAxes(node, 1)))
    return failure();
  int64_t rank = node.getInputRank(0);
  FailureOr<int64_t> count = countAxes(node, 1, rank, /*isLonger=*/true);
  if (failed(count))
    return failure();
  constexpr int64_t kMostDims = 64; // as the run has it, too
  if (*count > kMostDims - rank)
    return node.emitError() << "it has " << *count << " axes, but tensors have at most "
                            << kMostDims << " dimensions";
  RuntimeAxes axes(node, 1, rank + *count, /*emptyMeansAll=*/false);
  Value others = takeDims(node, axes.sortDims(), 0, rank);
  Value dims = node.create<ScatterElementsOp>(node.create<ShapeOp>(node.getInput(0)), axes.ones(),
                                              others, /*axis=*/int64_t(0), BinaryKindAttr());
  return node.finish<ReshapeOp>(node.getInput(0), dims, /*allowZero=*/true);
}

LogicalResult graphopt::importUnsqueeze(NodeImporter &node) {
  std::optional<SmallVector<int64_t>> axes = node.getConstantInts(node.getInput(1));
  if (!axes)
    return unsqueezeAtRuntime(node);
  return node.finish<UnsqueezeOp>(node.getInput(0), *axes);
}

/// A shape of open length is for the last dimensions; it may have fewer than the input, as
/// long as the result has no more.
LogicalResult graphopt::importExpand(NodeImporter &node) {
  int64_t rank = node.getInputRank(0);
  Value shape = getListOfDims(node, 1);
  if (isOpenList(node, 1) && node.getDeclaredRank(0) == rank) {
    GraphMath g{node};
    Value fromEnd = g.sub(getPositions(node, node.getInput(1)), g.shape(node.getInput(1)));
    shape = spread(node, node.getInput(1), fromEnd, rank, 1);
  }
  return node.finish<ExpandOp>(node.getInput(0), shape);
}

LogicalResult graphopt::importTile(NodeImporter &node) {
  return node.finish<TileOp>(node.getInput(0), getList(node, 1, node.getInputRank(0)));
}

LogicalResult graphopt::importSplit(NodeImporter &node) {
  int64_t parts = node.getInt("num_outputs", node.getNumOutputs());
  if (parts != static_cast<int64_t>(node.getNumOutputs()))
    return node.emitError() << "num_outputs is " << parts << ", but it has "
                            << node.getNumOutputs() << " outputs";
  return node.finish<SplitOp>(node.getInput(0), node.getAxis(), parts,
                              getList(node, 1, parts));
}

/// The product of dimensions `begin` .. `end - 1`, as a list of one.
static Value multiplyDims(NodeImporter &node, Value shape, int64_t begin,
                          int64_t end) {
  Value product = node.createInts(1);
  for (int64_t dim = begin; dim < end; ++dim)
    product = node.create<BinaryOp>(BinaryKind::Mul, product,
                                    takeDims(node, shape, dim, dim + 1));
  return product;
}

/// The dimensions before `axis` become one, and so do the others.
LogicalResult graphopt::importFlatten(NodeImporter &node) {
  int64_t rank = node.getInputRank(0), axis = node.getInt("axis", 1);
  if (axis < -rank || axis > rank)
    return node.emitError() << "axis " << axis << " is not in [-" << rank
                            << ", " << rank << "]";
  if (axis < 0)
    axis += rank;
  Value shape = node.create<ShapeOp>(node.getInput(0));
  Value rows = multiplyDims(node, shape, 0, axis);
  Value columns = multiplyDims(node, shape, axis, rank);
  Value target = node.create<ConcatOp>(ValueRange{rows, columns},
                                        /*axis=*/int64_t(0));
  return node.finish<ReshapeOp>(node.getInput(0), target,
                                /*allowZero=*/true);
}
