#ifndef GRAPHOPT_LIB_DRIVER_TIMING_H
#define GRAPHOPT_LIB_DRIVER_TIMING_H

#include "graphopt/Driver/Library.h"

namespace graphopt {

/// Times of runs in milliseconds. Quartiles are linear between neighbours, as
/// NumPy's.
struct RunTimes {
  double min = 0, firstQuartile = 0, median = 0, thirdQuartile = 0;
};
RunTimes summarizeRuns(llvm::ArrayRef<double> runsMs);

enum class Clock {
  Wall,
  Cpu ///< what this process used, of all its threads: others do not count
};
double readClockMs(Clock clock);

/// Runs the sessions in turn, `rounds` times each after one to warm up, and every
/// other round from the last to the first: what disturbs one disturbs all.
///
/// \returns the milliseconds of each round, a list a session.
llvm::Expected<std::vector<std::vector<double>>>
timeInTurn(llvm::ArrayRef<Session *> sessions, int64_t rounds, Clock clock);

} // namespace graphopt
#endif
