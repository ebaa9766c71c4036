//===- UnitBudget.cpp - As many units as accuracy allows or time asks for -===//

#include "UnitPruning.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

void UnitPruner::setRemoved(ArrayRef<llvm::BitVector> removed) {
  for (auto [block, gone] : llvm::zip_equal(blocks, removed))
    block.removed = gone;
}

/// As many as the quality stays above the least with: the most of 16 steps, then of
/// 16 between it and the next.
llvm::Error UnitPruner::chooseByQuality(
    ArrayRef<std::pair<UnitBlock *, int64_t>> order) {
  auto measureQuality = [&](ArrayRef<Candidate> candidates) {
    return options.minCosine > 0
               ? trials->measure(candidates, Split::Select, "choice")
               : trials->measureTask(candidates, Split::Select, "choice");
  };
  double least = options.minMetric;
  if (options.maxMetricDrop > 0) {
    auto original = measureQuality(Candidate());
    if (!original)
      return original.takeError();
    least = original->front() - options.maxMetricDrop;
  }
  auto isEnough = [&](double quality) {
    return options.minCosine > 0 ? 1 - quality >= options.minCosine
                                 : quality >= least;
  };
  size_t low = 0, high = order.size() + 1; // low is near enough, high is not
  while (high - low > 1) {
    size_t step = std::max<size_t>((high - low + 15) / 16, 1);
    std::vector<size_t> counts;
    std::vector<Candidate> candidates;
    for (size_t count = low + step; count < high; count += step) {
      counts.push_back(count);
      candidates.push_back(makeCandidate(takeLeast(order, count),
                                         options.refit != RefitMode::Never));
    }
    auto qualities = measureQuality(candidates);
    if (!qualities)
      return qualities.takeError();
    size_t end = high;
    for (auto [count, quality] : llvm::zip_equal(counts, *qualities)) {
      if (!isEnough(quality)) {
        end = count;
        break;
      }
      low = count;
    }
    high = end;
    if (step == 1)
      break;
  }
  setRemoved(takeLeast(order, low));
  return llvm::Error::success();
}

/// The fewest with which the compiled model is fast enough, to a 64th of all.
llvm::Error
UnitPruner::chooseByTime(ArrayRef<std::pair<UnitBlock *, int64_t>> order) {
  if (!runner)
    return llvm::createStringError("samples are needed: the model must be timed "
                                   "without heads or neurons (--calib)");
  auto timeWithout = [&](size_t count) -> llvm::Expected<double> {
    setRemoved(takeLeast(order, count));
    alignKept();
    keepOneWhereNeeded();
    auto time = runner->timeChanged(module, [&] { apply(); });
    if (!time)
      return time.takeError();
    return options.alpha > 0 ? time->share : time->ms;
  };
  double most = options.alpha > 0 ? options.alpha : options.latencyMs;
  // With `low` it is too slow, with `high` it is not.
  size_t low = 0, high = order.size();
  llvm::Expected<double> best = timeWithout(high);
  if (!best)
    return best.takeError();
  if (*best > most)
    return llvm::createStringError(
        Twine(options.alpha > 0 ? "alpha " : "latency_ms ") +
        std::to_string(most) + " cannot be reached: without all that may go it is " +
        std::to_string(*best));
  llvm::Expected<double> whole = timeWithout(low);
  if (!whole)
    return whole.takeError();
  if (*whole <= most)
    high = low;
  size_t near = std::max<size_t>(order.size() / 64, 1);
  while (high > low + near) {
    size_t middle = (low + high) / 2;
    llvm::Expected<double> time = timeWithout(middle);
    if (!time)
      return time.takeError();
    (*time <= most ? high : low) = middle;
  }
  setRemoved(takeLeast(order, high));
  return llvm::Error::success();
}
