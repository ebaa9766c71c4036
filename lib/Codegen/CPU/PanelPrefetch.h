//===- PanelPrefetch.h - The next panel comes into the cache --------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_PANELPREFETCH_H
#define GRAPHOPT_LIB_CODEGEN_CPU_PANELPREFETCH_H

#include "../Common/LoopBuilder.h"
#include "mlir/IR/BuiltinTypes.h"

namespace graphopt::cpu {

/// While the tiles of rows use one panel of columns, or a block of its reduction,
/// each asks for a part of what lies behind it: one address for each step of the
/// reduction, so that requests never queue up. The first tile of a panel would
/// wait for memory otherwise, which stays ahead of the multiply-adds only just.
///
/// Behind the last panel there is what the next kernel reads first: weights lie
/// in the order of their use (ExtractWeights).
class PanelPrefetch {
public:
  using Size = LoopBuilder::Size;

  PanelPrefetch() = default;
  /// `panels` is [panels, reduction..., columns]; so many rows, in tiles of
  /// `tileRows`, use one panel before the next, or so many indices of the first
  /// reduction loop before the next `blockSize` (0: all of a panel).
  PanelPrefetch(LoopBuilder &b, mlir::Value panels, Size rows, int64_t tileRows,
                int64_t blockSize);

  /// Where the part begins that a tile asks for in the block from index `first`
  /// on; null: it asks for none.
  mlir::Value start(LoopBuilder &b, mlir::Value panel, mlir::Value row,
                    mlir::Value first);
  /// Asks for the element that belongs to one step of the reduction.
  void fetch(LoopBuilder &b, mlir::Value start, mlir::ValueRange reduction);

private:
  static int64_t perPanel(mlir::MemRefType panels); ///< elements

  mlir::Value panels; // null: nothing to fetch
  mlir::Value step;   // elements for one step of the reduction
  int64_t tileRows = 0;
  int64_t blockSteps = 0; // steps of the reduction until something else is used
};

} // namespace graphopt::cpu

#endif
