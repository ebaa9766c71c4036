//===- Panels.h - Constants to panels of columns --------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_PANELS_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_PANELS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace graphopt {

/// What kernel.pack does, for a constant.
struct Panels {
  llvm::ArrayRef<int64_t> shape;       ///< of the source, row-major
  llvm::ArrayRef<int64_t> permutation; ///< its dimensions as (r..., n)
  int64_t groups;
  int64_t columns; ///< of a panel
  int64_t interleave; ///< so many neighbours in the last r lie together
  int64_t elementBytes;
  bool isSplat; ///< the source is one element for all
};

/// Fills `panels` with the elements of `source`, and zeros.
void packPanels(const Panels &layout, llvm::ArrayRef<char> source,
                llvm::MutableArrayRef<char> panels);

} // namespace graphopt

#endif
