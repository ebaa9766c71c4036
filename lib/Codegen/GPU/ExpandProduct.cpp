//===- ExpandProduct.cpp - Which form a product takes ---------------------===//

#include "ExpandProduct.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using Size = LoopBuilder::Size;

/// Greatest first: the more a block computes of what it reads, the better, as long as
/// there are blocks for all multiprocessors.
static constexpr ProductTile kTiles[] = {
    {128, 64, 8, 8, 8},
    {64, 64, 16, 4, 4},
    {32, 32, 16, 4, 4},
};
static constexpr TensorTile kTensorTiles[] = {
    {128, 128, 16, 64, 32},
    {64, 64, 16, 32, 32},
    {32, 64, 16, 32, 16},
};
/// With so many rows a product takes as long as reading its right side does.
constexpr int64_t kFewRows = 8;

/// Blocks of a product of fixed sizes.
template <typename Tile>
static std::optional<int64_t> countBlocks(const Product &product, const Tile &tile) {
  int64_t blocks = 1;
  for (Size size : product.batches) {
    std::optional<int64_t> fixed = getFixed(size);
    if (!fixed)
      return std::nullopt;
    blocks *= *fixed;
  }
  std::optional<int64_t> rows = getFixed(product.rows), columns = getFixed(product.columns);
  if (!rows || !columns)
    return std::nullopt;
  return blocks * llvm::divideCeil(*rows, tile.rows) * llvm::divideCeil(*columns, tile.columns);
}

static bool isFloat(const Product &product) {
  auto isNarrow = [](Type type) { return type.isF32() || type.isF16() || type.isBF16(); };
  kernel::EpilogueOp op = product.op;
  return op.getValueType().isF32() && isNarrow(product.left->getElementType()) &&
         isNarrow(product.right->getElementType());
}

/// The greatest of `tiles` with a block for each multiprocessor, or the least.
template <typename Tile, size_t N>
static const Tile &chooseTile(const Product &product, const GpuModel &gpu,
                              const Tile (&tiles)[N]) {
  for (const Tile &tile : tiles) {
    std::optional<int64_t> blocks = countBlocks(product, tile);
    if (!blocks) // of open sizes: neither best nor worst
      return tiles[1];
    if (*blocks >= gpu.multiprocessors)
      return tile;
  }
  return tiles[N - 1];
}

SmallVector<Value> graphopt::cuda::addProducts(Size depth, ValueRange sums, BlockBuilder &b,
                                               llvm::function_ref<SmallVector<Value>()> emit) {
  if (std::optional<int64_t> fixed = getFixed(depth))
    return *fixed == 0 ? llvm::to_vector(sums) : emit();
  Value some = b.isLess(b.index(0), b.index(depth));
  auto choice = scf::IfOp::create(b, sums.getTypes(), some, /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, sums);
  b.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(b, emit());
  return llvm::to_vector(ValueRange(choice.getResults()));
}

bool graphopt::cuda::emitProduct(const Product &product, const GpuModel &gpu,
                                 Precision precision, BlockBuilder &b) {
  std::optional<Factor> factor = findFactor(product, gpu, precision);
  if (!factor && !isFloat(product))
    return false;
  auto emitManyRows = [&] {
    if (!factor)
      emitTiles(product, chooseTile(product, gpu, kTiles), b);
    else if (canCopyAsync(product, *factor, gpu))
      emitAsyncTiles(product, *factor, chooseTile(product, gpu, kTensorTiles), b);
    else
      emitTensorTiles(product, *factor, chooseTile(product, gpu, kTensorTiles), b);
  };
  if (product.right->alongDepth || !isFloat(product)) {
    emitManyRows();
    return true;
  }
  if (std::optional<int64_t> rows = getFixed(product.rows)) {
    if (*rows <= kFewRows)
      emitFewRows(product, std::max<int64_t>(*rows, 1), b);
    else
      emitManyRows();
    return true;
  }
  Value few = b.isLess(b.index(product.rows), b.index(kFewRows / 2 + 1));
  b.forEither(few, [&](bool isFew) {
    if (isFew)
      emitFewRows(product, kFewRows / 2, b);
    else
      emitManyRows();
  });
  return true;
}
