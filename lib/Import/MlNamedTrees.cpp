// TreeEnsembleRegressor and TreeEnsembleClassifier.
#include "dialects/Graph/Reduction.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"
#include "lib/Import/MlTrees.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static LogicalResult checkAggregate(NodeImporter &node, StringRef name) {
  if (name == "SUM" || name == "AVERAGE" || name == "MIN" || name == "MAX")
    return success();
  return node.emitError() << "aggregate_function '" << name << "' is not known";
}

namespace {
/// Nodes that are named by a tree's number and one in the tree.
class NamedNodes {
public:
  NamedNodes(NodeImporter &node, Type element) : trees(node, element), node(node) {}

  LogicalResult read();
  /// Attributes `<prefix>_treeids`, `_nodeids`, `_ids` and `_weights`.
  FailureOr<SmallVector<LeafWeight>> readWeights(StringRef prefix, int64_t targets);

  Trees trees;
  SmallVector<int32_t> roots;

private:
  using Key = std::pair<int64_t, int64_t>;
  FailureOr<int32_t> build(size_t root);

  NodeImporter &node;
  SmallVector<int64_t> treeIds, nodeIds, features, onTrue, onFalse, missing;
  SmallVector<double> values;
  SmallVector<StringRef> modes;
  llvm::DenseMap<Key, size_t> places;
  llvm::DenseMap<size_t, int32_t> steps;
};
} // namespace

LogicalResult NamedNodes::read() {
  treeIds = node.getInts("nodes_treeids");
  nodeIds = node.getInts("nodes_nodeids");
  features = node.getInts("nodes_featureids");
  onTrue = node.getInts("nodes_truenodeids");
  onFalse = node.getInts("nodes_falsenodeids");
  modes = node.getStrings("nodes_modes");
  missing = node.getInts("nodes_missing_value_tracks_true");
  FailureOr<SmallVector<double>> given = readFloats(node, "nodes_values");
  if (failed(given))
    return failure();
  values = std::move(*given);
  size_t count = treeIds.size();
  missing.resize(missing.empty() ? count : missing.size(), 0);
  for (size_t size : {nodeIds.size(), features.size(), onTrue.size(), onFalse.size(),
                      modes.size(), missing.size(), values.size()})
    if (size != count || count == 0)
      return node.emitError() << "has " << count << " entries of nodes_treeids, but "
                              << size << " of another attribute of nodes";
  for (size_t i = 0; i < count; ++i)
    if (!places.try_emplace({treeIds[i], nodeIds[i]}, i).second)
      return node.emitError() << "node " << nodeIds[i] << " of tree " << treeIds[i]
                              << " is there twice";
  // The first node of a tree is its root.
  llvm::SmallSet<int64_t, 16> seen;
  for (size_t i = 0; i < count; ++i) {
    if (!seen.insert(treeIds[i]).second)
      continue;
    FailureOr<int32_t> root = build(i);
    if (failed(root))
      return failure();
    roots.push_back(*root);
  }
  return success();
}

/// Adds a node after its successors.
FailureOr<int32_t> NamedNodes::build(size_t root) {
  SmallVector<size_t> open{root};
  llvm::DenseSet<size_t> active;
  while (!open.empty()) {
    size_t i = open.back();
    if (steps.contains(i)) {
      open.pop_back();
      continue;
    }
    if (modes[i] == "LEAF") {
      steps[i] = trees.addLeaf();
      continue;
    }
    auto mode = llvm::StringSwitch<std::optional<TreeMode>>(modes[i])
                    .Case("BRANCH_LEQ", TreeMode::Leq)
                    .Case("BRANCH_LT", TreeMode::Lt)
                    .Case("BRANCH_GTE", TreeMode::Gte)
                    .Case("BRANCH_GT", TreeMode::Gt)
                    .Case("BRANCH_EQ", TreeMode::Eq)
                    .Case("BRANCH_NEQ", TreeMode::Neq)
                    .Default(std::nullopt);
    if (!mode)
      return node.emitError() << "nodes_modes has '" << modes[i] << "'";
    auto onYes = places.find({treeIds[i], onTrue[i]}),
         onNo = places.find({treeIds[i], onFalse[i]});
    if (onYes == places.end() || onNo == places.end())
      return node.emitError() << "node " << nodeIds[i] << " of tree " << treeIds[i]
                              << " has a successor that is not there";
    bool isReady = true;
    for (size_t next : {onYes->second, onNo->second})
      if (!steps.contains(next)) {
        open.push_back(next);
        isReady = false;
      }
    if (isReady) {
      steps[i] = trees.addBranch(*mode, features[i], values[i], missing[i] != 0, {},
                                 steps[onYes->second], steps[onNo->second]);
      continue;
    }
    if (!active.insert(i).second)
      return node.emitError() << "node " << nodeIds[i] << " of tree " << treeIds[i]
                              << " comes after itself";
  }
  return steps[root];
}

FailureOr<SmallVector<LeafWeight>> NamedNodes::readWeights(StringRef prefix,
                                                       int64_t targets) {
  SmallVector<int64_t> tree = node.getInts((prefix + "_treeids").str()),
                       own = node.getInts((prefix + "_nodeids").str()),
                       ids = node.getInts((prefix + "_ids").str());
  FailureOr<SmallVector<double>> given = readFloats(node, (prefix + "_weights").str());
  if (failed(given))
    return failure();
  if (own.size() != tree.size() || ids.size() != tree.size() ||
      given->size() != tree.size())
    return node.emitError() << prefix << "_treeids, _nodeids, _ids and _weights have "
                            << tree.size() << ", " << own.size() << ", " << ids.size()
                            << " and " << given->size() << " entries";
  SmallVector<LeafWeight> weights;
  for (size_t i = 0; i < tree.size(); ++i) {
    auto place = places.find({tree[i], own[i]});
    if (place == places.end() || modes[place->second] != "LEAF")
      return node.emitError() << prefix << "_nodeids has node " << own[i] << " of tree "
                              << tree[i] << ", which is no leaf";
    if (ids[i] < 0 || ids[i] >= targets)
      return node.emitError() << prefix << "_ids has " << ids[i] << ", but there are "
                              << targets;
    // A leaf that no root leads to has no step.
    auto step = steps.find(place->second);
    if (step != steps.end())
      weights.push_back({step->second, ids[i], (*given)[i]});
  }
  return weights;
}

LogicalResult graphopt::importTreeEnsembleRegressor(NodeImporter &node) {
  FailureOr<Value> x = readTreeInput(node);
  StringRef aggregate = node.getString("aggregate_function", "SUM");
  int64_t targets = node.getInt("n_targets");
  if (failed(x) || failed(checkAggregate(node, aggregate)))
    return failure();
  if (targets < 1 || targets > maxTargets)
    return node.emitError() << "n_targets is " << targets;
  Type element = GraphMath::element(*x);
  NamedNodes nodes(node, element);
  if (failed(nodes.read()))
    return failure();
  FailureOr<SmallVector<LeafWeight>> weights = nodes.readWeights("target", targets);
  FailureOr<SmallVector<double>> base = readFloats(node, "base_values");
  if (failed(weights) || failed(base))
    return failure();
  int64_t given = base->size();
  if (given != 0 && given != targets && given != 1)
    return node.emitError() << "base_values has " << given << " entries for " << targets
                            << " targets";
  GraphMath g{node};
  TreeScores scores{node, element, aggregate, targets};
  Value y = scores.build(nodes.trees.findLeaves(*x, nodes.roots), nodes.trees.size(),
                         *weights);
  if (given)
    y = g.add(y, g.floats(*base, given, element));
  return bindScores(node, y, node.getString("post_transform", "NONE"), g.f32());
}

/// TreeScores of two classes from those of the second; with `complement`, 1 - x.
static Value addFirstClass(GraphMath g, Value second, bool complement) {
  Value first = complement ? g.sub(g.scalar(second, 1), second)
                           : g.unary(UnaryKind::Neg, second);
  return g.concat({first, second}, 1);
}

LogicalResult graphopt::importTreeEnsembleClassifier(NodeImporter &node) {
  FailureOr<Value> x = readTreeInput(node);
  Value labels = readLabels(node, "classlabels_int64s");
  if (failed(x) || node.hasFailed())
    return failure();
  if (!labels)
    return node.emitError("it has no classlabels");
  int64_t classes = GraphMath::type(labels).getDimSize(0);
  GraphMath g{node};
  Type element = GraphMath::element(*x);
  NamedNodes nodes(node, element);
  if (failed(nodes.read()))
    return failure();
  FailureOr<SmallVector<LeafWeight>> weights = nodes.readWeights("class", classes);
  FailureOr<SmallVector<double>> base = readFloats(node, "base_values");
  if (failed(weights) || failed(base))
    return failure();
  int64_t given = base->size();
  if (given != 0 && given != classes && given != 1)
    return node.emitError() << "base_values has " << given << " entries for " << classes
                            << " classes";
  // Of two classes, a model may give the scores of one.
  llvm::SmallSet<int64_t, 8> ids;
  for (const LeafWeight &weight : *weights)
    ids.insert(weight.target);
  bool isBinary = ids.size() == 1 && classes <= 2;
  TreeScores scores{node, element, "SUM", isBinary ? 1 : classes};
  SmallVector<LeafWeight> own(*weights);
  if (isBinary)
    for (LeafWeight &weight : own)
      weight.target = 0;
  Value y = scores.build(nodes.trees.findLeaves(*x, nodes.roots), nodes.trees.size(), own);
  if (given)
    y = g.add(y, g.floats(isBinary ? ArrayRef(*base).take_front(1) : *base,
                              isBinary ? 1 : given, element));
  StringRef transform = node.getString("post_transform", "NONE");
  if (isBinary)
    y = addFirstClass(g, y, transform == "NONE" || transform == "PROBIT");
  // A single label stands for the second class.
  if (classes == 1 && isBinary)
    labels = g.concat({noLabel(node, labels), labels});
  return bindScores(node, y, transform, g.f32(), [&](Value all) {
    return g.gather(labels, findBest(node, all), 0);
  });
}
