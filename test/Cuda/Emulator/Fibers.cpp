// A fiber begins with ucontext and goes on with setjmp, which makes no system
// call. No frame is ever left upwards, as the checks of _FORTIFY_SOURCE would
// have it.
#undef _FORTIFY_SOURCE
#include "Fibers.h"
#include <cstdint>
#include <sys/mman.h>
#include <ucontext.h>

using namespace emulator;

static constexpr size_t kStackBytes = 256 * 1024, kPageBytes = 4096;

Fibers::~Fibers() {
  for (Fiber &fiber : fibers)
    munmap(fiber.stack, kStackBytes);
}

void Fibers::reset(unsigned count) {
  while (fibers.size() < count) {
    void *stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mprotect(stack, kPageBytes, PROT_NONE);
    fibers.emplace_back().stack = static_cast<char *>(stack);
  }
  for (Fiber &fiber : fibers)
    fiber.begun = false;
}

void Fibers::begin(unsigned high, unsigned low) {
  auto *fibers = reinterpret_cast<Fibers *>(uint64_t(high) << 32 | low);
  for (;;) {
    fibers->body();
    fibers->pause();
  }
}

void Fibers::start(Fiber &fiber) {
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = fiber.stack;
  context.uc_stack.ss_size = kStackBytes;
  context.uc_link = nullptr;
  auto self = reinterpret_cast<uint64_t>(this);
  makecontext(&context, reinterpret_cast<void (*)()>(begin), 2,
              unsigned(self >> 32), unsigned(self));
  fiber.begun = true;
  setcontext(&context);
}

void Fibers::resume(unsigned i) {
  if (_setjmp(caller))
    return;
  current = &fibers[i];
  if (current->begun)
    _longjmp(current->place, 1);
  start(*current);
}

void Fibers::pause() {
  if (!_setjmp(current->place))
    _longjmp(caller, 1);
}
