//===- MemrefSizes.h - Sizes of memrefs that can be told apart ------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_MEMREFSIZES_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_MEMREFSIZES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace graphopt {

/// Sizes of memrefs as constants and values: equal ones are equal sizes. Looks
/// through views, and through dims of memrefs whose sizes are known.
class MemrefSizes {
public:
  using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

  explicit MemrefSizes(mlir::func::FuncOp function);

  /// What the code does not tell, as of a loop's argument.
  void assume(mlir::Value memref, Sizes sizes) {
    known[memref] = std::move(sizes);
  }
  void forget(mlir::Value memref) { known.erase(memref); }

  /// Null if it cannot be told.
  mlir::OpFoldResult get(mlir::Value memref, int64_t k) const;
  std::optional<Sizes> get(mlir::Value memref) const;

private:
  mlir::OpFoldResult resolve(mlir::OpFoldResult size) const;

  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> arguments;
  llvm::DenseMap<mlir::Value, Sizes> known;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_MEMREFSIZES_H
