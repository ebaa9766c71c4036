#include "MemrefSizes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using graphopt::MemrefSizes;

MemrefSizes::MemrefSizes(func::FuncOp function) {
  for (auto dim : function.front().getOps<memref::DimOp>())
    if (auto argument = dyn_cast<BlockArgument>(dim.getSource()))
      if (std::optional<int64_t> k = dim.getConstantIndex())
        arguments.insert({{argument, *k}, dim.getResult()});
}

OpFoldResult MemrefSizes::get(Value memref, int64_t k) const {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(k))
    return Builder(type.getContext()).getIndexAttr(type.getDimSize(k));
  if (auto it = known.find(memref); it != known.end())
    return it->second[k];
  if (auto it = arguments.find({memref, k}); it != arguments.end())
    return it->second;
  Operation *op = memref.getDefiningOp();
  if (auto alloc = dyn_cast_or_null<memref::AllocOp>(op))
    return resolve(alloc.getDynamicSizes()[type.getDynamicDimIndex(k)]);
  if (auto cast = dyn_cast_or_null<memref::CastOp>(op))
    return get(cast.getSource(), k);
  if (auto expand = dyn_cast_or_null<memref::ExpandShapeOp>(op))
    return resolve(expand.getMixedOutputShape()[k]);
  if (auto view = dyn_cast_or_null<memref::SubViewOp>(op)) {
    Sizes sizes = view.getMixedSizes();
    llvm::SmallBitVector dropped = view.getDroppedDims();
    for (int64_t i = 0; i < int64_t(sizes.size()); ++i)
      if (!dropped.test(i) && k-- == 0)
        return resolve(sizes[i]);
  }
  return {};
}

std::optional<MemrefSizes::Sizes> MemrefSizes::get(Value memref) const {
  Sizes sizes;
  for (int64_t k = 0; k < cast<MemRefType>(memref.getType()).getRank(); ++k) {
    sizes.push_back(get(memref, k));
    if (!sizes.back())
      return std::nullopt;
  }
  return sizes;
}

OpFoldResult MemrefSizes::resolve(OpFoldResult size) const {
  auto value = dyn_cast<Value>(size);
  auto dim = value ? value.getDefiningOp<memref::DimOp>() : memref::DimOp();
  std::optional<int64_t> k = dim ? dim.getConstantIndex() : std::nullopt;
  OpFoldResult inner = k ? get(dim.getSource(), *k) : OpFoldResult();
  return inner ? inner : size;
}
