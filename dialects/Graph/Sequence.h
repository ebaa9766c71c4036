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

/// What the op gives where that is known when the model is compiled, a tensor or a value
/// of the list: built before the op, of a type that may be narrower than its result's.
/// Null if only the run knows, or is to refuse it.
mlir::Value foldKnown(mlir::OpBuilder &builder, SequenceAtOp op);
mlir::Value foldKnown(mlir::OpBuilder &builder, SequenceLengthOp op);
mlir::Value foldKnown(mlir::OpBuilder &builder, SequenceEraseOp op);
mlir::Value foldKnown(mlir::OpBuilder &builder, ConcatFromSequenceOp op);
mlir::Value foldKnown(mlir::OpBuilder &builder, OptionalHasElementOp op);
mlir::Value foldKnown(mlir::OpBuilder &builder, OptionalGetElementOp op);

} // namespace graphopt::graph

#endif
