#ifndef GRAPHOPT_DIALECTS_GRAPH_RESIZE_H
#define GRAPHOPT_DIALECTS_GRAPH_RESIZE_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Resize.h.inc"

namespace graphopt::graph {

/// What is known of the resizing of one dimension before the model runs.
struct ResizedDim {
  int64_t dim;
  mlir::AffineExpr extent;
  /// Null if only the run can tell.
  mlir::AffineExpr result;
  /// How much the positions of elements are stretched.
  std::optional<double> scale;
};

/// One entry for each of the op's axes, in their order.
llvm::SmallVector<ResizedDim> inferResizedDims(ShapeInference &shapes,
                                               ResizeOp::Adaptor op);

} // namespace graphopt::graph

#endif
