//===- TensorMap.h - Sides that the tensor memory accelerator copies ------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_TENSORMAP_H
#define GRAPHOPT_LIB_CODEGEN_GPU_TENSORMAP_H

#include "Product.h"

namespace graphopt::cuda {

/// A side of halves of which one thread has boxes copied to shared memory, 64 halves along the
/// minor dimension, in lines as WarpGroup.h has them. What is outside of the tensor is 0. PTX
/// ISA, "Tensors"; the host has the driver describe the tensor before each launch.
class TensorMap {
public:
  /// Boxes of `lines` lines and 64 numbers of the depth, or the other way round. `b` stands in
  /// front of the kernel. Nothing for a side that is no grid, or of too many dimensions.
  static std::optional<TensorMap> make(const Side &side, int64_t lines, BlockBuilder &b);

  /// A box in shared memory.
  mlir::MemRefType getBox() const { return box; }
  int64_t getBytes() const { return box.getNumElements() * 2; }

  /// Begins to copy the box of `batch` at (line, k) to `memory`; the barrier of this number
  /// counts the bytes that have come.
  void copy(mlir::ValueRange batch, mlir::Value line, mlir::Value k, mlir::Value memory,
            mlir::Value barriers, mlir::Value number, BlockBuilder &b) const;

private:
  Grid grid;
  bool alongDepth;
  mlir::MemRefType box;
  mlir::Value map;
};

} // namespace graphopt::cuda

#endif
