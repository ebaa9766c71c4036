//===- Fibers.h - Stacks that take turns ----------------------------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_FIBERS_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_FIBERS_H

#include <csetjmp>
#include <deque>
#include <functional>

namespace emulator {

/// Stacks on each of which `body` runs, over and over: after its end a fiber
/// begins again when it is resumed.
class Fibers {
public:
  explicit Fibers(std::function<void()> body) : body(std::move(body)) {}
  ~Fibers();

  /// There are at least `count`, and all are at the beginning of the body.
  void reset(unsigned count);

  /// Runs fiber `i` until it pauses, or ends its body.
  void resume(unsigned i);
  /// In a fiber: back to who resumed it.
  void pause();

private:
  struct Fiber {
    char *stack = nullptr; ///< with a page below that faults
    bool begun = false;
    jmp_buf place;
  };
  static void begin(unsigned high, unsigned low);
  void start(Fiber &fiber);

  std::function<void()> body;
  std::deque<Fiber> fibers;
  Fiber *current = nullptr;
  jmp_buf caller;
};

} // namespace emulator

#endif
