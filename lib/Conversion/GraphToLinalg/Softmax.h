//===- Softmax.h - Exponentials over their sum ----------------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SOFTMAX_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_SOFTMAX_H

#include "Rows.h"

namespace graphopt {

/// The greatest element of each row, as `type`.
mlir::Value buildMax(Lowering &to, const Rows &rows, mlir::Value input,
                     mlir::Type type);

/// The sum of `term` of each element, per row.
mlir::Value buildSum(Lowering &to, const Rows &rows,
                     llvm::ArrayRef<Rows::Operand> operands, mlir::Type type,
                     Rows::Body term);

/// The softmax of each row, with elements of type `element`.
mlir::Value buildSoftmax(Lowering &to, const Rows &rows, mlir::Value input,
                         mlir::Type element);

} // namespace graphopt

#endif
