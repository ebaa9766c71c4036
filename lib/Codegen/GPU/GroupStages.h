//===- GroupStages.h - How the sides of a product by four warps come in ---===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_GROUPSTAGES_H
#define GRAPHOPT_LIB_CODEGEN_GPU_GROUPSTAGES_H

#include "ExpandProduct.h"
#include "TensorMap.h"

namespace graphopt::cuda {

/// Stages of shared memory, each with what a turn multiplies of a tile: 64 numbers of the depth.
/// The left side lies by rows; of the right one, blocks of 64 columns by numbers of the depth.
class GroupStages {
public:
  static constexpr int64_t kCount = 4;
  /// Turns on their way while one is multiplied: its stage, and that of the one before, whose
  /// products still run, are not copied to.
  static constexpr int64_t kAhead = kCount - 2;
  virtual ~GroupStages() = default;

  /// In the kernel, before any copy.
  virtual void begin() {}
  /// Begins to bring what a turn multiplies; all threads come here.
  virtual void copy(mlir::Value turn) = 0;
  /// Waits until it is there, and all threads have come here.
  virtual void await(mlir::Value turn) = 0;
  /// Behind the last turn.
  virtual void end() {}
};

/// Both sides as tensors of which tiles are boxes.
struct TensorMaps {
  TensorMap left, right;
};
std::optional<TensorMaps> makeTensorMaps(const Product &product, const TensorTile &tile,
                                         BlockBuilder &b);

/// The shared memory of a kernel whose sides are brought by `maps`, or else by its threads.
mlir::SmallVector<mlir::MemRefType> getStageTypes(const Product &product, const TensorTile &tile,
                                                  const std::optional<TensorMaps> &maps);

/// Of the tile that begins at this row and column.
std::unique_ptr<GroupStages> makeStages(const Product &product, const TensorTile &tile,
                                        const std::optional<TensorMaps> &maps,
                                        mlir::ValueRange batch, mlir::Value firstRow,
                                        mlir::Value firstColumn, BlockBuilder &b);

} // namespace graphopt::cuda

#endif
