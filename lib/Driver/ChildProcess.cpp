#include "ChildProcess.h"
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

using namespace graphopt;
using Clock = std::chrono::steady_clock;

/// Bytes that this process has mapped; nothing where the system does not tell.
static std::optional<uint64_t> mappedBytes() {
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return std::nullopt;
  char text[32] = {};
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0)
    return std::nullopt;
  return strtoull(text, nullptr, 10) * uint64_t(sysconf(_SC_PAGESIZE));
}

static void setLimit(int resource, uint64_t value) {
  rlimit limit;
  if (getrlimit(resource, &limit) != 0)
    return;
  limit.rlim_cur = std::min<uint64_t>(value, limit.rlim_max);
  setrlimit(resource, &limit);
}

/// A signal ends the child and nothing else: no report, no dump.
static void restrictChild(ChildLimits limits) {
  for (int signal = 1; signal < NSIG; ++signal)
    ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  setLimit(RLIMIT_CORE, 0);
  if (std::optional<uint64_t> mapped = mappedBytes())
    setLimit(RLIMIT_AS, *mapped + uint64_t(limits.memoryBytes));
}

/// True once no process holds the other end of the pipe `end`.
static bool waitForClose(int end, int64_t timeMs) {
  auto deadline = Clock::now() + std::chrono::milliseconds(timeMs);
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline -
                                                             Clock::now())
                    .count();
    pollfd entry = {end, POLLIN, 0};
    int count = poll(&entry, 1, int(std::clamp<int64_t>(left, 0, INT_MAX)));
    if (count > 0 || (count < 0 && errno != EINTR))
      return true;
    if (left <= 0)
      return false;
  }
}

static llvm::Error systemError(const char *what) {
  return llvm::createStringError(fmt::format("{}: {}", what, strerror(errno)));
}

/// Waits for the child, whose end of the pipe closes with it.
static llvm::Expected<int> awaitChild(pid_t child, int end,
                                      ChildLimits limits) {
  bool inTime = waitForClose(end, limits.timeMs);
  int status = 0;
  pid_t ended = 0;
  // Another child of this process may hold the pipe open: look before killing.
  if (!inTime)
    ended = waitpid(child, &status, WNOHANG);
  if (!inTime && ended == 0)
    kill(child, SIGKILL);
  while (ended == 0 || (ended < 0 && errno == EINTR))
    ended = waitpid(child, &status, 0);
  if (ended < 0)
    return systemError("cannot wait for the process that runs it");
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  if (!inTime)
    return llvm::createStringError(
        fmt::format("it runs longer than {} ms", limits.timeMs));
  return llvm::createStringError(
      fmt::format("it ends by a signal: {}", strsignal(WTERMSIG(status))));
}

llvm::Expected<int> graphopt::runInChild(llvm::function_ref<int()> body,
                                         ChildLimits limits) {
  int ends[2];
  if (pipe(ends) != 0)
    return systemError("no pipe");
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    restrictChild(limits);
    _exit(body());
  }
  close(ends[1]);
  llvm::Expected<int> result =
      child < 0 ? systemError("no process") : awaitChild(child, ends[0], limits);
  close(ends[0]);
  return result;
}
