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
/// Of four warps each: 64 rows, and the columns of one instruction.
static constexpr TensorTile kGroupTiles[] = {
    {128, 256, 32, 16, 256},
    {128, 128, 32, 16, 128},
    {64, 64, 32, 16, 64},
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
static size_t chooseTile(const Product &product, const GpuModel &gpu, const Tile (&tiles)[N]) {
  for (auto [i, tile] : llvm::enumerate(tiles)) {
    std::optional<int64_t> blocks = countBlocks(product, tile);
    if (!blocks) // of open sizes: neither best nor worst
      return 1;
    if (*blocks >= gpu.multiprocessors)
      return i;
  }
  return N - 1;
}

namespace {
/// A form for many rows.
struct Form {
  enum Kind { Plain, Staged, Async, Group } kind;
  size_t tile; ///< of those of its kind

  bool operator==(const Form &other) const { return kind == other.kind && tile == other.tile; }
};
} // namespace

static Form chooseForm(const Product &product, const std::optional<Factor> &factor,
                       const GpuModel &gpu) {
  if (!factor)
    return {Form::Plain, chooseTile(product, gpu, kTiles)};
  if (!canCopyAsync(product, *factor, gpu))
    return {Form::Staged, chooseTile(product, gpu, kTensorTiles)};
  if (!gpu.tensorMemory)
    return {Form::Async, chooseTile(product, gpu, kTensorTiles)};
  return {Form::Group, chooseTile(product, gpu, kGroupTiles)};
}

static void emitForm(const Form &form, const Product &product,
                     const std::optional<Factor> &factor, BlockBuilder &b) {
  switch (form.kind) {
  case Form::Plain:
    return emitTiles(product, kTiles[form.tile], b);
  case Form::Staged:
    return emitTensorTiles(product, *factor, kTensorTiles[form.tile], b);
  case Form::Async:
    return emitAsyncTiles(product, *factor, kTensorTiles[form.tile], b);
  case Form::Group:
    return emitGroupTiles(product, *factor, kGroupTiles[form.tile], b);
  }
}

/// What is best for each of the targets, once for all that agree.
static void emitManyRows(const Product &product, ArrayRef<std::optional<Factor>> factors,
                         ArrayRef<GpuModel> targets, BlockBuilder &b) {
  SmallVector<Form> forms, different;
  for (auto [factor, target] : llvm::zip(factors, targets)) {
    forms.push_back(chooseForm(product, factor, target));
    if (!llvm::is_contained(different, forms.back()))
      different.push_back(forms.back());
  }
  for (const Form &form : different) {
    size_t first = llvm::find(forms, form) - forms.begin();
    for (size_t i = first; different.size() > 1 && i < forms.size(); ++i)
      if (forms[i] == form)
        b.targets.push_back(i);
    emitForm(form, product, factors[first], b);
    b.targets.clear();
  }
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

bool graphopt::cuda::emitProduct(const Product &product, ArrayRef<GpuModel> targets,
                                 Precision precision, BlockBuilder &b) {
  SmallVector<std::optional<Factor>> factors;
  for (const GpuModel &target : targets)
    factors.push_back(findFactor(product, target, precision));
  if (!isFloat(product) && !llvm::all_of(factors, [](const auto &factor) { return bool(factor); }))
    return false;
  auto emitMany = [&] { emitManyRows(product, factors, targets, b); };
  if (product.right->alongDepth || !isFloat(product)) {
    emitMany();
    return true;
  }
  if (std::optional<int64_t> rows = getFixed(product.rows)) {
    if (*rows <= kFewRows)
      emitFewRows(product, std::max<int64_t>(*rows, 1), b);
    else
      emitMany();
    return true;
  }
  Value few = b.isLess(b.index(product.rows), b.index(kFewRows / 2 + 1));
  b.forEither(few, [&](bool isFew) {
    if (isFew)
      emitFewRows(product, kFewRows / 2, b);
    else
      emitMany();
  });
  return true;
}
