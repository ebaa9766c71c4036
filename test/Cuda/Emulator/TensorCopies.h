//===- TensorCopies.h - Boxes on their way to a block's memory ------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_TENSORCOPIES_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_TENSORCOPIES_H

#include "../Driver/TensorMap.h"
#include <cstdint>
#include <map>
#include <vector>

namespace emulator {

/// PTX ISA, "mbarrier" and "cp.async.bulk.tensor", of one block: a barrier in shared memory
/// completes a phase when as many have arrived as it is initialized for, and as many bytes
/// have come as they expect. A copy is done at some time before that.
class TensorCopies {
public:
  void init(uint64_t barrier, uint32_t count);
  void expect(uint64_t barrier, uint32_t bytes);
  /// To `to`, the box of `map` at the coordinates `at`.
  void copy(uint64_t to, uint64_t barrier, uint64_t map, const int32_t *at);
  /// Whether the phase of this parity is complete; what is on its way may come first.
  bool isComplete(uint64_t barrier, bool parity);
  /// The thread that runs has seen it.
  void see(uint64_t barrier);

private:
  struct Copy {
    uint64_t to;
    driver::TensorMap map;
    int32_t at[driver::TensorMap::kMostRank];

    uint32_t bytes() const;
    void execute() const;
  };
  struct Barrier {
    uint32_t count = 0, missing = 0, phase = 0;
    int64_t bytes = 0;          ///< that are to come
    uint32_t delivery = 0;      ///< number of what comes in this phase
    uint32_t lastDelivery = 0;  ///< and of what came in the one before
    std::vector<Copy> pending;
  };
  Barrier &find(uint64_t address);
  static void deliver(Barrier &barrier);
  static void finish(Barrier &barrier);

  std::map<uint64_t, Barrier> barriers; ///< by their addresses
};

} // namespace emulator

#endif
