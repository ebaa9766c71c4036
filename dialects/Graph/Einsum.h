//===- Einsum.h - The equation of graph.einsum ----------------------------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_EINSUM_H
#define GRAPHOPT_DIALECTS_GRAPH_EINSUM_H

#include "dialects/Graph/ShapeInference.h"

namespace graphopt::graph {

/// Which dimensions go together: those with the same label. Letters are their
/// own label; the dimensions of an ellipsis, counted from its last, have the
/// labels from `firstEllipsis` on.
struct EinsumEquation {
  using Labels = llvm::SmallVector<int>;
  static constexpr int firstEllipsis = 256;

  llvm::SmallVector<Labels> inputs; ///< one a dimension of each input
  Labels output;

  /// Fails with a message if `text` is no equation for inputs of these ranks.
  static llvm::FailureOr<EinsumEquation>
  parse(std::optional<mlir::Location> loc, llvm::StringRef text,
        llvm::ArrayRef<int64_t> ranks);

  /// The extent of each label, as their broadcast, or failure with a message.
  llvm::FailureOr<llvm::DenseMap<int, mlir::AffineExpr>>
  getExtents(const ShapeInference &shapes, std::optional<mlir::Location> loc,
             llvm::ArrayRef<llvm::ArrayRef<mlir::AffineExpr>> dims) const;
};

} // namespace graphopt::graph

#endif
