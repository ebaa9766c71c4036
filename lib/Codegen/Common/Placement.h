//===- Placement.h - Buffers of known size and life in one area -----------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_PLACEMENT_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_PLACEMENT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace graphopt {

/// A buffer's bytes, and the points in time from its first to its last use.
struct Interval {
  int64_t first, last;
  int64_t size;

  bool livesWith(const Interval &other) const {
    return first <= other.last && other.first <= last;
  }
};

struct Placement {
  llvm::SmallVector<int64_t> offsets; ///< of the buffers, in their order
  int64_t size = 0;                   ///< where the highest one ends
};

/// The most bytes that live at one time: no placement can be smaller.
int64_t livenessBound(llvm::ArrayRef<Interval> buffers);

/// Offsets such that buffers that live at the same time do not overlap. To find
/// the smallest area is NP-hard; this tries some orders of placing and improves
/// the best, until it meets the bound or its time is over. Equal buffers get
/// equal offsets on every machine.
Placement placeBuffers(llvm::ArrayRef<Interval> buffers);

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_PLACEMENT_H
