//===- OpenDims.h - The open dimensions of a model ------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_OPENDIMS_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_OPENDIMS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

namespace graphopt {

/// The names of the dimensions that the inputs of @main leave open, in order of
/// first appearance: `graph.open_dims` of the module. Equal names mean equal
/// extents; so values that depend on shapes only are functions of these.
class OpenDims {
public:
  /// Reads them; makes `graph.open_dims` and the names of dimensions that have
  /// none (`<input>_<k>`) where they are missing.
  static OpenDims get(mlir::ModuleOp module, mlir::func::FuncOp main);

  size_t size() const { return names.size(); }

  /// Position of dimension `dim` of argument `argument`; none if it is static
  /// or not named after an open dimension.
  std::optional<unsigned> find(mlir::func::FuncOp main, unsigned argument,
                               int64_t dim) const;

  /// Position of the dimension that `value` reads: tensor.dim or memref.dim of
  /// an argument of `main`.
  std::optional<unsigned> match(mlir::func::FuncOp main,
                                mlir::Value value) const;

  /// Whether `value` is a function of the open dimensions.
  bool canCompute(mlir::func::FuncOp main, mlir::Value value) const;

  /// A copy at `builder` of what computes `value`, given the values of the open
  /// dimensions. `copies` remembers what is there already.
  mlir::Value rebuild(mlir::func::FuncOp main, mlir::Value value,
                      mlir::ValueRange openDims, mlir::OpBuilder &builder,
                      mlir::IRMapping &copies) const;

  /// Adds `func.func private @name(index...)`, one argument an open dimension,
  /// that returns copies of `values`, and -1 for those that are not functions of
  /// the open dimensions.
  void createFunction(mlir::func::FuncOp main, llvm::StringRef name,
                      mlir::ValueRange values) const;

private:
  llvm::SmallVector<mlir::StringAttr> names;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_OPENDIMS_H
