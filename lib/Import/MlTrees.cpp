#include "dialects/Graph/Indexing.h"
#include "lib/Import/Ml.h"
#include "lib/Import/MlTrees.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

int32_t Trees::addBranch(TreeMode mode, int64_t feature, double split, bool trueIfMissing,
                         ArrayRef<double> members, int32_t onTrue, int32_t onFalse) {
  switch (mode) {
  case TreeMode::Leq:
    return addLeq(feature, split, trueIfMissing, onTrue, onFalse);
  case TreeMode::Lt:
    return addLeq(feature, before(split), trueIfMissing, onTrue, onFalse);
  case TreeMode::Gte:
    return addLeq(feature, before(split), !trueIfMissing, onFalse, onTrue);
  case TreeMode::Gt:
    return addLeq(feature, split, !trueIfMissing, onFalse, onTrue);
  case TreeMode::Eq: {
    // What is missing is decided first; if it is taken, it is not less.
    int32_t equal = addLeq(feature, before(split), false, onFalse, onTrue);
    return addLeq(feature, split, trueIfMissing, equal, onFalse);
  }
  case TreeMode::Neq:
    return addBranch(TreeMode::Eq, feature, split, !trueIfMissing, {}, onFalse, onTrue);
  case TreeMode::Member: {
    int32_t next = onFalse;
    for (double member : members)
      next = addBranch(TreeMode::Eq, feature, member, trueIfMissing, {}, onTrue, next);
    return next;
  }
  }
  llvm_unreachable("all modes are handled");
}

/// Successors come before what leads to them.
int64_t Trees::findDepth() const {
  SmallVector<int64_t> depths;
  for (auto [i, step] : llvm::enumerate(steps)) {
    bool isLeaf = step.next[0] == static_cast<int32_t>(i);
    depths.push_back(isLeaf ? 0
                            : 1 + std::max(depths[step.next[0]], depths[step.next[1]]));
  }
  return depths.empty() ? 0 : *llvm::max_element(depths);
}

Value Trees::findLeaves(Value x, ArrayRef<int32_t> roots) {
  SmallVector<int32_t> features, next;
  SmallVector<double> splits;
  SmallVector<bool> missing;
  for (const TreeStep &step : steps) {
    features.push_back(step.feature);
    splits.push_back(step.split);
    llvm::append_range(next, step.next);
    missing.push_back(step.trueIfMissing);
  }
  int64_t count = steps.size();
  Value isTracked;
  if (llvm::is_contained(missing, true))
    isTracked = g.booleans(missing);
  return node.create<TreeLeavesOp>(x, g.integers(features, count),
                                   g.floats(splits, count, element),
                                   g.integers(next, {count, 2}),
                                   g.integers(roots, int64_t(roots.size())), isTracked,
                                   findDepth());
}

Value TreeScores::build(Value leaves, size_t steps, ArrayRef<LeafWeight> weights) {
  bool isSum = aggregate == "SUM" || aggregate == "AVERAGE", isMin = aggregate == "MIN";
  double infinity = std::numeric_limits<double>::infinity();
  double neutral = isSum ? 0 : isMin ? infinity : -infinity;
  SmallVector<double> table(steps * targets, neutral);
  for (const LeafWeight &weight : weights) {
    double &entry = table[weight.leaf * targets + weight.target];
    entry = isSum   ? entry + weight.value
            : isMin ? std::min(entry, weight.value)
                    : std::max(entry, weight.value);
  }
  SmallVector<int64_t> shape{int64_t(steps), targets};
  Value values = g.floats(table, shape, element);
  if (targets == 1)
    values = g.squeeze(values, {1});
  values = g.gather(values, leaves, 0); // [rows, trees] or [rows, trees, targets]
  ReduceKind kind = isSum ? ReduceKind::Sum : isMin ? ReduceKind::Min : ReduceKind::Max;
  Value result = g.reduce(kind, values, {1}, /*keepdims=*/targets == 1);
  if (aggregate == "AVERAGE") {
    int64_t trees = GraphMath::type(leaves).getDimSize(1);
    result = g.mul(result, g.scalar(element, 1.0 / double(trees)));
  }
  if (isSum)
    return result;
  // A target that no leaf is about.
  Value isNone = g.binary(BinaryKind::Equal, result, g.scalar(element, neutral));
  return g.where(isNone, g.scalar(element, 0), result);
}

FailureOr<Value> graphopt::readTreeInput(NodeImporter &node) {
  if (node.getInputRank(0) != 2)
    return node.emitError() << "input has rank " << node.getInputRank(0) << ", not 2";
  return toFloats(node, node.getInput(0));
}
