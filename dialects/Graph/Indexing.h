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

} // namespace graphopt::graph

#endif
