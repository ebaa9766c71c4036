//===- GroupStages.cpp - How the sides of a product by four warps come in -===//

#include "GroupStages.h"
#include "AsyncSide.h"
#include "WarpGroup.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

/// What generic code wrote to shared memory is seen by what reads and writes it beside.
static void fenceProxy(BlockBuilder &b) {
  NVVM::FenceProxyOp::create(
      b, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(), NVVM::SharedSpace::shared_cta));
}

namespace {
/// By cp.async: each thread computes the addresses of its runs.
class CopiedStages : public GroupStages {
public:
  CopiedStages(const Product &product, const TensorTile &tile, ValueRange batch, Value firstRow,
               Value firstColumn, BlockBuilder &b)
      : left(
            *product.left, batch, firstRow, product.rows, product.depth, tile.rows, kLineHalves,
            b.shared[0],
            [&](Value row, Value k) -> SmallVector<Value> {
              return {row, placeInLine(row, k, b)};
            },
            b),
        right(
            *product.right, batch, firstColumn, product.columns, product.depth, tile.columns,
            kLineHalves, b.shared[1],
            [&](Value k, Value column) -> SmallVector<Value> {
              Value at = b.rem(column, kLineHalves);
              return {b.div(column, b.index(kLineHalves)), k, placeInLine(k, at, b)};
            },
            b),
        b(b) {}

  static SmallVector<MemRefType> getTypes(const TensorTile &tile, Type half) {
    return {sharedType({kCount, tile.rows, kLineHalves}, half),
            sharedType({kCount, tile.columns / kLineHalves, kLineHalves, kLineHalves}, half)};
  }

  /// A group for each turn, also if nothing is left: their number tells which is there.
  void copy(Value turn) override {
    Value k = b.mul(turn, kLineHalves), stage = b.rem(turn, kCount);
    left.copy(k, stage);
    right.copy(k, stage);
    NVVM::CpAsyncCommitGroupOp::create(b);
  }
  void await(Value) override {
    NVVM::CpAsyncWaitGroupOp::create(b, kAhead - 1);
    fenceProxy(b);
    b.barrier();
  }
  void end() override { NVVM::CpAsyncWaitGroupOp::create(b, 0); }

private:
  AsyncSide left, right;
  BlockBuilder &b;
};

/// By the tensor memory accelerator: one thread asks for a stage, whose barrier counts the bytes
/// that come; all wait for it.
class MappedStages : public GroupStages {
public:
  MappedStages(const Product &product, const TensorMaps &maps, ValueRange batch, Value firstRow,
               Value firstColumn, BlockBuilder &b)
      : product(product), maps(maps), batch(batch), firstRow(firstRow), firstColumn(firstColumn),
        b(b) {}

  static SmallVector<MemRefType> getTypes(const TensorTile &tile, const TensorMaps &maps) {
    auto stack = [](SmallVector<int64_t> sizes, MemRefType box) {
      llvm::append_range(sizes, box.getShape());
      return sharedType(sizes, box.getElementType());
    };
    return {stack({kCount}, maps.left.getBox()),
            stack({kCount, tile.columns / kLineHalves}, maps.right.getBox())};
  }

  void begin() override {
    auto space = gpu::AddressSpaceAttr::get(b.getContext(), gpu::AddressSpace::Workgroup);
    barriers = nvgpu::MBarrierCreateOp::create(
        b, nvgpu::MBarrierGroupType::get(b.getContext(), space, kCount));
    b.ifThen(isFirst(), [&] {
      for (int64_t i = 0; i < kCount; ++i)
        nvgpu::MBarrierInitOp::create(b, barriers, /*count=*/b.index(1), b.index(i), Value());
      fenceProxy(b);
    });
    b.barrier();
  }

  void copy(Value turn) override {
    Value turns = b.ceilDiv(b.index(product.depth), kLineHalves);
    b.ifThen(b.both(isFirst(), b.isLess(turn, turns)), [&] {
      Value stage = b.rem(turn, kCount), k = b.mul(turn, kLineHalves);
      int64_t blocks = cast<MemRefType>(b.shared[1].getType()).getDimSize(1);
      int64_t bytes = maps.left.getBytes() + blocks * maps.right.getBytes();
      nvgpu::MBarrierArriveExpectTxOp::create(b, barriers, b.index(bytes), stage, Value());
      maps.left.copy(batch, firstRow, k, boxOf(b.shared[0], {stage}), barriers, stage, b);
      for (int64_t i = 0; i < blocks; ++i)
        maps.right.copy(batch, b.add(firstColumn, b.index(i * kLineHalves)), k,
                        boxOf(b.shared[1], {stage, b.index(i)}), barriers, stage, b);
    });
  }

  void await(Value turn) override {
    constexpr int64_t kTicks = 10000000; // after which it asks again
    Value round = b.rem(b.div(turn, b.index(kCount)), 2);
    Value isOdd = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne, round, b.index(0));
    nvgpu::MBarrierTryWaitParityOp::create(b, barriers, isOdd, b.index(kTicks),
                                           b.rem(turn, kCount));
    b.barrier();
  }

private:
  Value isFirst() { return b.isLess(b.thread, b.index(1)); }

  /// The box of these numbers in the stages.
  Value boxOf(Value memory, ArrayRef<Value> numbers) {
    auto type = cast<MemRefType>(memory.getType());
    SmallVector<OpFoldResult> offsets, sizes,
        strides(type.getRank(), OpFoldResult(b.getIndexAttr(1)));
    for (auto [i, size] : llvm::enumerate(type.getShape())) {
      bool isNumber = i < numbers.size();
      offsets.push_back(isNumber ? OpFoldResult(numbers[i]) : b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(isNumber ? 1 : size));
    }
    auto box = memref::SubViewOp::inferRankReducedResultType(
        type.getShape().drop_front(numbers.size()), type, offsets, sizes, strides);
    return memref::SubViewOp::create(b, box, memory, offsets, sizes, strides);
  }

  const Product &product;
  const TensorMaps &maps;
  SmallVector<Value> batch;
  Value firstRow, firstColumn, barriers;
  BlockBuilder &b;
};
} // namespace

std::optional<TensorMaps> graphopt::cuda::makeTensorMaps(const Product &product,
                                                         const TensorTile &tile,
                                                         BlockBuilder &b) {
  std::optional<TensorMap> left = TensorMap::make(*product.left, tile.rows, b);
  if (!left)
    return std::nullopt;
  std::optional<TensorMap> right = TensorMap::make(*product.right, kLineHalves, b);
  if (!right)
    return std::nullopt;
  return TensorMaps{*left, *right};
}

SmallVector<MemRefType>
graphopt::cuda::getStageTypes(const Product &product, const TensorTile &tile,
                              const std::optional<TensorMaps> &maps) {
  assert(2 * tile.words == kLineHalves && "a row is a line");
  if (maps)
    return MappedStages::getTypes(tile, *maps);
  return CopiedStages::getTypes(tile, product.left->getElementType());
}

std::unique_ptr<GroupStages>
graphopt::cuda::makeStages(const Product &product, const TensorTile &tile,
                           const std::optional<TensorMaps> &maps, ValueRange batch,
                           Value firstRow, Value firstColumn, BlockBuilder &b) {
  if (maps)
    return std::make_unique<MappedStages>(product, *maps, batch, firstRow, firstColumn, b);
  return std::make_unique<CopiedStages>(product, tile, batch, firstRow, firstColumn, b);
}
