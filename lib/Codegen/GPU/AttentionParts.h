//===- AttentionParts.h - What all forms of attention share ---------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_ATTENTIONPARTS_H
#define GRAPHOPT_LIB_CODEGEN_GPU_ATTENTIONPARTS_H

#include "BlockBuilder.h"
#include "dialects/Kernel/Kernel.h"

namespace graphopt::cuda {

/// A block's batch, head and queries, and where their numbers lie.
class AttentionParts {
protected:
  using Role = kernel::AttentionOp::Role;

  AttentionParts(kernel::AttentionOp op, BlockBuilder &b);

  /// A kernel whose blocks have `perBlock` queries of a head.
  void launch(int64_t perBlock, int64_t threads, llvm::ArrayRef<mlir::MemRefType> shared,
              llvm::function_ref<void()> body);

  mlir::Value sizeOf(Role role, int64_t dim);
  mlir::Value operand(Role role);
  mlir::SmallVector<mlir::Value> indicesOf(Role role, mlir::Value s, mlir::Value d);

  mlir::Value constant(double value);
  mlir::Value lowest();
  /// As f32.
  mlir::Value widen(mlir::Value value);
  /// Numbers, or vectors of them, as the other type.
  mlir::Value convert(mlir::Value value, mlir::Type element);

  /// So many keys of the first are seen by a query.
  mlir::Value findLimit(mlir::Value query);
  /// Copies `rows` rows from `first` on, `width` numbers each, as elements of `memory`; what
  /// is past the `count` rows or the `real` numbers is 0.
  void copyRows(Role role, mlir::Value memory, int64_t rows, int64_t width, int64_t real,
                mlir::Value first, mlir::Value count);

  /// A sum of products as a score.
  mlir::Value scale(mlir::Value sum);
  mlir::Value addMask(mlir::Value value, mlir::Value query, mlir::Value key);
  /// What scores are weighed against: the greatest so far, or 0 if there is none.
  mlir::Value baseOf(mlir::Value most);
  /// Stores a column of a query's sums of values, `total` being that of the weights.
  void storeColumn(mlir::Value sum, mlir::Value total, mlir::Value query, mlir::Value column);

  kernel::AttentionOp op;
  BlockBuilder &b;
  mlir::Type type;        ///< of scores and sums
  int64_t depth, columns; ///< of queries, of values
  mlir::Value queries, keys; ///< sizes
  mlir::Value batch, head, group, firstQuery;
};

} // namespace graphopt::cuda

#endif
