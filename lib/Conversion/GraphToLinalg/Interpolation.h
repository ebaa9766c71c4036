//===- Interpolation.h - Values between the elements of a tensor ----------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_INTERPOLATION_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_INTERPOLATION_H

#include "Rows.h"

namespace graphopt {

/// An index as f64.
mlir::Value indexToFloat(IndexMath m, mlir::Value index);

/// `x` as a whole number, still a float.
mlir::Value roundPosition(Scalar s, mlir::Value x, graph::NearestMode mode);

/// A whole number in f64 as a position (i64) in 0 .. `last`, which is in f64.
mlir::Value toPosition(Scalar s, mlir::Value x, mlir::Value last);

/// The type that weighted sums of elements are computed in: as exact as floats
/// of that type, and exact for integers of up to 32 bits.
mlir::Type getWeightType(mlir::Type graphElement);

/// A weighted sum as an element of the graph: integers are rounded, half to
/// even, and clamped to their range.
mlir::Value roundTo(Scalar s, mlir::Value sum, mlir::Type graphElement);

/// The weight of an element at `distance` from where a value is wanted.
mlir::Value buildKernel(Scalar s, graph::Interpolation kernel,
                        double cubicCoefficient, mlir::Value distance);

/// The elements that each value along one dimension is a weighted sum of: two
/// tables with a row for each tap (element of a sum), a column for each value.
struct Taps {
  graph::Interpolation kernel = graph::Interpolation::Linear;
  double cubicCoefficient = -0.75;
  bool excludesOutside = false;

  /// Makes the kernel `1 / scale` times as wide, if that is more than 1.
  void setScale(Lowering &to, mlir::Value scale,
                std::optional<double> knownScale);

  /// Builds the tables for `count` values at `positions` (f64) along a dimension
  /// of `extent` elements.
  void build(Lowering &to, mlir::Value positions, mlir::OpFoldResult count,
             mlir::Value extent, mlir::Type weight);

  /// The sums along dimension `dim`, of the weights' type; `sizes` are those of
  /// the result. Elements of `value` are converted from the graph's element type
  /// `convertFrom`, if it is not null.
  mlir::Value apply(Lowering &to, mlir::Value value, mlir::Type convertFrom,
                    int64_t dim,
                    llvm::ArrayRef<mlir::OpFoldResult> sizes) const;

private:
  mlir::Value applyEach(Lowering &to, mlir::Value value, mlir::Type convertFrom,
                        int64_t dim, llvm::ArrayRef<mlir::OpFoldResult> sizes,
                        int64_t taps) const;
  mlir::Value applyLoop(Lowering &to, mlir::Value value, mlir::Type convertFrom,
                        int64_t dim,
                        llvm::ArrayRef<mlir::OpFoldResult> sizes) const;

  mlir::Value narrowing; // f64, at most 1; null: 1
  mlir::OpFoldResult first, taps;
  mlir::Value indices, weights;
};

} // namespace graphopt

#endif
