//===- Product.cpp - Kernel ops as products of two matrices ---------------===//

#include "Product.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using namespace graphopt::kernel;
using Size = LoopBuilder::Size;

static ArrayRef<int64_t> shapeOf(Value memref) {
  return cast<MemRefType>(memref.getType()).getShape();
}

/// Indices of the batch dimensions of a matrix operand: those of init, counted from
/// the right; 0 where it has one matrix for all.
static SmallVector<Value> matrixBatch(BlockBuilder &b, Value operand, ValueRange batch) {
  ArrayRef<int64_t> shape = shapeOf(operand);
  SmallVector<Value> indices;
  for (size_t i = 0; i + 2 < shape.size(); ++i)
    indices.push_back(shape[i] == 1 ? b.index(0) : batch[batch.size() + 2 - shape.size() + i]);
  return indices;
}

/// Dimensions `first` to `last` of a contiguous buffer as one.
static Value mergeDims(BlockBuilder &b, Value memref, int64_t first, int64_t last) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0, rank = cast<MemRefType>(memref.getType()).getRank(); i < rank; ++i)
    if (i > first && i <= last)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  return memref::CollapseShapeOp::create(b, memref, groups);
}

static bool isContiguous(Value memref) {
  return cast<MemRefType>(memref.getType()).getLayout().isIdentity();
}

static SmallVector<Value> noLead(BlockBuilder &, ValueRange) { return {}; }

namespace {
/// The left side of a matrix product. Batches may be rows, too: `rowSizes` are the
/// dimensions that a row stands for.
struct MatrixLeft : Side {
  MatrixLeft(Value memref, ArrayRef<Size> rowSizes) : Side(memref), rowSizes(rowSizes) {
    run = getRun(memref, 16);
  }
  SmallVector<Value> start(BlockBuilder &b, ValueRange batch, Value line) const override {
    SmallVector<Value> whole(batch);
    llvm::append_range(whole, b.delinearize(line, rowSizes));
    Value row = whole.pop_back_val();
    SmallVector<Value> indices = matrixBatch(b, memref, whole);
    indices.push_back(row);
    return indices;
  }
  SmallVector<Value> at(BlockBuilder &, ValueRange start, Value k) const override {
    SmallVector<Value> indices(start);
    indices.push_back(k);
    return indices;
  }
  std::optional<Grid> makeGrid(BlockBuilder &b) const override {
    if (rowSizes.size() == 1)
      return Grid{memref, [memref = memref](BlockBuilder &b, ValueRange batch) {
                    return matrixBatch(b, memref, batch);
                  }};
    if (!isContiguous(memref))
      return std::nullopt;
    return Grid{mergeDims(b, memref, 0, int64_t(shapeOf(memref).size()) - 2), noLead};
  }
  SmallVector<Size> rowSizes;
};

/// The right side of a matrix product, [..., K, N].
struct MatrixRight : Side {
  explicit MatrixRight(Value memref) : Side(memref) {
    alongDepth = false;
    run = getRun(memref, 16);
  }
  SmallVector<Value> start(BlockBuilder &b, ValueRange batch, Value line) const override {
    SmallVector<Value> indices = matrixBatch(b, memref, batch);
    indices.push_back(line);
    return indices;
  }
  SmallVector<Value> at(BlockBuilder &, ValueRange start, Value k) const override {
    SmallVector<Value> indices(start);
    indices.insert(std::prev(indices.end()), k);
    return indices;
  }
  std::optional<Grid> makeGrid(BlockBuilder &) const override {
    return Grid{memref, [memref = memref](BlockBuilder &b, ValueRange batch) {
                  return matrixBatch(b, memref, batch);
                }};
  }
};
} // namespace

/// True if all batches of init read one matrix.
static bool isShared(Value operand) {
  return llvm::all_of(shapeOf(operand).drop_back(2), [](int64_t size) { return size == 1; });
}

static std::optional<Product> findMatMul(MatMulOp op, BlockBuilder &b) {
  Product product;
  product.op = cast<EpilogueOp>(op.getOperation());
  SmallVector<Size> sizes = b.sizesOf(op.getInit());
  product.columns = sizes.pop_back_val();
  product.depth = b.sizesOf(op.getLhs()).back();
  bool asRows = isShared(op.getRhs());
  SmallVector<Size> rowSizes = asRows ? sizes : SmallVector<Size>{sizes.back()};
  if (!asRows)
    product.batches.assign(sizes.begin(), std::prev(sizes.end()));
  product.rows = b.product(rowSizes);
  if (rowSizes.size() == 1)
    product.rows = rowSizes.front();
  product.left = std::make_unique<MatrixLeft>(op.getLhs(), rowSizes);
  product.left->isUnsigned = op.getUnsignedLhs();
  product.right = std::make_unique<MatrixRight>(op.getRhs());
  product.right->isUnsigned = op.getUnsignedRhs();
  product.columnRun = getRun(op.getInit(), 16);
  product.place = [rowSizes](BlockBuilder &b, ValueRange batch, Value row, Value column) {
    SmallVector<Value> at(batch);
    llvm::append_range(at, b.delinearize(row, rowSizes));
    at.push_back(column);
    return at;
  };
  product.end = [columns = product.columns](BlockBuilder &b, ValueRange) {
    return b.index(columns);
  };
  return product;
}

namespace {
/// Where the taps of a convolution fall: k is (tap..., channel of the group).
struct Window {
  ArrayRef<int64_t> strides, dilations;
  SmallVector<Size> counts; ///< of taps, then the channels of a group

  Window(ConvOp op, BlockBuilder &b) : strides(op.getStrides()), dilations(op.getDilations()) {
    ArrayRef<int64_t> filter = shapeOf(op.getFilter());
    ArrayRef<int64_t> taps = op.getPacked() ? filter.slice(1, strides.size()) : filter.drop_front(2);
    for (int64_t tap : taps)
      counts.push_back(b.getIndexAttr(tap));
    counts.push_back(b.getIndexAttr(getChannels(op)));
  }
  /// Of one group.
  static int64_t getChannels(ConvOp op) {
    return shapeOf(op.getInput()).back() / op.getGroups();
  }
  static int64_t getColumns(ConvOp op) { return shapeOf(op.getInit()).back() / op.getGroups(); }
};

/// `run`, or less, so that it divides `count`.
static int64_t divideRun(int64_t run, int64_t count) {
  while (run > 1 && count % run != 0)
    run /= 2;
  return run;
}

/// The pixels that a row of the result, (b, y...), meets.
struct ConvLeft : Side {
  ConvLeft(ConvOp op, ArrayRef<Size> rowSizes, const Window &window)
      : Side(op.getInput()), rowSizes(rowSizes), window(window),
        channels(Window::getChannels(op)), isPointwise(readsPixels(op)) {
    run = divideRun(getRun(memref, 16), channels);
    isUnsigned = op.getUnsignedInput();
  }
  SmallVector<Value> start(BlockBuilder &b, ValueRange group, Value line) const override {
    SmallVector<Value> indices = b.delinearize(line, rowSizes);
    for (auto [index, stride] : llvm::zip(MutableArrayRef(indices).drop_front(), window.strides))
      index = b.mul(index, stride);
    indices.push_back(b.mul(group.front(), channels));
    return indices;
  }
  SmallVector<Value> at(BlockBuilder &b, ValueRange start, Value k) const override {
    SmallVector<Value> indices(start), taps = b.delinearize(k, window.counts);
    indices.back() = b.add(indices.back(), taps.pop_back_val());
    for (auto [i, tap] : llvm::enumerate(taps))
      indices[1 + i] = b.add(indices[1 + i], b.mul(tap, window.dilations[i]));
    return indices;
  }
  std::optional<Grid> makeGrid(BlockBuilder &b) const override {
    if (!isPointwise || !isContiguous(memref))
      return std::nullopt;
    return Grid{mergeDims(b, memref, 0, int64_t(shapeOf(memref).size()) - 2), noLead};
  }

  /// True if row n reads pixel n, and all of its channels.
  static bool readsPixels(ConvOp op) {
    ArrayRef<int64_t> filter = shapeOf(op.getFilter()), strides = op.getStrides();
    ArrayRef<int64_t> taps =
        op.getPacked() ? filter.slice(1, strides.size()) : filter.drop_front(2);
    auto isOne = [](int64_t size) { return size == 1; };
    return op.getGroups() == 1 && llvm::all_of(taps, isOne) && llvm::all_of(strides, isOne) &&
           shapeOf(op.getInput()).drop_back() == shapeOf(op.getInit()).drop_back();
  }

  SmallVector<Size> rowSizes;
  Window window;
  int64_t channels;
  bool isPointwise;
};

/// A filter [o, c, taps...], or packed as [group, taps..., c, o of the group].
struct ConvRight : Side {
  ConvRight(ConvOp op, const Window &window)
      : Side(op.getFilter()), window(window), columns(Window::getColumns(op)),
        isPacked(op.getPacked()) {
    alongDepth = false;
    run = isPacked ? getRun(memref, 16) : 1;
    isUnsigned = op.getUnsignedFilter();
  }
  SmallVector<Value> start(BlockBuilder &b, ValueRange group, Value line) const override {
    if (isPacked)
      return {group.front(), line};
    return {b.add(b.mul(group.front(), columns), line)};
  }
  SmallVector<Value> at(BlockBuilder &b, ValueRange start, Value k) const override {
    SmallVector<Value> taps = b.delinearize(k, window.counts), indices = {start.front()};
    if (!isPacked)
      indices.push_back(taps.pop_back_val());
    llvm::append_range(indices, taps);
    if (isPacked)
      indices.push_back(start.back());
    return indices;
  }
  std::optional<Grid> makeGrid(BlockBuilder &b) const override {
    if (!isPacked || !isContiguous(memref))
      return std::nullopt;
    return Grid{mergeDims(b, memref, 1, int64_t(shapeOf(memref).size()) - 2),
                [](BlockBuilder &, ValueRange group) -> SmallVector<Value> {
                  return {group.front()};
                }};
  }
  Window window;
  int64_t columns;
  bool isPacked;
};
} // namespace

static std::optional<Product> findConv(ConvOp op, BlockBuilder &b) {
  int64_t columns = Window::getColumns(op), channels = Window::getChannels(op);
  // Panels of a group's columns: those for CPUs are narrower.
  if (op.getPacked() && shapeOf(op.getFilter()).back() != columns)
    return std::nullopt;
  Product product;
  product.op = cast<EpilogueOp>(op.getOperation());
  product.batches = {b.getIndexAttr(op.getGroups())};
  SmallVector<Size> sizes = b.sizesOf(op.getInit());
  sizes.pop_back();
  product.rows = Size(b.product(sizes));
  product.columns = b.getIndexAttr(columns);
  Window window(op, b);
  int64_t depth = channels;
  for (Size count : ArrayRef(window.counts).drop_back())
    depth *= *getFixed(count);
  product.depth = b.getIndexAttr(depth);
  product.left = std::make_unique<ConvLeft>(op, sizes, window);
  product.right = std::make_unique<ConvRight>(op, window);
  product.columnRun = divideRun(getRun(op.getInit(), 16), columns);
  product.place = [sizes, columns](BlockBuilder &b, ValueRange group, Value row, Value column) {
    SmallVector<Value> at = b.delinearize(row, sizes);
    at.push_back(b.add(b.mul(group.front(), columns), column));
    return at;
  };
  product.end = [columns](BlockBuilder &b, ValueRange group) {
    return b.mul(b.add(group.front(), b.index(1)), columns);
  };
  return product;
}

std::optional<Product> graphopt::cuda::findProduct(EpilogueOp op, BlockBuilder &b) {
  if (auto matmul = dyn_cast<MatMulOp>(op.getOperation()); matmul && !op.getPacked())
    return findMatMul(matmul, b);
  if (auto conv = dyn_cast<ConvOp>(op.getOperation()))
    return findConv(conv, b);
  return std::nullopt;
}
