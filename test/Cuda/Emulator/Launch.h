//===- Launch.h - A grid of blocks of threads, on one thread --------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_LAUNCH_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_LAUNCH_H

#include "Abi.h"
#include <string>

namespace emulator {

struct Size {
  uint32_t x, y, z;

  uint32_t count() const { return x * y * z; }
  /// The place of number `i`, x the fastest.
  Size at(uint32_t i) const { return {i % x, i / x % y, i / x / y}; }
};

struct Launch {
  const char *name;
  void (*run)(void **arguments); ///< one thread
  void **arguments;
  Facts facts;
  Size grid, block;
  uint32_t dynamicShared; ///< bytes
};

/// Runs all threads, in the order of number $GRAPHOPT_EMULATOR_SCHEDULE: blocks
/// one after the other, threads of a block one after the other if they never
/// meet, else with a stack each. 0, if it is not set, takes blocks, warps and
/// lanes in turn and copies what is asynchronous when it is waited for; others
/// are random.
///
/// \returns what went wrong; empty if nothing.
std::string runLaunch(const Launch &launch);

/// The thread that runs, for what it calls.
struct Position {
  Size thread, block;
};
const Position &currentPosition();
void setThread(Size index);
void setBlock(Size index);

class Block;
/// Of the launch of this thread; null if its threads never meet.
Block *currentBlock();

/// The schedule's next random number below `end`; 0 in schedule 0.
uint32_t chooseBelow(uint32_t end);
bool isRandomSchedule();

} // namespace emulator

#endif
