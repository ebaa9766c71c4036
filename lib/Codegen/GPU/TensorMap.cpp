//===- TensorMap.cpp - Sides that the tensor memory accelerator copies ----===//

#include "TensorMap.h"
#include "WarpGroup.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

std::optional<TensorMap> TensorMap::make(const Side &side, int64_t lines, BlockBuilder &b) {
  constexpr int64_t kMostDims = 5;
  std::optional<Grid> grid = side.makeGrid(b);
  if (!grid)
    return std::nullopt;
  auto type = cast<MemRefType>(grid->memref.getType());
  if (type.getRank() > kMostDims)
    return std::nullopt;

  TensorMap result;
  result.grid = *grid;
  result.alongDepth = side.alongDepth;
  SmallVector<int64_t> sizes(type.getRank() - 2, 1);
  llvm::append_values(sizes, side.alongDepth ? lines : kLineHalves, kLineHalves);
  result.box = sharedType(sizes, type.getElementType());
  auto map = nvgpu::TensorMapDescriptorType::get(
      b.getContext(), result.box, nvgpu::TensorMapSwizzleKind::SWIZZLE_128B,
      nvgpu::TensorMapL2PromoKind::L2PROMO_128B, nvgpu::TensorMapOOBKind::OOB_ZERO,
      nvgpu::TensorMapInterleaveKind::INTERLEAVE_NONE);
  SmallVector<Value> extents;
  for (int64_t size : sizes)
    extents.push_back(b.index(size));
  Value tensor = memref::CastOp::create(
      b, UnrankedMemRefType::get(type.getElementType(), type.getMemorySpace()), grid->memref);
  result.map = nvgpu::TmaCreateDescriptorOp::create(b, map, tensor, extents);
  return result;
}

void TensorMap::copy(ValueRange batch, Value line, Value k, Value memory, Value barriers,
                     Value number, BlockBuilder &b) const {
  SmallVector<Value> at = grid.lead(b, batch);
  llvm::append_values(at, alongDepth ? line : k, alongDepth ? k : line);
  std::reverse(at.begin(), at.end()); // the instruction's first is that of neighbours
  nvgpu::TmaAsyncLoadOp::create(b, memory, barriers, map, at, number, /*multicastMask=*/Value(),
                                /*predicate=*/Value());
}
