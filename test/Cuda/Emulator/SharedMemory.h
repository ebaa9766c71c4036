//===- SharedMemory.h - The memory of a block, and who used it when -------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_SHAREDMEMORY_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_SHAREDMEMORY_H

#include "Abi.h"
#include <bitset>
#include <cstddef>
#include <vector>

namespace emulator {

/// Of a block, of GPUs of compute capability 9.0.
constexpr uint32_t kMostShared = 227 * 1024;
/// Of a block's variables, without asking the driver.
constexpr uint32_t kFreeShared = 48 * 1024;

/// Who touches memory: a thread, after so many barriers of the block and
/// meetings of its warp, which are counted on from block to block.
struct Access {
  int32_t thread = -1;
  uint32_t blockPhase = 0, warpPhase = 0;
};

/// The shared memory of the block that runs, full of NaNs when it begins. Fails
/// at accesses of two threads that nothing orders, one of them a write, and at
/// those of what cp.async has not brought yet.
class SharedMemory {
public:
  SharedMemory();
  void beginLaunch(const Facts &facts, uint32_t dynamicBytes);
  void beginBlock();

  /// Where the module's variables would begin, and the dynamic memory:
  /// addresses of the GPU's.
  uint64_t staticBase() const;
  uint64_t dynamicBase() const;

  void read(uint64_t address, size_t bytes, Access access);
  void write(uint64_t address, size_t bytes, Access access);
  /// What cp.async will write; it is not there before release().
  void hold(uint64_t address, size_t bytes, Access access);
  void release(uint64_t address, size_t bytes, Access access);

  /// The number of a delivery of what a copy of a tensor writes: it is there for a thread that
  /// saw the delivery end, and behind a barrier for others.
  uint32_t beginDelivery();
  void holdFor(uint32_t delivery, uint64_t address, size_t bytes, Access access);
  void endDelivery(uint32_t delivery);
  void seeDelivery(uint32_t delivery, Access access);

  /// wgmma sees what threads wrote before a fence.proxy.async of their own, and
  /// a barrier behind that.
  void fenceProxy(Access access);
  void readByOtherProxy(uint64_t address, size_t bytes, Access access);

  /// The address in the block's memory whose low bits these are.
  uint64_t expand(uint32_t low) const;

private:
  struct Cell { ///< of a byte
    Access writer, reader, otherReader;
    uint32_t fences = 0; ///< of the writer, before it wrote
    uint32_t writtenIn = 0, heldIn = 0; ///< number of the block
    uint32_t delivery = 0; ///< that wrote it, and not a thread
  };
  struct Delivery {
    bool ended = false, seen = false;
    uint32_t seenIn = 0; ///< phase of the block
    std::bitset<1024> by;
  };
  void checkDelivery(const Cell &cell, Access access) const;
  void setWriter(Cell &cell, Access access);
  Cell *cellsOf(uint64_t address, size_t count);

  std::vector<Cell> cells;
  /// Of each thread of the block, the phases that its proxy's fences were in.
  std::vector<std::vector<uint32_t>> fencePhases;
  std::vector<Delivery> deliveries; ///< of the block; none has number 0
  uint32_t blockNumber = 0, staticBegin = 0, dynamicBegin = 0, bytes = 0;
};

SharedMemory &sharedMemory();

} // namespace emulator

#endif
