#include "CollapseShape.h"

using namespace mlir;

MemRefType graphopt::collapseType(MemRefType type, ArrayRef<ReassociationIndices> groups) {
  MemRefType inferred = memref::CollapseShapeOp::computeCollapsedType(type, groups);
  SmallVector<int64_t> shape(inferred.getShape());
  for (auto [extent, group] : llvm::zip_equal(shape, groups))
    if (llvm::any_of(group, [&](int64_t dim) { return type.isDynamicDim(dim); }))
      extent = ShapedType::kDynamic;
  return MemRefType::Builder(inferred).setShape(shape);
}

Value graphopt::collapseShape(OpBuilder &b, Location loc, Value memref,
                              ArrayRef<ReassociationIndices> groups) {
  MemRefType type = collapseType(cast<MemRefType>(memref.getType()), groups);
  return memref::CollapseShapeOp::create(b, loc, type, memref, groups);
}
