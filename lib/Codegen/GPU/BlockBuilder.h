//===- BlockBuilder.h - Kernels whose threads work together ---------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_BLOCKBUILDER_H
#define GRAPHOPT_LIB_CODEGEN_GPU_BLOCKBUILDER_H

#include "../Common/LoopBuilder.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace graphopt::cuda {

/// Threads that run in step and may read each other's registers.
constexpr int64_t kWarp = 32;

/// Builds the body of a kernel for one thread of a block.
class BlockBuilder : public LoopBuilder {
public:
  using LoopBuilder::LoopBuilder;

  /// A kernel of `blocks` blocks of `threads` threads, which share memrefs of the
  /// given shapes and element types; `body` builds it with this builder.
  void launch(mlir::Value blocks, int64_t threads,
              llvm::ArrayRef<mlir::MemRefType> shared,
              llvm::function_ref<void()> body);

  /// Numbers of those that the next kernels are for; of all if there is none.
  llvm::SmallVector<int32_t> targets;

  mlir::Value block;  ///< number of this block
  mlir::Value thread; ///< of this thread in its block
  mlir::Value warp, lane;
  int64_t threads = 0;
  mlir::SmallVector<mlir::Value> shared;

  /// Threads of the block wait for each other, and see what they stored.
  void barrier();
  /// `value` of the thread whose lane differs in the bits of `mask`.
  mlir::Value shuffle(mlir::Value value, int64_t mask);

  mlir::Value rem(mlir::Value x, int64_t y);
  mlir::Value isLess(mlir::Value x, mlir::Value y);
  mlir::Value both(mlir::Value x, mlir::Value y);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value zero(mlir::Type type);
  mlir::Value splat(mlir::Value value, int64_t lanes);
  mlir::Value element(mlir::Value vector, int64_t i);
  mlir::Value gather(mlir::ValueRange elements);

  /// Neighbours in the last dimension, at an address that is a multiple of their size.
  mlir::Value loadRun(mlir::Value memref, mlir::ValueRange indices, int64_t count);
  void storeRun(mlir::Value run, mlir::Value memref, mlir::ValueRange indices);

  void ifThen(mlir::Value condition, llvm::function_ref<void()> body);
  /// `body(i, values)`, which gives the values of the next turn, for i in 0 .. count - 1.
  mlir::SmallVector<mlir::Value>
  fold(Size count, mlir::ValueRange start,
       llvm::function_ref<mlir::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
};

/// The type of memory that a block shares.
mlir::MemRefType sharedType(llvm::ArrayRef<int64_t> shape, mlir::Type element);

/// The most neighbours of the last dimension, at most `most`, that may be read at once
/// from an index that is a multiple of their number.
int64_t getRun(mlir::Value memref, int64_t most);

} // namespace graphopt::cuda

#endif
