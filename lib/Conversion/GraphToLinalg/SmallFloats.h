//===- SmallFloats.h - Conversions of floats of 8 bits and less -----------===//
//
// In lowered code such a float is a byte, its bits the least ones. All arithmetic is
// on the bits, so that no CPU and no library needs to know these types.
//
//===----------------------------------------------------------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SMALLFLOATS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SMALLFLOATS_H

#include "Scalar.h"

namespace graphopt {

/// The f32 that the byte `x` stands for, exactly.
mlir::Value buildFromSmallFloat(mlir::OpBuilder &b, mlir::Location loc,
                                mlir::FloatType from, mlir::Value x);
/// `x`, an f32, rounded once.
mlir::Value buildToSmallFloat(mlir::OpBuilder &b, mlir::Location loc,
                              mlir::FloatType to, mlir::Value x,
                              const CastMode &mode);
/// `x`, an f64, as an f32 that every float of few bits rounds to what it would round
/// `x` to: to odd.
mlir::Value buildRoundToOdd(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

} // namespace graphopt

#endif
