#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_TEXT_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_TEXT_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace graphopt {

/// A tensor of the addresses of constant strings. Their bytes and where each one
/// begins are constants, to which the run adds where they are.
mlir::Value lowerStrings(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::DenseStringElementsAttr strings);

} // namespace graphopt

#endif
