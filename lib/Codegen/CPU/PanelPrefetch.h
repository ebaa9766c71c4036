//===- PanelPrefetch.h - The next panel comes into the cache --------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_PANELPREFETCH_H
#define GRAPHOPT_LIB_CODEGEN_CPU_PANELPREFETCH_H

#include "LoopBuilder.h"

namespace graphopt::cpu {

/// While the tiles of rows use one panel of columns, each asks for a part of the
/// panel after it: one address for each step of the reduction, so that requests
/// never queue up. The first tile of a panel would wait for memory otherwise,
/// which stays ahead of the multiply-adds only just.
class PanelPrefetch {
public:
  using Size = LoopBuilder::Size;

  PanelPrefetch() = default;
  /// `panels` is [panels, reduction..., columns]; so many rows, in tiles of
  /// `tileRows`, use one panel before the next.
  PanelPrefetch(LoopBuilder &b, mlir::Value panels, Size rows,
                int64_t tileRows);

  /// Where the part begins that a tile asks for; null: it asks for none.
  mlir::Value start(LoopBuilder &b, mlir::Value panel, mlir::Value row);
  /// Asks for the element that belongs to one step of the reduction.
  void fetch(LoopBuilder &b, mlir::Value start, mlir::ValueRange reduction);

private:
  mlir::Value panels; // null: nothing to fetch
  mlir::Value step;   // elements for one step of the reduction
  int64_t tileRows = 0;
};

} // namespace graphopt::cpu

#endif
