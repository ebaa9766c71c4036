// cuTensorMapEncodeTiled, as far as lines of 128 bytes that are turned need it: it refuses what
// the driver's manual forbids.
#include "Driver.h"
#include "TensorMap.h"
#include <cstring>

using namespace driver;

static constexpr uint64_t kMapBytes = 128, kMapAlignment = 64, kUnit = 16, kLineBytes = 128;

extern "C" int cuTensorMapEncodeTiled(void *map, int type, unsigned rank, void *address,
                                      const uint64_t *extents, const uint64_t *strides,
                                      const unsigned *box, const unsigned *steps, int interleave,
                                      int swizzle, int, int fill) {
  if (int failed = enter())
    return failed;
  constexpr int kTurnedBy128 = 3, kMostType = 2;
  constexpr uint64_t kMostExtent = uint64_t(1) << 32, kMostStride = uint64_t(1) << 40;
  constexpr unsigned kMostBox = 256;
  auto isMultiple = [](uint64_t value, uint64_t unit) { return value % unit == 0; };
  if (!isMultiple(reinterpret_cast<uintptr_t>(map), kMapAlignment) ||
      !isMultiple(reinterpret_cast<uintptr_t>(address), kUnit) || type < 0 || type > kMostType ||
      rank < 1 || rank > TensorMap::kMostRank || interleave || swizzle != kTurnedBy128 || fill)
    return kInvalidValue;
  unsigned bytes = 1u << type;
  TensorMap result = {};
  result.mark = TensorMap::kMark;
  result.rank = uint16_t(rank);
  result.elementBytes = uint16_t(bytes);
  result.address = reinterpret_cast<uintptr_t>(address);
  for (unsigned i = 0; i < rank; ++i) {
    uint64_t stride = i ? strides[i - 1] : bytes;
    if (!extents[i] || extents[i] >= kMostExtent || !box[i] || box[i] > kMostBox ||
        steps[i] != 1 || (i && (!stride || stride >= kMostStride || !isMultiple(stride, kUnit))))
      return kInvalidValue;
    result.extents[i] = uint32_t(extents[i]);
    result.strides[i] = stride;
    result.box[i] = uint16_t(box[i]);
  }
  if (box[0] * bytes > kLineBytes || !isMultiple(box[0] * bytes, kUnit))
    return kInvalidValue;
  memset(map, 0, kMapBytes);
  memcpy(map, &result, sizeof result);
  return kSuccess;
}
