#include "Faults.h"
#include <csetjmp>
#include <csignal>

using namespace emulator;

// Kernels stand between what fails and what is told, so no exception can pass.
static thread_local sigjmp_buf *guard = nullptr;
static thread_local std::string failure;

void emulator::fail(const std::string &text) {
  failure = text;
  siglongjmp(*guard, 1);
}

static void onFault(int number, siginfo_t *, void *) {
  if (guard)
    fail("follows an address that is not the GPU's, or not aligned");
  signal(number, SIG_DFL); // the host's: it meets its fault again
}

std::string emulator::runGuarded(const std::function<void()> &work) {
  struct sigaction action = {}, segment, bus;
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &segment);
  sigaction(SIGBUS, &action, &bus);
  sigjmp_buf here;
  failure.clear();
  guard = &here;
  if (!sigsetjmp(here, /*savemask=*/1))
    work();
  guard = nullptr;
  sigaction(SIGSEGV, &segment, nullptr);
  sigaction(SIGBUS, &bus, nullptr);
  return failure;
}
