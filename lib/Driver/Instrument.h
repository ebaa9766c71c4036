#ifndef GRAPHOPT_LIB_DRIVER_INSTRUMENT_H
#define GRAPHOPT_LIB_DRIVER_INSTRUMENT_H

#include "dialects/Graph/ModelRunner.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace graphopt {

/// A copy of the model whose outputs are `values` of its main, in this order, and
/// nothing else.
mlir::OwningOpRef<mlir::ModuleOp>
copyWithOutputs(mlir::ModuleOp module, llvm::ArrayRef<mlir::Value> values);

/// The same, each of them computed from the others: in the place of each value
/// whoever reads it reads a further input, in the same order after the model's own.
mlir::OwningOpRef<mlir::ModuleOp>
copyWithFedValues(mlir::ModuleOp module, llvm::ArrayRef<mlir::Value> values);

/// A copy of the model that takes two further inputs for each product, after its
/// own: the weights, in the place of the constant ones, and a vector that is added
/// to the product's last dimension, to a convolution's channels. Then one for each
/// bypass, an f32 number: 1 as the model is, 0 to take it. Then one in the place of
/// each of `constants`.
mlir::OwningOpRef<mlir::ModuleOp>
copyWithParameters(mlir::ModuleOp module,
                   llvm::ArrayRef<mlir::Operation *> products,
                   llvm::ArrayRef<graph::Bypass> bypasses,
                   llvm::ArrayRef<mlir::Value> constants);

/// Gives main the inputs that the model had before heads were taken from them; what
/// was taken away is cut off at each run.
void restoreInputs(mlir::ModuleOp module);

} // namespace graphopt
#endif
