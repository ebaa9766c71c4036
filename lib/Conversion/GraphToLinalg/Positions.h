//===- Positions.h - Positions that tensors of indices hold ---------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_POSITIONS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_POSITIONS_H

#include "Lowering.h"

namespace graphopt {

/// What an index means: a position in a dimension, from the end if negative.
struct Position {
  mlir::Value extent;
  bool isNonNegative = false;

  /// Of the elements of `graphIndices`, an integer tensor, in dimension `dim`.
  /// The run refuses indices that are out of range.
  static Position in(mlir::AffineExpr dim, mlir::Value graphIndices,
                     Lowering &to);
  /// `index`, of any integer type, counted from the front.
  mlir::Value build(IndexMath m, mlir::Value index) const;
};

/// The same for each of the dimensions that the elements of a position, along
/// the last dimension of `graphIndices`, are about.
llvm::SmallVector<Position> positionsIn(llvm::ArrayRef<mlir::AffineExpr> dims,
                                        mlir::Value graphIndices, Lowering &to);

} // namespace graphopt

#endif
