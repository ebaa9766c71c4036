//===- ExpandProduct.h - Products by tiles --------------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_EXPANDPRODUCT_H
#define GRAPHOPT_LIB_CODEGEN_GPU_EXPANDPRODUCT_H

#include "Product.h"
#include "TensorCore.h"
#include "graphopt/Target/Target.h"

namespace graphopt::cuda {

/// Rows and columns that a block computes, from `depth` numbers of each side at a time.
struct ProductTile {
  int64_t rows, columns, depth;
  int64_t threadRows, threadColumns; ///< of one thread: multiples of 4
};

/// The same for tensor cores, the depth in words of 32 bits.
struct TensorTile {
  int64_t rows, columns, words;
  int64_t warpRows, warpColumns; ///< multiples of 16 and 8
};

/// What tensor cores may multiply in the place of the product's numbers; nothing if
/// neither its types nor `precision` allow any.
std::optional<Factor> findFactor(const Product &product, const GpuModel &gpu,
                                 Precision precision);

/// Numbers of one type as halves or words that tensor cores take of f32 under `precision`.
std::optional<Factor> findFloatFactor(mlir::Type left, mlir::Type right, Precision precision);

/// A block for each tile of the result: both sides pass through shared memory, sums
/// are in registers. Values of f32.
void emitTiles(const Product &product, const ProductTile &tile, BlockBuilder &b);

/// The same with tensor cores.
void emitTensorTiles(const Product &product, const Factor &factor, const TensorTile &tile,
                     BlockBuilder &b);

/// True if tensor cores take both sides as they are, 16 bits each, and 16 bytes of
/// neighbours at a time may be copied.
bool canCopyAsync(const Product &product, const Factor &factor, const GpuModel &gpu);

/// The same with copies that go past the registers, to one of several stages, while
/// earlier ones are multiplied.
void emitAsyncTiles(const Product &product, const Factor &factor, const TensorTile &tile,
                    BlockBuilder &b);

/// The same where four warps at a time multiply both sides as they lie in shared memory
/// (wgmma), while copies of later stages run.
void emitGroupTiles(const Product &product, const Factor &factor, const TensorTile &tile,
                    BlockBuilder &b);

/// Few rows: threads share the depth, and a column's sums are added up by shuffles.
/// Values of f32.
void emitFewRows(const Product &product, int64_t rows, BlockBuilder &b);

/// `emit()`, or `sums` where the depth is 0: nothing may be read of an empty side.
mlir::SmallVector<mlir::Value>
addProducts(LoopBuilder::Size depth, mlir::ValueRange sums, BlockBuilder &b,
            llvm::function_ref<mlir::SmallVector<mlir::Value>()> emit);

/// The fastest form of a product for its sizes, chosen by the host where they are open, and
/// for each target; false if it has none.
bool emitProduct(const Product &product, llvm::ArrayRef<GpuModel> targets, Precision precision,
                 BlockBuilder &b);

} // namespace graphopt::cuda

#endif
