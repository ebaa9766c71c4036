#ifndef GRAPHOPT_DIALECTS_GRAPH_SLICING_H
#define GRAPHOPT_DIALECTS_GRAPH_SLICING_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Slicing.h.inc"

namespace graphopt::graph {

/// The positions `start + step * i`, i < `size`, that a slice takes along one
/// dimension.
struct SliceRange {
  /// Null if only the run can tell.
  mlir::AffineExpr start, size;
  int64_t step = 1;
};

/// The range of `graph.slice` along a dimension of `extent`. Any expression may
/// be null.
SliceRange inferSliceRange(ShapeInference &shapes, mlir::AffineExpr extent,
                           mlir::AffineExpr start, mlir::AffineExpr end,
                           mlir::AffineExpr step);

/// The ranges of all dimensions; nothing if `axes` is not constant.
std::optional<llvm::SmallVector<SliceRange>>
inferSliceRanges(ShapeInference &shapes, SliceOp::Adaptor op);

/// For each dimension, the position of the entry about it in lists of `length`
/// entries that go with `axes`, which is null if it is absent; nothing if it is
/// not constant.
std::optional<llvm::SmallVector<std::optional<int64_t>>>
inferAxisPositions(ShapeInference &shapes, mlir::Value axes, int64_t length,
                   int64_t rank);

} // namespace graphopt::graph

#endif
