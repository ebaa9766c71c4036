#ifndef GRAPHOPT_DIALECTS_GRAPH_INDEXING_H
#define GRAPHOPT_DIALECTS_GRAPH_INDEXING_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Indexing.h.inc"

namespace graphopt::graph {

/// The smallest and the largest element of a constant tensor of indices that
/// has any.
std::optional<std::pair<int64_t, int64_t>>
getConstantBounds(mlir::Value indices);

// What ops that read or write at positions check; each emits an error.

/// Constant indices are in [-extent, extent) of a dimension, or of the
/// dimensions that the elements of a position, one after the other, are about.
llvm::LogicalResult checkConstantIndices(std::optional<mlir::Location> loc,
                                         mlir::Value indices,
                                         llvm::ArrayRef<mlir::AffineExpr> extents);
/// `indices` has an index for elements of `data`, along `axis` for any number.
llvm::LogicalResult checkElementwiseIndices(std::optional<mlir::Location> loc,
                                            const InferredTensor &data,
                                            const InferredTensor &indices,
                                            int64_t axis);
/// The number of elements of a position; the last dimension of `indices`.
llvm::FailureOr<int64_t> inferPositionDepth(std::optional<mlir::Location> loc,
                                            mlir::Value value,
                                            const InferredTensor &indices);

} // namespace graphopt::graph

#endif
