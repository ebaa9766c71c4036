#ifndef GRAPHOPT_DIALECTS_GRAPH_SEQUENCE_H
#define GRAPHOPT_DIALECTS_GRAPH_SEQUENCE_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Sequence.h.inc"

namespace graphopt::graph {

/// The narrowest type that values of both types have; null if there is none. Only in
/// sequences may ranks differ.
mlir::Type joinTypes(mlir::Type left, mlir::Type right);

/// True if a value of type `from` can be used where `to` is expected.
bool fitsType(mlir::Type from, mlir::Type to);

} // namespace graphopt::graph

#endif
