/* A small thread pool: one object, no globals, usable by several models and
 * several callers; a loop that finds it busy runs on its own thread.
 *
 * A loop is cut into units, and each thread, the caller too, has a share of
 * neighbouring ones: the same part in each loop, because what a thread wrote in
 * one loop is near it in the next. Who has finished takes from others' shares.
 * The join counts finished units, not threads, so a worker that the system has
 * not scheduled costs nothing. */
#include "Libc.h"
#include "Run.h"
#include <stdatomic.h>

/* Turns of waiting before a thread sleeps, about 200 us: waking one takes a
 * tenth to a quarter of that, and models have small gaps between loops. */
#define SPINS 16000
/* Units per thread: enough to even out unequal threads. */
#define UNITS_PER_THREAD 64
#define MOST_UNITS 0xffff
#define MAX_THREADS 1024

/* What changes at different times lies on different cache lines. */
typedef struct share {
  /* loop << 32 | first << 16 | end: units that nobody has claimed. The number of
   * the loop keeps a late thread from claiming from the next one. */
  _Alignas(64) _Atomic(uint64_t) units;
  struct pool *pool;
  pthread_t thread;
} share;

typedef struct pool {
  _Alignas(64) atomic_uint loop; /* number of the current loop */
  atomic_int stop;
  _Alignas(64) atomic_int sleepers; /* workers asleep on `loop` */
  _Alignas(64) atomic_uint done;    /* finished units of the loop */
  atomic_int joining;               /* the caller sleeps on `done` */
  _Alignas(64) atomic_int busy;     /* a caller owns the members below */
  _Atomic(graphopt_body) body;
  _Atomic(void *) captures;
  _Atomic(int64_t) count;
  atomic_uint units;
#ifndef GRAPHOPT_FUTEX
  pthread_mutex_t mutex;
  pthread_cond_t changed;
#endif
  unsigned threads; /* the caller and the workers */
  unsigned started; /* the caller and the workers that run */
  share shares[];   /* the caller's is the first */
} pool;

/* Waiting on a word ------------------------------------------------------- */

#ifdef GRAPHOPT_FUTEX
/* Sleeps unless `word` has changed from `value`; may wake for nothing. */
static void sleep_on(pool *p, atomic_uint *word, unsigned value) {
  syscall(GRAPHOPT_SYS_FUTEX, word, /*FUTEX_WAIT_PRIVATE*/ 128, value, NULL,
          NULL, 0);
}

static void wake_all(pool *p, atomic_uint *word) {
  syscall(GRAPHOPT_SYS_FUTEX, word, /*FUTEX_WAKE_PRIVATE*/ 129, 0x7fffffff,
          NULL, NULL, 0);
}

static int32_t count_cpus(void) {
  unsigned long mask[MAX_THREADS / (8 * sizeof(unsigned long))] = {0};
  int32_t cpus = 0;
  if (sched_getaffinity(0, sizeof mask, mask) < 0)
    return 1;
  for (size_t i = 0; i < sizeof mask / sizeof *mask; ++i)
    for (unsigned long bits = mask[i]; bits; bits &= bits - 1)
      ++cpus;
  return cpus;
}
#else
static void sleep_on(pool *p, atomic_uint *word, unsigned value) {
  pthread_mutex_lock(&p->mutex);
  if (atomic_load(word) == value)
    pthread_cond_wait(&p->changed, &p->mutex);
  pthread_mutex_unlock(&p->mutex);
}

static void wake_all(pool *p, atomic_uint *word) {
  pthread_mutex_lock(&p->mutex);
  pthread_cond_broadcast(&p->changed);
  pthread_mutex_unlock(&p->mutex);
}

static int32_t count_cpus(void) {
  return (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}
#endif

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Working ----------------------------------------------------------------- */

/* Claims a part of what is left of a share and runs it; 0 if nothing is left. Its
 * owner claims from the front, others from the back. */
static int run_part(pool *p, share *from, int is_owner) {
  uint64_t left = atomic_load_explicit(&from->units, memory_order_acquire);
  for (;;) {
    graphopt_body body = atomic_load_explicit(&p->body, memory_order_relaxed);
    void *captures = atomic_load_explicit(&p->captures, memory_order_relaxed);
    int64_t count = atomic_load_explicit(&p->count, memory_order_relaxed);
    unsigned units = atomic_load_explicit(&p->units, memory_order_relaxed);
    unsigned first = left >> 16 & 0xffff, end = left & 0xffff;
    if (first == end)
      return 0;
    unsigned taken = (end - first + 3) / 4;
    uint64_t rest = is_owner ? left + ((uint64_t)taken << 16) : left - taken;
    /* Success proves that what was read above belongs to this loop. */
    if (!atomic_compare_exchange_strong_explicit(&from->units, &left, rest,
                                                 memory_order_acq_rel,
                                                 memory_order_acquire))
      continue;
    /* Balanced ranges: the first count % units are one longer. */
    int64_t base = count / units, longer = count % units;
    int64_t begin = is_owner ? first : end - taken;
    int64_t stop = begin + taken;
    body(captures, base * begin + (begin < longer ? begin : longer),
         base * stop + (stop < longer ? stop : longer));
    if (atomic_fetch_add(&p->done, taken) + taken == units &&
        atomic_load(&p->joining))
      wake_all(p, &p->done);
    return 1;
  }
}

/* Runs what is left of the loop, one's own share first. */
static void work(pool *p, share *own) {
  unsigned self = (unsigned)(own - p->shares);
  for (unsigned i = 0; i < p->threads; ++i) {
    share *from = &p->shares[(self + i) % p->threads];
    while (run_part(p, from, from == own))
      ;
  }
}

/* Returns when the number of the loop is no longer `seen`. */
static unsigned wait_for_loop(pool *p, unsigned seen) {
  for (;;) {
    for (int spin = 0; spin < SPINS; ++spin) {
      unsigned loop = atomic_load_explicit(&p->loop, memory_order_acquire);
      if (loop != seen)
        return loop;
      relax();
    }
    atomic_fetch_add(&p->sleepers, 1);
    if (atomic_load(&p->loop) == seen)
      sleep_on(p, &p->loop, seen);
    atomic_fetch_sub(&p->sleepers, 1);
  }
}

static void *run_worker(void *argument) {
  share *own = argument;
  pool *p = own->pool;
  for (unsigned seen = 0; !atomic_load(&p->stop);) {
    seen = wait_for_loop(p, seen);
    work(p, own);
  }
  return NULL;
}

static void join(pool *p, unsigned units) {
  for (int spin = 0; spin < SPINS; ++spin) {
    if (atomic_load_explicit(&p->done, memory_order_acquire) == units)
      return;
    relax();
  }
  atomic_store(&p->joining, 1);
  for (unsigned done; (done = atomic_load(&p->done)) != units;)
    sleep_on(p, &p->done, done);
  atomic_store(&p->joining, 0);
}

static void start_loop(pool *p) {
  atomic_fetch_add(&p->loop, 1);
  if (atomic_load(&p->sleepers))
    wake_all(p, &p->loop);
}

/* graphopt_context.parallel_for. */
static void pool_parallel_for(void *argument, graphopt_body body,
                              void *captures, int64_t count) {
  pool *p = argument;
  int32_t free = 0;
  if (count <= 0)
    return;
  if (count == 1 || !atomic_compare_exchange_strong(&p->busy, &free, 1)) {
    body(captures, 0, count);
    return;
  }
  unsigned most = UNITS_PER_THREAD * p->threads;
  if (most > MOST_UNITS)
    most = MOST_UNITS;
  unsigned units = count < most ? (unsigned)count : most;
  uint64_t loop = (uint64_t)(atomic_load(&p->loop) + 1) << 32;
  /* All shares are empty now, so late workers claim nothing. */
  atomic_store_explicit(&p->done, 0, memory_order_relaxed);
  atomic_store_explicit(&p->body, body, memory_order_relaxed);
  atomic_store_explicit(&p->captures, captures, memory_order_relaxed);
  atomic_store_explicit(&p->count, count, memory_order_relaxed);
  atomic_store_explicit(&p->units, units, memory_order_relaxed);
  unsigned first = 0;
  for (unsigned i = 0; i < p->threads; ++i) {
    unsigned end = (units * (i + 1) + p->threads - 1) / p->threads;
    atomic_store_explicit(&p->shares[i].units, loop | first << 16 | end,
                          memory_order_release);
    first = end;
  }
  start_loop(p);
  work(p, &p->shares[0]);
  join(p, units);
  atomic_store(&p->busy, 0);
}

/* Life -------------------------------------------------------------------- */

static void destroy(pool *p) {
  atomic_store(&p->stop, 1);
  start_loop(p);
  for (unsigned i = 1; i < p->started; ++i)
    pthread_join(p->shares[i].thread, NULL);
#ifndef GRAPHOPT_FUTEX
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->mutex);
#endif
  free(p);
}

static pool *allocate_pool(unsigned threads) {
  pool *p = aligned_alloc(64, sizeof(pool) + threads * sizeof(share));
  if (!p)
    return NULL;
  atomic_init(&p->loop, 0);
  atomic_init(&p->stop, 0);
  atomic_init(&p->sleepers, 0);
  atomic_init(&p->done, 0);
  atomic_init(&p->joining, 0);
  atomic_init(&p->busy, 0);
  atomic_init(&p->body, NULL);
  atomic_init(&p->captures, NULL);
  atomic_init(&p->count, 0);
  atomic_init(&p->units, 0);
#ifndef GRAPHOPT_FUTEX
  pthread_mutex_init(&p->mutex, NULL);
  pthread_cond_init(&p->changed, NULL);
#endif
  p->threads = threads;
  p->started = 1;
  for (unsigned i = 0; i < threads; ++i) {
    atomic_init(&p->shares[i].units, 0);
    p->shares[i].pool = p;
  }
  return p;
}

graphopt_status graphopt_pool_create(graphopt_context *context,
                                     int32_t threads) {
  if (!context)
    return GRAPHOPT_NULL_POINTER;
  if (context->abi != GRAPHOPT_ABI_VERSION)
    return GRAPHOPT_ABI_MISMATCH;
  graphopt_detect_cpu(context);
  if (context->parallel_for)
    return GRAPHOPT_NOT_NULL;
  if (threads <= 0)
    threads = count_cpus();
  if (threads > MAX_THREADS)
    return GRAPHOPT_NO_THREADS;
  if (threads <= 1)
    return GRAPHOPT_OK;
  pool *p = allocate_pool((unsigned)threads);
  if (!p)
    return GRAPHOPT_OUT_OF_MEMORY;
  for (; p->started < p->threads; ++p->started) {
    share *own = &p->shares[p->started];
    if (pthread_create(&own->thread, NULL, run_worker, own)) {
      destroy(p);
      return GRAPHOPT_NO_THREADS;
    }
  }
  context->parallel_for = pool_parallel_for;
  context->pool = p;
  return GRAPHOPT_OK;
}

void graphopt_pool_destroy(graphopt_context *context) {
  if (!context || context->parallel_for != pool_parallel_for)
    return;
  destroy(context->pool);
  context->parallel_for = NULL;
  context->pool = NULL;
}
