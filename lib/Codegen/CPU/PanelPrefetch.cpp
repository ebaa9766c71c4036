//===- PanelPrefetch.cpp - The next panel comes into the cache ------------===//

#include "PanelPrefetch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;

PanelPrefetch::PanelPrefetch(LoopBuilder &b, Value panels, Size rows,
                             int64_t tileRows, int64_t blockSize)
    : tileRows(tileRows) {
  auto type = cast<MemRefType>(panels.getType());
  std::optional<int64_t> fixed = getFixed(rows);
  if ((fixed && *fixed <= tileRows) || type.getNumElements() == 0)
    return;
  int64_t columns = type.getShape().back();
  blockSteps = blockSize ? blockSize : perPanel(type) / columns;
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

int64_t PanelPrefetch::perPanel(MemRefType panels) {
  return panels.getNumElements() / panels.getDimSize(0);
}

Value PanelPrefetch::start(LoopBuilder &b, Value panel, Value row,
                           Value first) {
  if (!panels)
    return {};
  auto type = cast<MemRefType>(panels.getType());
  int64_t columns = type.getShape().back();
  Value next = b.add(b.mul(panel, perPanel(type)), b.index(blockSteps * columns));
  Value part = b.mul(row, b.ceilDiv(b.mul(step, blockSteps), tileRows));
  // Steps are counted from the first of the panel, not of the block.
  Value ahead = b.mul(first, b.sub(b.index(columns), step));
  return b.add(b.add(next, part), ahead);
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
