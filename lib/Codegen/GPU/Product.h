//===- Product.h - Kernel ops as products of two matrices -----------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_PRODUCT_H
#define GRAPHOPT_LIB_CODEGEN_GPU_PRODUCT_H

#include "BlockBuilder.h"
#include "dialects/Kernel/Kernel.h"
#include <memory>

namespace graphopt::cuda {

/// A side as a tensor (..., line, k), or (..., k, line): tiles of it are boxes, and what is
/// outside of it is nothing of the side.
struct Grid {
  mlir::Value memref;
  /// Indices of all dimensions but the last two.
  std::function<mlir::SmallVector<mlir::Value>(BlockBuilder &, mlir::ValueRange batch)> lead;
};

/// One side of a product: of (line, k), where a line is a row of the left side or a
/// column of the right one.
class Side {
public:
  explicit Side(mlir::Value memref) : memref(memref) {}
  virtual ~Side() = default;

  /// What the address of a line is made of, at every k.
  virtual mlir::SmallVector<mlir::Value> start(BlockBuilder &b, mlir::ValueRange batch,
                                               mlir::Value line) const = 0;
  /// Indices into the memref.
  virtual mlir::SmallVector<mlir::Value> at(BlockBuilder &b, mlir::ValueRange start,
                                            mlir::Value k) const = 0;
  /// Nothing for a side that is no grid, as the windows of a convolution.
  virtual std::optional<Grid> makeGrid(BlockBuilder &) const { return std::nullopt; }
  mlir::Type getElementType() const {
    return llvm::cast<mlir::MemRefType>(memref.getType()).getElementType();
  }

  mlir::Value memref;
  bool isUnsigned = false;
  bool alongDepth = true; ///< neighbours in memory differ in k, else in the line
  /// So many neighbours may be read at once, from a place that is a multiple of it.
  int64_t run = 1;
};

/// value[batch..., row, column] = sum_k left[row, k] * right[column, k]
struct Product {
  kernel::EpilogueOp op;
  mlir::SmallVector<LoopBuilder::Size> batches;
  LoopBuilder::Size rows, columns, depth;
  std::unique_ptr<Side> left, right;
  int64_t columnRun = 1; ///< so many columns may be stored at once
  /// The place in init of a row and a column.
  std::function<mlir::SmallVector<mlir::Value>(BlockBuilder &, mlir::ValueRange batch,
                                               mlir::Value row, mlir::Value column)>
      place;
  /// The column of `place` behind the last one.
  std::function<mlir::Value(BlockBuilder &, mlir::ValueRange batch)> end;
};

/// `op` as a product; nothing for an op that is none. `b` stands in front of `op`.
std::optional<Product> findProduct(kernel::EpilogueOp op, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
