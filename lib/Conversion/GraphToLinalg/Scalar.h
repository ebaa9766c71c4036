//===- Scalar.h - Element-wise operators on one element -------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SCALAR_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SCALAR_H

#include "dialects/Graph/Elementwise.h"

namespace graphopt {

/// Values are of lowered types; `type` is the graph's element type, which says
/// whether an integer is unsigned or a boolean.
mlir::Value buildUnary(mlir::OpBuilder &b, mlir::Location loc,
                       graph::UnaryKind kind, mlir::Type type, mlir::Value x);
mlir::Value buildBinary(mlir::OpBuilder &b, mlir::Location loc,
                        graph::BinaryKind kind, mlir::Type type,
                        mlir::Value x, mlir::Value y);
mlir::Value buildCast(mlir::OpBuilder &b, mlir::Location loc, mlir::Type from,
                      mlir::Type to, mlir::Value x);
/// A lowered boolean (i8) as i1.
mlir::Value buildCondition(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::Value x);

} // namespace graphopt

#endif
