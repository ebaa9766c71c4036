/* Loops that kernels.py compares kernels with, and the loop that times them. */
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
enum { LANES = BYTES / sizeof(float) };
typedef float vector __attribute__((vector_size(BYTES)));

static double read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}
static double wall(void) { return read_clock(CLOCK_MONOTONIC); }
/* Of this thread: what else the core does counts little. */
static double cpu(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

int vector_bits(void) { return 8 * BYTES; }

/* Makes the compiler compute `x`, in a register. */
#if defined(__aarch64__)
#define KEEP(x) __asm__ volatile("" : "+w"(x))
#else
#define KEEP(x) __asm__ volatile("" : "+v"(x))
#endif

/* The most floating-point operations a second in `span` seconds: multiply-adds
 * of 12 sums, so that none waits for the one before. */
double peak(double span) {
  enum { SUMS = 12, TURNS = 1 << 16 };
  vector factor = {0.5f}, term = {1.0f};
  vector a = term, b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a,
         j = a, k = a, l = a;
#define ADD(sum)                                                               \
  sum = sum * factor + term;                                                   \
  KEEP(sum)
  double least = 1e30, end = wall() + span;
  while (wall() < end) {
    double start = cpu();
    for (int turn = 0; turn < TURNS; ++turn) {
      ADD(a); ADD(b); ADD(c); ADD(d); ADD(e); ADD(f);
      ADD(g); ADD(h); ADD(i); ADD(j); ADD(k); ADD(l);
    }
    double time = cpu() - start;
    if (time < least)
      least = time;
  }
  return 2.0 * LANES * SUMS * TURNS / least;
}

/* The same of unsigned by signed bytes, four products a lane added up in 32
 * bits; of floats where the CPU has no instruction for that. */
double peak_bytes(double span) {
#if defined(__AVX512VNNI__)
#define DOT _mm512_dpbusd_epi32
  typedef __m512i bytes;
#elif defined(__AVXVNNI__)
#define DOT _mm256_dpbusd_avx_epi32
  typedef __m256i bytes;
#endif
#if defined(DOT)
  enum { SUMS = 12, TURNS = 1 << 16 };
  bytes sums[SUMS] = {0}, lhs = sums[0], rhs = lhs;
  KEEP(lhs);
  KEEP(rhs);
  double least = 1e30, end = wall() + span;
  while (wall() < end) {
    double start = cpu();
    for (int turn = 0; turn < TURNS; ++turn) {
#pragma GCC unroll 12
      for (int i = 0; i < SUMS; ++i) {
        sums[i] = DOT(sums[i], lhs, rhs);
        KEEP(sums[i]);
      }
    }
    double time = cpu() - start;
    if (time < least)
      least = time;
  }
  return 2.0 * BYTES * SUMS * TURNS / least;
#else
  return peak(span);
#endif
}

/* The most bytes a second in `span` seconds that are read from `count` floats,
 * a multiple of 8 vectors that are aligned to one. */
double bandwidth(const float *data, size_t count, double span) {
  int turns = 1 + (1 << 20) / count;
  double least = 1e30, end = wall() + span;
  while (wall() < end) {
    double start = cpu();
    for (int turn = 0; turn < turns; ++turn)
      for (size_t i = 0; i < count; i += 8 * LANES) {
#pragma GCC unroll 8
        for (int j = 0; j < 8; ++j) {
          vector value = *(const vector *)(data + i + j * LANES);
          KEEP(value);
        }
      }
    double time = cpu() - start;
    if (time < least)
      least = time;
  }
  return sizeof(float) * count * turns / least;
}

/* The least time of a call of graphopt_model.run in `span` seconds; -1 if it
 * fails. Short calls are timed several at once. */
double least_time(int32_t (*run)(const void *, const void *, void *, void *,
                                 int64_t),
                  const void *context, const void *inputs, void *outputs,
                  void *workspace, int64_t bytes, double span) {
  const double long_enough = 100e-6;
  int calls = 1;
  double least = 1e30, end = wall() + span;
  while (wall() < end) {
    double start = cpu();
    for (int call = 0; call < calls; ++call)
      if (run(context, inputs, outputs, workspace, bytes))
        return -1;
    double time = cpu() - start;
    if (time / calls < least)
      least = time / calls;
    if (time < long_enough && calls < 10000)
      calls *= 2;
  }
  return least;
}
