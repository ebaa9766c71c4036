#include "Timing.h"
#include "llvm/ADT/STLExtras.h"
#include <chrono>
#include <ctime>

using namespace graphopt;

static double quantile(llvm::ArrayRef<double> sorted, double q) {
  double at = q * double(sorted.size() - 1);
  size_t below = size_t(at);
  size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - double(below)) * (sorted[above] - sorted[below]);
}

RunTimes graphopt::summarizeRuns(llvm::ArrayRef<double> runsMs) {
  if (runsMs.empty())
    return {};
  std::vector<double> sorted = runsMs.vec();
  llvm::sort(sorted);
  return {sorted.front(), quantile(sorted, 0.25), quantile(sorted, 0.5),
          quantile(sorted, 0.75)};
}

double graphopt::readClockMs(Clock clock) {
  if (clock == Clock::Wall)
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) * 1e3 + double(time.tv_nsec) * 1e-6;
}

llvm::Expected<std::vector<std::vector<double>>>
graphopt::timeInTurn(llvm::ArrayRef<Session *> sessions, int64_t rounds,
                     Clock clock) {
  std::vector<std::vector<double>> runsMs(sessions.size());
  for (Session *session : sessions)
    if (llvm::Error error = session->run())
      return error;
  for (int64_t round = 0; round < rounds; ++round)
    for (size_t i = 0; i < sessions.size(); ++i) {
      size_t turn = round % 2 == 0 ? i : sessions.size() - 1 - i;
      double start = readClockMs(clock);
      if (llvm::Error error = sessions[turn]->run())
        return error;
      runsMs[turn].push_back(readClockMs(clock) - start);
    }
  return runsMs;
}
