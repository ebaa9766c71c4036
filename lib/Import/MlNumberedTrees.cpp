// TreeEnsemble.
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"
#include "lib/Import/MlTrees.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Nodes and leaves are named by their positions.
class NumberedNodes {
public:
  NumberedNodes(NodeImporter &node, Type element) : trees(node, element), node(node) {}

  LogicalResult read(int64_t targets);

  Trees trees;
  SmallVector<int32_t> roots;
  SmallVector<LeafWeight> weights;

private:
  LogicalResult readMembers();
  FailureOr<int32_t> build(size_t root, unsigned depth = 0);
  FailureOr<int32_t> follow(int64_t next, bool isLeaf, unsigned depth);

  NodeImporter &node;
  int64_t targets = 1;
  SmallVector<int64_t> features, onTrue, onFalse, trueLeafs, falseLeafs, missing, modes,
      leafTargets;
  SmallVector<double> splits, leafWeights;
  std::vector<SmallVector<double>> members;
};
} // namespace

/// The elements of a constant of bytes.
static std::optional<SmallVector<int64_t>> readBytes(Value value) {
  SmallVector<int64_t> result;
  DenseIntElementsAttr few;
  DenseResourceElementsAttr many;
  if (GraphMath::element(value).getIntOrFloatBitWidth() != 8)
    return std::nullopt;
  if (matchPattern(value, m_Constant(&few))) {
    for (const APInt &byte : few.getValues<APInt>())
      result.push_back(byte.getZExtValue());
  } else if (matchPattern(value, m_Constant(&many)) && many.getRawHandle().getBlob()) {
    for (char byte : many.getRawHandle().getBlob()->getData())
      result.push_back(static_cast<uint8_t>(byte));
  } else {
    return std::nullopt;
  }
  return result;
}

LogicalResult NumberedNodes::readMembers() {
  members.resize(modes.size());
  if (!llvm::is_contained(modes, int64_t(TreeMode::Member)))
    return success();
  Value tensor = node.getTensor("membership_values");
  std::optional<SmallVector<double>> values;
  if (tensor)
    values = node.getConstantFloats(tensor);
  if (!values)
    return failure();
  // A set ends with what is not a number.
  const double *next = values->begin();
  for (auto [mode, set] : llvm::zip_equal(modes, members)) {
    if (mode != int64_t(TreeMode::Member))
      continue;
    for (; next != values->end() && !std::isnan(*next); ++next)
      set.push_back(*next);
    if (next == values->end())
      return node.emitError("membership_values has less sets than there are nodes "
                            "that ask for one");
    ++next;
  }
  return success();
}

LogicalResult NumberedNodes::read(int64_t numTargets) {
  targets = numTargets;
  features = node.getInts("nodes_featureids");
  onTrue = node.getInts("nodes_truenodeids");
  onFalse = node.getInts("nodes_falsenodeids");
  trueLeafs = node.getInts("nodes_trueleafs");
  falseLeafs = node.getInts("nodes_falseleafs");
  missing = node.getInts("nodes_missing_value_tracks_true");
  leafTargets = node.getInts("leaf_targetids");
  Value tensors[] = {node.getTensor("nodes_modes"), node.getTensor("nodes_splits"),
                     node.getTensor("leaf_weights")};
  if (llvm::is_contained(tensors, Value()))
    return failure();
  auto kinds = readBytes(tensors[0]);
  auto limits = node.getConstantFloats(tensors[1]);
  auto values = node.getConstantFloats(tensors[2]);
  if (!kinds || !limits || !values)
    return node.emitError("nodes_modes, nodes_splits or leaf_weights has another type");
  modes = std::move(*kinds);
  splits = std::move(*limits);
  leafWeights = std::move(*values);
  size_t count = features.size();
  missing.resize(missing.empty() ? count : missing.size(), 0);
  for (size_t size : {onTrue.size(), onFalse.size(), trueLeafs.size(), falseLeafs.size(),
                      missing.size(), modes.size(), splits.size()})
    if (size != count)
      return node.emitError() << "has " << count << " entries of nodes_featureids, but "
                              << size << " of another attribute of nodes";
  if (leafTargets.size() != leafWeights.size())
    return node.emitError() << "has " << leafWeights.size() << " leaf_weights, but "
                            << leafTargets.size() << " leaf_targetids";
  if (failed(readMembers()))
    return failure();
  for (int64_t root : node.getInts("tree_roots")) {
    if (root < 0 || root >= static_cast<int64_t>(count))
      return node.emitError() << "tree_roots has " << root << ", but there are " << count
                              << " nodes";
    // Both ways to one leaf: the tree is that leaf.
    bool isLeaf = trueLeafs[root] && falseLeafs[root] && onTrue[root] == onFalse[root];
    FailureOr<int32_t> step = isLeaf ? follow(onTrue[root], true, 0) : build(root);
    if (failed(step))
      return failure();
    roots.push_back(*step);
  }
  if (roots.empty())
    return node.emitError("it has no tree_roots");
  return success();
}

FailureOr<int32_t> NumberedNodes::follow(int64_t next, bool isLeaf, unsigned depth) {
  size_t count = isLeaf ? leafWeights.size() : features.size();
  if (next < 0 || next >= static_cast<int64_t>(count))
    return node.emitError() << "a node has successor " << next << ", but there are "
                            << count << (isLeaf ? " leaves" : " nodes");
  if (!isLeaf)
    return build(next, depth + 1);
  if (leafTargets[next] < 0 || leafTargets[next] >= targets)
    return node.emitError() << "leaf_targetids has " << leafTargets[next]
                            << ", but there are " << targets;
  int32_t step = trees.addLeaf();
  weights.push_back({step, leafTargets[next], leafWeights[next]});
  return step;
}

FailureOr<int32_t> NumberedNodes::build(size_t i, unsigned depth) {
  constexpr unsigned mostDepth = 4096;
  if (depth > mostDepth)
    return node.emitError() << "a tree deeper than " << mostDepth
                            << ", or one that has a node twice, is not supported";
  if (modes[i] < 0 || modes[i] > int64_t(TreeMode::Member))
    return node.emitError() << "nodes_modes has " << modes[i];
  FailureOr<int32_t> yes = follow(onTrue[i], trueLeafs[i], depth);
  if (failed(yes))
    return failure();
  FailureOr<int32_t> no = follow(onFalse[i], falseLeafs[i], depth);
  if (failed(no))
    return failure();
  return trees.addBranch(TreeMode(modes[i]), features[i], splits[i], missing[i] != 0,
                         members[i], *yes, *no);
}

LogicalResult graphopt::importTreeEnsemble(NodeImporter &node) {
  FailureOr<Value> x = readTreeInput(node);
  int64_t targets = node.getInt("n_targets", 1);
  if (failed(x))
    return failure();
  if (targets < 1 || targets > maxTargets)
    return node.emitError() << "n_targets is " << targets;
  const StringRef aggregates[] = {"AVERAGE", "SUM", "MIN", "MAX"},
                  transforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
  size_t aggregate = node.getInt("aggregate_function", 1),
         transform = node.getInt("post_transform", 0);
  if (aggregate >= std::size(aggregates) || transform >= std::size(transforms))
    return node.emitError() << "aggregate_function is " << aggregate
                            << ", post_transform " << transform;
  Type element = GraphMath::element(*x);
  NumberedNodes nodes(node, element);
  if (failed(nodes.read(targets)))
    return failure();
  TreeScores scores{node, element, aggregates[aggregate], targets};
  Value y = scores.build(nodes.trees.findLeaves(*x, nodes.roots), nodes.trees.size(),
                         nodes.weights);
  return bindScores(node, y, transforms[transform], node.getInputType(0).getElementType());
}
