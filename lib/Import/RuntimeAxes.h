// Axes that only the run tells: shapes computed from them.
#ifndef GRAPHOPT_IMPORT_RUNTIMEAXES_H
#define GRAPHOPT_IMPORT_RUNTIMEAXES_H

#include "lib/Import/GraphMath.h"

namespace graphopt {

/// Fails, with an error, unless input `input` of a node is a list of i64, or one.
llvm::LogicalResult checkAxes(NodeImporter &node, size_t input);

/// The axes in input `input` of a node, which have been checked, of `rank` dimensions. What is built from them
/// consists of ordinary ops on shapes.
class RuntimeAxes {
public:
  /// If `emptyMeansAll`, no axes are all of them.
  RuntimeAxes(NodeImporter &node, size_t input, int64_t rank, bool emptyMeansAll);

  /// `onAxes` where a dimension is one of the axes, else `otherwise`; both are [rank].
  mlir::Value choose(mlir::Value onAxes, mlir::Value otherwise);
  /// The dimensions that are no axes, then those that are, each in order: [rank].
  mlir::Value sortDims();
  /// A list of `rank` ones.
  mlir::Value ones();

private:
  NodeImporter &node;
  GraphMath g{node};
  int64_t rank;
  mlir::Value isAxis; ///< [rank], booleans
};

/// Elements `begin` .. `end - 1` of a list.
mlir::Value takeDims(NodeImporter &node, mlir::Value list, int64_t begin, int64_t end);

/// How many axes the node has: what its input says or, where that is open, what the model
/// says of its output's rank, `rank` less (or, if `isLonger`, more) that number.
llvm::FailureOr<int64_t> countAxes(NodeImporter &node, size_t input, int64_t rank,
                                   bool isLonger);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_RUNTIMEAXES_H
