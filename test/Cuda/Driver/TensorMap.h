// What cuTensorMapEncodeTiled of the fake writes in the place of a CUtensorMap.
#ifndef GRAPHOPT_TEST_CUDA_DRIVER_TENSORMAP_H
#define GRAPHOPT_TEST_CUDA_DRIVER_TENSORMAP_H

#include <cstdint>

namespace driver {

struct TensorMap {
  static constexpr uint32_t kMark = 0x50414d54;
  static constexpr unsigned kMostRank = 5;

  uint32_t mark;
  uint16_t rank, elementBytes;
  uint64_t address;
  uint32_t extents[kMostRank]; ///< the first is that of neighbours
  uint64_t strides[kMostRank]; ///< bytes
  uint16_t box[kMostRank];
};
static_assert(sizeof(TensorMap) <= 128);

} // namespace driver

#endif
