//===- SplitDepth.cpp - Products of few tiles by more blocks --------------===//

#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/GPU/Passes.h"
#include "graphopt/Target/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

namespace graphopt {
#define GEN_PASS_DEF_SPLITDEPTH
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

/// Of a small tile: as many blocks as a product has without being split.
static constexpr int64_t kTileRows = 64, kTileColumns = 64;
/// With so many rows a product has another form, whose threads share the depth.
static constexpr int64_t kFewRows = 8;
/// A part takes longer than another launch does.
static constexpr int64_t kLeastDepth = 512;
/// Buffers that the sum of parts reads.
static constexpr int64_t kMostParts = 16;

static MemRefType typeOf(Value memref) { return cast<MemRefType>(memref.getType()); }

static bool isPlain(Value memref) {
  return typeOf(memref).hasStaticShape() && typeOf(memref).getLayout().isIdentity();
}

static bool isNarrow(Type type) { return type.isF32() || type.isF16() || type.isBF16(); }

static int64_t product(ArrayRef<int64_t> sizes) { return llvm::product_of(sizes); }

/// A view of all of a dense buffer.
static Value view(OpBuilder &b, Location loc, Value memref, ArrayRef<int64_t> sizes,
                  ArrayRef<int64_t> strides) {
  auto type = MemRefType::get(sizes, typeOf(memref).getElementType(),
                              StridedLayoutAttr::get(b.getContext(), 0, strides));
  return memref::ReinterpretCastOp::create(b, loc, type, memref, /*offset=*/0, sizes, strides);
}

namespace {
/// A product whose depth can be cut: into parts that are products themselves.
struct Split {
  EpilogueOp op;
  int64_t rows, columns, depth;
  int64_t unit; ///< a part is of so many numbers of the depth, or of a multiple
  /// Emits the parts' product, and returns the sums of each as a buffer like op's init.
  std::function<SmallVector<Value>(OpBuilder &, int64_t parts)> emit;
};

struct SplitDepth : graphopt::impl::SplitDepthBase<SplitDepth> {
  using SplitDepthBase::SplitDepthBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto gpus = findGpuModels(sm);
    if (!gpus)
      return emitError(UnknownLoc::get(context), llvm::toString(gpus.takeError()));
    multiprocessors = gpus->front().multiprocessors;
    return success();
  }

  void runOnOperation() override {
    SmallVector<EpilogueOp> kernels;
    getOperation().walk([&](EpilogueOp op) { kernels.push_back(op); });
    for (EpilogueOp op : kernels) {
      std::optional<Split> split = findSplit(op);
      int64_t parts = split ? countParts(*split) : 1;
      if (parts > 1)
        apply(*split, parts);
    }
  }

private:
  static std::optional<Split> findSplit(EpilogueOp op) {
    if (!isPlain(op.getInitValue()) || !op.getValueType().isF32() ||
        !llvm::all_of(op.getInputs(), [](Value input) {
          return isa<MemRefType>(input.getType()) && isPlain(input) &&
                 isNarrow(typeOf(input).getElementType());
        }))
      return std::nullopt;
    if (auto matmul = dyn_cast<MatMulOp>(op.getOperation()); matmul && !op.getPacked())
      return splitMatMul(matmul);
    if (auto conv = dyn_cast<ConvOp>(op.getOperation()))
      return splitConv(conv);
    return std::nullopt;
  }

  /// [R, K] x [K, N]  =>  [P, R, K / P] x [P, K / P, N]
  static std::optional<Split> splitMatMul(MatMulOp op) {
    ArrayRef<int64_t> left = typeOf(op.getLhs()).getShape(), right = typeOf(op.getRhs()).getShape(),
                      init = typeOf(op.getInit()).getShape();
    if (product(right.drop_back(2)) != 1)
      return std::nullopt;
    constexpr int64_t kUnit = 32; // parts begin where runs do
    int64_t rows = product(init.drop_back()), depth = left.back(), columns = init.back();
    if (product(left.drop_back()) != rows)
      return std::nullopt;
    Split split = {cast<EpilogueOp>(op.getOperation()), rows, columns, depth, kUnit, {}};
    split.emit = [=](OpBuilder &b, int64_t parts) mutable -> SmallVector<Value> {
      Location loc = op.getLoc();
      int64_t part = depth / parts;
      Value lhs = view(b, loc, op.getLhs(), {parts, rows, part}, {part, depth, 1});
      Value rhs = view(b, loc, op.getRhs(), {parts, part, columns}, {part * columns, columns, 1});
      Value sums = allocate(b, loc, {parts, rows, columns});
      MatMulOp::create(b, loc, lhs, rhs, sums);
      SmallVector<Value> results;
      for (int64_t i = 0; i < parts; ++i)
        results.push_back(placeOf(b, loc, sums, i * rows * columns, init, columns));
      return results;
    };
    return split;
  }

  /// Parts of the channels are groups, whose columns lie beside each other.
  static std::optional<Split> splitConv(ConvOp op) {
    ArrayRef<int64_t> filter = typeOf(op.getFilter()).getShape(),
                      init = typeOf(op.getInit()).getShape();
    if (op.getGroups() != 1 || !op.getPacked() || filter.front() != 1 ||
        filter.back() != init.back()) // one panel: [1, K..., C, O]
      return std::nullopt;
    int64_t channels = *std::prev(filter.end(), 2), columns = init.back();
    int64_t taps = product(filter.drop_back(2));
    constexpr int64_t kUnit = 16;
    Split split = {cast<EpilogueOp>(op.getOperation()), product(init.drop_back()), columns,
                   taps * channels, taps * kUnit, {}};
    split.emit = [=](OpBuilder &b, int64_t parts) mutable -> SmallVector<Value> {
      Location loc = op.getLoc();
      int64_t part = channels / parts;
      SmallVector<int64_t> sizes(filter), strides(filter.size(), 1);
      sizes.front() = parts;
      *std::prev(sizes.end(), 2) = part;
      strides.front() = part * columns;
      *std::prev(strides.end(), 2) = columns;
      for (int64_t i = filter.size() - 3, stride = channels * columns; i > 0; --i) {
        strides[i] = stride;
        stride *= filter[i];
      }
      SmallVector<int64_t> shape(init);
      shape.back() = parts * columns;
      Value sums = allocate(b, loc, shape);
      auto grouped = ConvOp::create(b, loc, op.getInput(), view(b, loc, op.getFilter(), sizes, strides),
                                    sums, op.getStrides(), op.getDilations(), parts);
      grouped.setPacked(true);
      SmallVector<Value> results;
      for (int64_t i = 0; i < parts; ++i)
        results.push_back(placeOf(b, loc, sums, i * columns, init, shape.back()));
      return results;
    };
    return split;
  }

  static Value allocate(OpBuilder &b, Location loc, ArrayRef<int64_t> shape) {
    constexpr int64_t kAlignment = 64; // GRAPHOPT_ALIGNMENT
    return memref::AllocOp::create(b, loc, MemRefType::get(shape, b.getF32Type()),
                                   b.getI64IntegerAttr(kAlignment));
  }

  /// What lies from `offset` on as a buffer of this shape, `row` numbers from row to row.
  static Value placeOf(OpBuilder &b, Location loc, Value sums, int64_t offset,
                       ArrayRef<int64_t> shape, int64_t row) {
    SmallVector<int64_t> strides(shape.size(), 1);
    for (int64_t i = int64_t(shape.size()) - 2, stride = row; i >= 0; --i) {
      strides[i] = stride;
      stride *= shape[i];
    }
    auto type = MemRefType::get(shape, b.getF32Type(),
                                StridedLayoutAttr::get(b.getContext(), offset, strides));
    return memref::ReinterpretCastOp::create(b, loc, type, sums, offset, shape, strides);
  }

  /// As many as give each multiprocessor a block.
  int64_t countParts(const Split &split) {
    if (split.rows <= kFewRows || split.columns == 0)
      return 1;
    int64_t blocks = llvm::divideCeil(split.rows, kTileRows) *
                     llvm::divideCeil(split.columns, kTileColumns);
    int64_t parts = std::min({multiprocessors / blocks, split.depth / kLeastDepth, kMostParts});
    while (parts > 1 && split.depth % (parts * split.unit) != 0)
      --parts;
    return parts;
  }

  /// Adds up the parts, with what the product's epilogue does with the sum.
  void apply(Split &split, int64_t parts) {
    EpilogueOp op = split.op;
    OpBuilder b(op);
    Value init = op.getInitValue();
    SmallVector<Value> inputs = split.emit(b, parts);
    int64_t rank = typeOf(init).getRank();
    SmallVector<AffineMap> maps(parts, b.getMultiDimIdentityMap(rank));
    for (auto [i, extra] : llvm::enumerate(op.getExtras())) {
      inputs.push_back(extra);
      maps.push_back(op.getMap(i));
    }
    maps.push_back(b.getMultiDimIdentityMap(rank));
    linalg::GenericOp::create(
        b, op.getLoc(), inputs, init, maps,
        SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          Value sum = arguments.front();
          for (Value part : arguments.slice(1, parts - 1))
            sum = arith::AddFOp::create(b, loc, sum, part);
          IRMapping mapping;
          mapping.map(op.getBody()->getArgument(0), sum);
          mapping.map(op.getBody()->getArguments().drop_front(),
                      arguments.slice(parts, op.getExtras().size()));
          for (Operation &inner : op.getBody()->without_terminator())
            b.clone(inner, mapping);
          Value result = op.getBody()->getTerminator()->getOperand(0);
          linalg::YieldOp::create(b, loc, mapping.lookupOrDefault(result));
        });
    op->erase();
    ++numSplit;
  }

  int64_t multiprocessors = 0;
};
} // namespace
