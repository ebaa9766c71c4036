//===- PanelPrefetch.cpp - The next panel comes into the cache ------------===//

#include "PanelPrefetch.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::cpu;

PanelPrefetch::PanelPrefetch(Value panels, Size rows, int64_t tileRows)
    : tileRows(tileRows) {
  auto type = cast<MemRefType>(panels.getType());
  // With one tile all is read once, in order: the CPU sees that by itself.
  std::optional<int64_t> fixed = getFixed(rows);
  if ((fixed && *fixed <= tileRows) || type.getDimSize(0) < 2 ||
      type.getNumElements() == 0)
    return;
  constexpr int64_t kOpenTiles = 8; // as many as there may well be
  int64_t tiles =
      fixed ? llvm::divideCeil(*fixed, tileRows) : kOpenTiles;
  step = llvm::divideCeil(type.getShape().back(), tiles);
  this->panels = panels;
}

Value PanelPrefetch::start(LoopBuilder &b, Value panel, Value row) {
  if (!panels)
    return {};
  auto type = cast<MemRefType>(panels.getType());
  int64_t total = type.getNumElements();
  int64_t perPanel = total / type.getDimSize(0);
  int64_t perTile = perPanel / type.getShape().back() * step;
  Value next = b.mul(b.add(panel, b.index(1)), perPanel);
  Value part = b.mul(row, llvm::divideCeil(perTile, tileRows));
  // Never past the last panel.
  return b.min(b.add(next, part), b.index(total - perTile));
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
