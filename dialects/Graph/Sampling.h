#ifndef GRAPHOPT_DIALECTS_GRAPH_SAMPLING_H
#define GRAPHOPT_DIALECTS_GRAPH_SAMPLING_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Sampling.h.inc"

namespace graphopt::graph {

/// How many windows lie along each spatial dimension of an image of these
/// extents; null where only the run can tell.
llvm::SmallVector<mlir::AffineExpr>
inferWindowCounts(const ShapeInference &shapes, Col2ImOp::Adaptor op,
                  llvm::ArrayRef<mlir::AffineExpr> image);

} // namespace graphopt::graph

#endif
