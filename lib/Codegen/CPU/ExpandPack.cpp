//===- ExpandPack.cpp - kernel.pack to loops ------------------------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

void graphopt::cpu::emitPack(PackOp op) {
  LoopBuilder b(op.getLoc(), op);
  ArrayRef<int64_t> permutation = op.getPermutation();
  int64_t perGroup = op.getSource().getType().getDimSize(permutation.back()) /
                     op.getGroups();
  int64_t panelColumns = op.getInit().getType().getShape().back();
  int64_t panels = llvm::divideCeil(perGroup, panelColumns);
  Value zero = arith::ConstantOp::create(
      b, b.getZeroAttr(op.getInit().getType().getElementType()));

  // Only the last panel of a group has columns to pad: the source is read at
  // its last column there and the value dropped.
  SmallVector<LoopBuilder::Size> sizes = b.sizesOf(op.getInit());
  sizes[0] = b.getIndexAttr(panels);
  sizes.insert(sizes.begin(), b.getIndexAttr(op.getGroups()));
  b.forNest(sizes, [&](ValueRange i) {
    Value group = i[0], panel = i[1], lane = i.back();
    Value column = b.add(b.mul(panel, panelColumns), lane);
    Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column,
                                         b.index(perGroup));
    Value clamped = b.min(column, b.index(perGroup - 1));
    SmallVector<Value> from(permutation.size());
    for (auto [k, dim] : llvm::enumerate(permutation.drop_back()))
      from[dim] = i[2 + k];
    from[permutation.back()] = b.add(b.mul(group, perGroup), clamped);
    Value element = memref::LoadOp::create(b, op.getSource(), from);
    SmallVector<Value> to{b.add(b.mul(group, panels), panel)};
    to.append(i.begin() + 2, i.end());
    memref::StoreOp::create(b, arith::SelectOp::create(b, exists, element, zero),
                            op.getInit(), to);
  });
}
