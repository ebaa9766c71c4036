//===- Sorting.h - The order that sorting ops share -----------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SORTING_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SORTING_H

#include "Lowering.h"

namespace graphopt {

/// Whether x > y, both elements of the graph's type `type`; NaN is greatest.
mlir::Value isGreater(IndexMath m, mlir::Type type, mlir::Value x,
                      mlir::Value y);
/// Whether x at position `i` comes before y at `j`: it is less, or equal and its
/// position is.
mlir::Value isBefore(IndexMath m, mlir::Type type, mlir::Value x, mlir::Value y,
                     mlir::Value i, mlir::Value j);

/// The only element of a graph value; the run refuses tensors with more or less.
mlir::Value readScalar(Lowering &to, mlir::Value graphValue);

/// A part of the family, in a file of its own.
void populateNonMaxSuppressionLowering(LoweringPatterns to);

} // namespace graphopt

#endif
