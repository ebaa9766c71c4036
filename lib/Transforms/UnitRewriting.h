//===- UnitRewriting.h - Changes around products that lost units ----------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_UNITREWRITING_H
#define GRAPHOPT_LIB_TRANSFORMS_UNITREWRITING_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace graphopt {

/// A constant of these elements, few of them in the text, many in a blob.
mlir::Value createConstant(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::RankedTensorType type,
                           llvm::ArrayRef<char> bytes);
mlir::Value createConstant(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::RankedTensorType type,
                           llvm::ArrayRef<float> values);

/// Other elements for the weights of a product: a matmul's or gemm's operand 1.
void replaceWeights(mlir::Operation *product, llvm::ArrayRef<float> weights);

/// Adds a vector to the product's result: to a constant bias that it already has,
/// if it can.
void addBias(mlir::Operation *product, llvm::ArrayRef<double> bias);

/// True if the product's result is only added to a tensor of its size, a constant
/// bias between them or not.
bool canReplaceByZeros(mlir::Operation *product);
/// Takes the product away; its biases stay.
void replaceByZeros(mlir::Operation *product);

void eraseDeadOps(mlir::ModuleOp module);

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_UNITREWRITING_H
