//===- PanelPrefetch.cpp - The next panel comes into the cache ------------===//

#include "PanelPrefetch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::cpu;

PanelPrefetch::PanelPrefetch(LoopBuilder &b, Value panels, Size rows,
                             int64_t tileRows)
    : tileRows(tileRows) {
  auto type = cast<MemRefType>(panels.getType());
  std::optional<int64_t> fixed = getFixed(rows);
  if ((fixed && *fixed <= tileRows) || type.getDimSize(0) < 2 ||
      type.getNumElements() == 0)
    return;
  int64_t columns = type.getShape().back();
  Value tiles = b.ceilDiv(b.index(rows), tileRows);
  step = b.ceilDiv(b.index(columns), b.max(tiles, b.index(1)));
  // With one tile all is read once, in order: the CPU sees that by itself.
  if (!fixed) {
    Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, tiles,
                                        b.index(2));
    step = arith::SelectOp::create(b, isOne, b.index(0), step);
  }
  this->panels = panels;
}

Value PanelPrefetch::start(LoopBuilder &b, Value panel, Value row) {
  if (!panels)
    return {};
  auto type = cast<MemRefType>(panels.getType());
  int64_t total = type.getNumElements();
  int64_t perPanel = total / type.getDimSize(0);
  Value perTile = b.mul(step, perPanel / type.getShape().back());
  Value next = b.mul(b.add(panel, b.index(1)), perPanel);
  Value part = b.mul(row, b.ceilDiv(perTile, tileRows));
  // Never past the last panel.
  return b.min(b.add(next, part), b.sub(b.index(total), perTile));
}

void PanelPrefetch::fetch(LoopBuilder &b, Value start, ValueRange reduction) {
  if (!start)
    return;
  auto type = cast<MemRefType>(panels.getType());
  Value number = reduction.front();
  for (auto [dim, index] : llvm::enumerate(reduction.drop_front()))
    number = b.add(b.mul(number, type.getDimSize(dim + 2)), index);
  ReassociationIndices all =
      llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  Value flat = memref::CollapseShapeOp::create(
      b, panels, ArrayRef<ReassociationIndices>{all});
  constexpr unsigned kLevel2 = 2;
  memref::PrefetchOp::create(b, flat,
                             ValueRange{b.add(start, b.mul(number, step))},
                             /*isWrite=*/false, kLevel2, /*isDataCache=*/true);
}
