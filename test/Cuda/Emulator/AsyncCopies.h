//===- AsyncCopies.h - What cp.async of a thread has still to do ----------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_ASYNCCOPIES_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_ASYNCCOPIES_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace emulator {

struct AsyncCopy {
  uint64_t to, from; ///< addresses of the GPU's, shared and global
  uint32_t bytes;
  uint32_t given; ///< bytes of the source; 0 follow
};

/// PTX ISA, "Data Movement and Conversion Instructions: cp.async": a thread's
/// copies are done in groups, in no order that it sees, at the latest when it
/// waits for them.
class AsyncCopies {
public:
  void add(const AsyncCopy &copy);
  void commit();
  /// Until at most `rest` of the latest groups are to be done.
  void wait(size_t rest);
  void waitForAll();

private:
  std::vector<AsyncCopy> pending;
  std::deque<std::vector<AsyncCopy>> groups;
};

} // namespace emulator

#endif
