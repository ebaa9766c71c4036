// One core's limit for multiply-adds, to hold kernels against.
#include "graphopt/Driver/Profile.h"
#include <algorithm>

// Products and sums in one expression become fused multiply-adds.
#pragma STDC FP_CONTRACT ON

namespace {
/// More than latency times throughput of a multiply-add, and with the two
/// factors they fit in 16 registers.
constexpr int kChains = 12;

/// `turns` multiply-adds in each chain; the value says that they happened.
template <typename V>
[[gnu::always_inline]] inline float runChains(int64_t turns, float factor) {
  V sums[kChains] = {}, scale = V{} + factor, one = V{} + 1;
  for (int64_t turn = 0; turn < turns; ++turn)
    for (V &sum : sums)
      sum = sum * scale + one;
  float total = 0;
  for (V &sum : sums)
    total += sum[0];
  return total;
}

struct Chains {
  float (*run)(int64_t turns, float factor);
  int lanes;
};
} // namespace

#if defined(__x86_64__)
[[gnu::target("avx512f")]] static float runAvx512(int64_t turns, float factor) {
  return runChains<float __attribute__((vector_size(64)))>(turns, factor);
}
[[gnu::target("avx2,fma")]] static float runAvx2(int64_t turns, float factor) {
  return runChains<float __attribute__((vector_size(32)))>(turns, factor);
}
#endif
static float runLeast(int64_t turns, float factor) {
  return runChains<float __attribute__((vector_size(16)))>(turns, factor);
}

static Chains selectChains() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {runAvx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {runAvx2, 8};
#endif
  return {runLeast, 4};
}

double graphopt::measurePeakGflops() {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kTurns = 20000;
  constexpr int kRounds = 400;
  Chains chains = selectChains();
  volatile float factor = 0.5f, sink = 0;
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    Clock::time_point start = Clock::now();
    sink = chains.run(kTurns, factor);
    std::chrono::duration<double, std::nano> time = Clock::now() - start;
    best = std::max(best, 2.0 * kChains * kTurns * chains.lanes / time.count());
  }
  (void)sink;
  return best;
}
