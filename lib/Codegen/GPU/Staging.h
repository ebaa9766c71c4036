//===- Staging.h - A side of a product on its way to shared memory --------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_STAGING_H
#define GRAPHOPT_LIB_CODEGEN_GPU_STAGING_H

#include "Product.h"

namespace graphopt::cuda {

/// Reads `lines` lines from `first` on, `depth` numbers of each at a time: a few for each
/// thread, which holds them in registers until the place in shared memory is free.
/// Lines past the last repeat one; numbers past the depth are 0.
class Staging {
public:
  /// `count` lines exist, of `total` numbers. `group` numbers along the depth are held by
  /// one thread, and 4 lines if the side's neighbours are lines.
  Staging(const Side &side, mlir::ValueRange batch, mlir::Value first, LoopBuilder::Size count,
          LoopBuilder::Size total, int64_t lines, int64_t depth, int64_t group, BlockBuilder &b);

  /// What this thread holds of the numbers from `k` on, as vectors along the side's neighbours.
  mlir::SmallVector<mlir::Value> load(mlir::Value k);

  /// Where a piece of what a thread holds belongs, in the tile.
  struct Piece {
    mlir::Value line, k;
    mlir::SmallVector<mlir::SmallVector<mlir::Value>> starts; ///< of what is read at once
  };
  mlir::ArrayRef<Piece> getPieces() const { return pieces; }
  bool isAlongDepth() const { return side.alongDepth; }
  /// Vectors of a piece, which `load` returns one after the other.
  int64_t getVectors() const { return side.alongDepth ? 1 : group; }

private:
  mlir::Value loadVector(const Piece &piece, mlir::Value k);

  const Side &side;
  LoopBuilder::Size total;
  int64_t depth, group, lanes, run;
  bool isExact; ///< the depth is a multiple of the tile's
  BlockBuilder &b;
  mlir::SmallVector<Piece> pieces;
};

} // namespace graphopt::cuda

#endif
