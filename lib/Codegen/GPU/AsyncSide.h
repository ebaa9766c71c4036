//===- AsyncSide.h - A side of a product that is copied past the registers ===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_ASYNCSIDE_H
#define GRAPHOPT_LIB_CODEGEN_GPU_ASYNCSIDE_H

#include "Product.h"

namespace graphopt::cuda {

/// Copies a side of halves to one of several stages of shared memory by cp.async: a few runs
/// of neighbours for each thread. Lines past the last repeat one; numbers past the depth are 0.
class AsyncSide {
public:
  static constexpr int64_t kRun = 8; ///< halves of one copy, 16 bytes

  /// Where a run lies in a stage, `major` and `minor` being its place in the tile: of line
  /// and depth, the one along which neighbours lie is the minor one.
  using Place = llvm::function_ref<mlir::SmallVector<mlir::Value>(mlir::Value major,
                                                                  mlir::Value minor)>;

  /// `count` lines exist, of `total` numbers; a stage of `memory` holds `lines` from `first` on,
  /// `depth` numbers of each.
  AsyncSide(const Side &side, mlir::ValueRange batch, mlir::Value first, LoopBuilder::Size count,
            LoopBuilder::Size total, int64_t lines, int64_t depth, mlir::Value memory,
            Place place, BlockBuilder &b);

  /// Begins to bring the numbers from `k` on to a stage.
  void copy(mlir::Value k, mlir::Value stage);

private:
  struct Piece {
    mlir::SmallVector<mlir::Value> place;
    mlir::Value k; ///< place along the depth in the tile
    mlir::SmallVector<mlir::Value> start;
  };

  const Side &side;
  LoopBuilder::Size total;
  mlir::Value memory;
  BlockBuilder &b;
  mlir::SmallVector<Piece> pieces;
};

} // namespace graphopt::cuda

#endif
