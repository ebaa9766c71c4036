//===- Block.h - Threads that meet at barriers and in warps ---------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_BLOCK_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_BLOCK_H

#include "AsyncCopies.h"
#include "Fibers.h"
#include "GroupProducts.h"
#include "Launch.h"
#include "Operations.h"
#include "SharedMemory.h"
#include "TensorCopies.h"
#include <vector>

namespace emulator {

/// The threads of one block after the other, each with its stack. A thread runs
/// until it ends or meets others.
class Block {
public:
  Block();
  /// Like Launch::run for each thread of the block at `place`. Fails if threads
  /// wait for others in vain.
  void run(const Launch &launch, Size place);

  // For the thread that runs.
  /// Waits for those whom `operation` concerns; it has been executed then.
  void meet(const Site &site, const Operation &operation,
            const Operands &operands);
  /// Until `operation` holds, which others may have to run for.
  void wait(const Site &site, const Operation &operation, const Operands &operands);
  Access access() const;
  AsyncCopies &copies() { return threads[current].copies; }
  TensorCopies &tensors() { return tensorCopies; }
  GroupProducts &products() { return warpProducts[current / kWarpSize]; }

private:
  enum class State { Ready, Waiting, InWarp, InBlock, Ended };
  struct Thread {
    State state = State::Ready;
    const Site *site = nullptr;
    const Operation *operation = nullptr;
    Operands operands;
    uint32_t members = 0;
    AsyncCopies copies;
  };

  bool runWarp(unsigned warp);
  bool runLanes(unsigned warp);
  bool meetInWarp(unsigned warp);
  bool meetInBlock();
  uint32_t lanesOf(unsigned warp) const;
  std::vector<unsigned> orderOfWarps() const;
  [[noreturn]] void failAsStuck();
  std::string describe(unsigned thread) const;

  const Launch *launch = nullptr;
  std::vector<Thread> threads;
  std::vector<uint32_t> warpPhases;
  std::vector<GroupProducts> warpProducts;
  TensorCopies tensorCopies;
  uint32_t blockPhase = 0;
  unsigned current = 0;
  Fibers fibers;
};

} // namespace emulator

#endif
