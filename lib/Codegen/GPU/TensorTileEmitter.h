//===- TensorTileEmitter.h - What tensor cores do with a tile -------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_TENSORTILEEMITTER_H
#define GRAPHOPT_LIB_CODEGEN_GPU_TENSORTILEEMITTER_H

#include "ExpandProduct.h"

namespace graphopt::cuda {

/// One thread of a block that computes a tile. How the sides come to shared memory, and
/// lie there, is for those derived from it.
class TensorTileEmitter {
public:
  TensorTileEmitter(const Product &product, const Factor &factor, const TensorTile &tile,
                    BlockBuilder &b);
  virtual ~TensorTileEmitter() = default;

  void emit(mlir::ValueRange batch, mlir::Value rowTile, mlir::Value columnTile);

protected:
  static constexpr int64_t kRows = kFragmentRows, kColumns = kFragmentColumns,
                           kWords = kFragmentWords;

  /// The sums of all products, by way of shared memory: of each fragment of the result those
  /// that a lane has, fragments of a row of them side by side.
  virtual mlir::SmallVector<mlir::Value> addTiles(mlir::ValueRange batch,
                                                  mlir::ValueRange sums) = 0;

  int64_t rowFragments() const { return tile.warpRows / kRows; }
  int64_t columnFragments() const { return tile.warpColumns / kColumns; }

  const Product &product;
  const Factor &factor;
  TensorTile tile;
  BlockBuilder &b;
  mlir::Type sumType;
  mlir::Value firstRow, firstColumn; ///< of the tile
  mlir::Value warpRow, warpColumn;   ///< of this warp, in the tile

private:
  void store(mlir::ValueRange batch, mlir::ValueRange sums);
};

/// Warps multiply fragments that they have read to registers.
class FragmentTileEmitter : public TensorTileEmitter {
public:
  using TensorTileEmitter::TensorTileEmitter;

protected:
  /// 16 rows of the left side.
  virtual Fragment readLeft(mlir::Value stage, int64_t fragment, int64_t word) = 0;
  /// 8 columns of the right side each.
  virtual mlir::SmallVector<Fragment> readRight(mlir::Value stage, int64_t word) = 0;

  /// `before` and the products of what a stage of shared memory holds.
  mlir::SmallVector<mlir::Value> multiply(mlir::Value stage, mlir::ValueRange before);
};

/// A block for each tile, with shared memory of these types; `emit(batch, row, column)`
/// builds it.
void launchTensorTiles(
    const Product &product, const TensorTile &tile, mlir::ArrayRef<mlir::MemRefType> shared,
    BlockBuilder &b,
    llvm::function_ref<void(mlir::ValueRange, mlir::Value, mlir::Value)> emit);

} // namespace graphopt::cuda

#endif
