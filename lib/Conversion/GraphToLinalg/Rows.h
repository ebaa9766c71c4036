//===- Rows.h - Tensors as rows along some dimensions ---------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_ROWS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_ROWS_H

#include "Lowering.h"
#include "Scalar.h"

namespace graphopt {

/// The type that floats are reduced in: f64 for f64, else f32.
mlir::Type getSumType(mlir::Type floatType);

/// Reductions along `axes` of tensors of one shape, and maps that read elements
/// together with results of these reductions, which lack the dimensions `axes`.
class Rows {
public:
  /// `axes` are counted from the front, in any order.
  Rows(Lowering &to, llvm::ArrayRef<mlir::OpFoldResult> sizes,
       llvm::ArrayRef<int64_t> axes);

  /// A value and the map through which the full shape reads it.
  struct Operand {
    mlir::Value value;
    mlir::AffineMap map;
  };
  Operand full(mlir::Value tensor) const;
  Operand perRow(mlir::Value tensor) const;
  /// A graph value that broadcasts to the full shape, whose dims these are.
  Operand broadcast(mlir::Value graphValue,
                    llvm::ArrayRef<mlir::AffineExpr> dims) const;

  using Body = llvm::function_ref<mlir::Value(Scalar, mlir::ValueRange)>;
  /// `body` gets an element of each operand, then what was reduced so far,
  /// which is first the scalar `neutral`.
  mlir::Value reduce(llvm::ArrayRef<Operand> operands, mlir::Value neutral,
                     Body body) const;
  /// The result has the full shape.
  mlir::Value map(llvm::ArrayRef<Operand> operands, mlir::Type element,
                  Body body) const;
  /// The operands and the result lack `axes`.
  mlir::Value mapRows(mlir::ValueRange tensors, mlir::Type element,
                      Body body) const;
  /// Gives a result of `reduce` extents of 1 in place of `axes`.
  mlir::Value withOnes(mlir::Value tensor) const;
  /// The number of elements in a row as a scalar.
  mlir::Value count(mlir::Type type) const;

private:
  Lowering &to;
  llvm::SmallVector<mlir::OpFoldResult> sizes;
  llvm::SmallVector<int64_t> axes;
  /// What is left without `axes`.
  llvm::SmallVector<mlir::OpFoldResult> rowSizes;
  mlir::AffineMap rowMap;
};

} // namespace graphopt

#endif
