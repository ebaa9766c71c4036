//===- Panels.cpp - Constants to panels of columns ------------------------===//

#include "Panels.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace llvm;
using namespace graphopt;

/// Copies `count` elements of `Bytes` bytes that lie `stride` elements apart to
/// places `toStride` apart.
template <size_t Bytes>
static void copyStrided(const char *from, int64_t stride, int64_t count,
                        char *to, int64_t toStride) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * toStride * Bytes, from + i * stride * Bytes, Bytes);
}

static void copyElements(const char *from, int64_t stride, int64_t count,
                         int64_t elementBytes, char *to, int64_t toStride) {
  if (stride == 1 && toStride == 1) {
    std::memcpy(to, from, count * elementBytes);
    return;
  }
  switch (elementBytes) {
  case 1:
    return copyStrided<1>(from, stride, count, to, toStride);
  case 2:
    return copyStrided<2>(from, stride, count, to, toStride);
  case 4:
    return copyStrided<4>(from, stride, count, to, toStride);
  case 8:
    return copyStrided<8>(from, stride, count, to, toStride);
  default:
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * toStride * elementBytes,
                  from + i * stride * elementBytes, elementBytes);
  }
}

void graphopt::packPanels(const Panels &layout, ArrayRef<char> source,
                          MutableArrayRef<char> panels) {
  // Sizes and strides of the source in the order (r..., n), in elements.
  size_t rank = layout.shape.size();
  SmallVector<int64_t> strideOf(rank, 1), sizes, strides;
  for (size_t i = rank - 1; i > 0; --i)
    strideOf[i - 1] = strideOf[i] * layout.shape[i];
  int64_t lines = 1;
  for (int64_t dim : layout.permutation) {
    sizes.push_back(layout.shape[dim]);
    strides.push_back(layout.isSplat ? 0 : strideOf[dim]);
    lines *= layout.shape[dim];
  }
  int64_t perGroup = sizes.back() / layout.groups;
  lines = sizes.back() == 0 ? 0 : lines / sizes.back();

  std::memset(panels.data(), 0, panels.size());
  int64_t last = rank > 1 ? sizes[rank - 2] : 1, together = layout.interleave;
  int64_t steps = last ? lines / last * llvm::divideCeil(last, together) : 0;
  int64_t stepBytes = layout.columns * together * layout.elementBytes;
  char *to = panels.data();
  SmallVector<int64_t> index(rank - 1);
  for (int64_t group = 0; group < layout.groups; ++group)
    for (int64_t first = 0; first < perGroup; first += layout.columns) {
      int64_t count = std::min(layout.columns, perGroup - first);
      int64_t from = (group * perGroup + first) * strides.back();
      // All (r...) of this panel: an odometer that carries `from` along.
      llvm::fill(index, 0);
      for (int64_t line = 0; line < lines; ++line) {
        int64_t k = line % last;
        int64_t step = line / last * llvm::divideCeil(last, together) + k / together;
        copyElements(source.data() + from * layout.elementBytes, strides.back(),
                     count, layout.elementBytes,
                     to + step * stepBytes + k % together * layout.elementBytes,
                     together);
        for (size_t d = rank - 1; d-- > 0;) {
          from += strides[d];
          if (++index[d] < sizes[d])
            break;
          from -= strides[d] * sizes[d];
          index[d] = 0;
        }
      }
      to += steps * stepBytes;
    }
}
