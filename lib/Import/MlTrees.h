// Ensembles of decision trees. All trees are one table of nodes, in which a leaf is its
// own successor: from the roots, as many equal steps as the deepest tree has, without a
// branch, lead each row to a leaf of each tree.
#ifndef GRAPHOPT_IMPORT_MLTREES_H
#define GRAPHOPT_IMPORT_MLTREES_H

#include "lib/Import/GraphMath.h"
#include <cmath>

namespace graphopt {

/// Values are those of TreeEnsemble's nodes_modes.
enum class TreeMode { Leq, Lt, Gte, Gt, Eq, Neq, Member };

/// A step goes to `next[1]` if `x <= split`; other comparisons are made of it.
struct TreeStep {
  int32_t feature = 0;
  double split = 0;
  int32_t next[2] = {0, 0};
  bool trueIfMissing = false;
};

class Trees {
public:
  Trees(NodeImporter &node, mlir::Type element) : node(node), element(element) {}

  int32_t addLeaf() {
    int32_t index = steps.size();
    steps.push_back({0, 0, {index, index}, false});
    return index;
  }
  /// Its successors were added before.
  int32_t addBranch(TreeMode mode, int64_t feature, double split, bool trueIfMissing,
                    llvm::ArrayRef<double> members, int32_t onTrue, int32_t onFalse);
  size_t size() const { return steps.size(); }
  /// The leaf that each row of `x` comes to in each tree.
  mlir::Value findLeaves(mlir::Value x, llvm::ArrayRef<int32_t> roots);

private:
  int32_t addLeq(int64_t feature, double split, bool trueIfMissing, int32_t onTrue,
                 int32_t onFalse) {
    steps.push_back({static_cast<int32_t>(feature), split, {onFalse, onTrue},
                     trueIfMissing});
    return steps.size() - 1;
  }
  /// The greatest number less than `x`.
  double before(double x) const {
    if (element.isF64())
      return std::nextafter(x, -std::numeric_limits<double>::infinity());
    return std::nextafter(float(x), -std::numeric_limits<float>::infinity());
  }
  int64_t findDepth() const;

  NodeImporter &node;
  GraphMath g{node};
  mlir::Type element;
  std::vector<TreeStep> steps;
};

/// Far more than models have: a table with a row for each is built.
constexpr int64_t maxTargets = 1 << 16;

/// A number that a leaf adds to a target.
struct LeafWeight {
  int32_t leaf;
  int64_t target;
  double value;
};

/// What the leaves of all trees give for each target.
struct TreeScores {
  NodeImporter &node;
  mlir::Type element;
  llvm::StringRef aggregate; // SUM, AVERAGE, MIN or MAX
  int64_t targets;
  GraphMath g{node};

  /// [rows, targets] of [rows, trees]; `leaves` is how many steps there are.
  mlir::Value build(mlir::Value leaves, size_t steps, llvm::ArrayRef<LeafWeight> weights);
};

/// The input of a node, [rows, features], as floats.
llvm::FailureOr<mlir::Value> readTreeInput(NodeImporter &node);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_MLTREES_H
