//===- ConstantSubgraph.h - What can be run while compiling ---------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_CONSTANTSUBGRAPH_H
#define GRAPHOPT_LIB_TRANSFORMS_CONSTANTSUBGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SetVector.h"

namespace graphopt {

/// The ops of `function` that depend on constants only and are worth running,
/// in order.
///
/// What stays for the model's run: results much larger than what they are made
/// of, and integer weights on their way to floats; with `keepHalves` matrices of f16
/// that products read as f32, too.
llvm::SmallVector<mlir::Operation *> findConstantOps(mlir::func::FuncOp function,
                                                     bool keepHalves);

/// Bytes of a static tensor in the layout of the C ABI, where a boolean takes
/// one; nothing for other types.
std::optional<int64_t> getTensorBytes(mlir::Type type);

/// The elements of a constant that is a blob of that layout; nothing for other
/// values.
std::optional<llvm::ArrayRef<char>> getBlobBytes(mlir::Value value);

/// Ops that are run together.
struct ConstantSubgraph {
  /// \param ops  in order, with each op those that it depends on unless they are
  ///             constants.
  explicit ConstantSubgraph(llvm::ArrayRef<mlir::Operation *> ops);

  /// A model that computes `results` from `inputs`.
  mlir::OwningOpRef<mlir::ModuleOp> outline(mlir::ModuleOp parent) const;

  llvm::ArrayRef<mlir::Operation *> ops;
  /// Constants that are read where they lie, and those that become code.
  llvm::SetVector<mlir::Value> inputs, literals;
  /// What other ops read.
  llvm::SmallVector<mlir::Value> results;
};

} // namespace graphopt

#endif
