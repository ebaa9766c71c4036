/* A small thread pool: one object, no globals, usable by several models and
 * several callers; a loop that finds it busy runs on its own thread.
 *
 * The caller takes part. The join counts finished items, not threads, so a
 * worker that the system has not scheduled costs nothing. Items are claimed by
 * compare-and-swap on a ticket whose high half is the number of the loop, so a
 * late worker cannot claim from the next one. */
#include "Libc.h"
#include "Run.h"
#include <stdatomic.h>

/* Turns of waiting before a thread sleeps, about 50 us. */
#define SPINS 4000
/* Items per thread: enough to even out unequal threads. */
#define ITEMS_PER_THREAD 4
#define MAX_THREADS 1024
#define EXHAUSTED 0xffffffffu

/* What changes at different times lies on different cache lines. */
typedef struct pool {
  _Alignas(64) atomic_uint loop; /* number of the current loop */
  atomic_int stop;
  _Alignas(64) atomic_int sleepers;      /* workers asleep on `loop` */
  _Alignas(64) _Atomic(uint64_t) ticket; /* loop << 32 | next item */
  _Alignas(64) atomic_uint done;         /* finished items of the loop */
  atomic_int joining;                    /* the caller sleeps on `done` */
  _Alignas(64) atomic_int busy;          /* a caller owns the members below */
  _Atomic(graphopt_body) body;
  _Atomic(void *) captures;
  _Atomic(int64_t) count;
  atomic_uint items;
#ifndef GRAPHOPT_FUTEX
  pthread_mutex_t mutex;
  pthread_cond_t changed;
#endif
  int32_t workers;
  pthread_t threads[];
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

/* Claims and runs items until none is left. */
static void work(pool *p) {
  uint64_t ticket = atomic_load_explicit(&p->ticket, memory_order_acquire);
  for (;;) {
    graphopt_body body = atomic_load_explicit(&p->body, memory_order_relaxed);
    void *captures = atomic_load_explicit(&p->captures, memory_order_relaxed);
    int64_t count = atomic_load_explicit(&p->count, memory_order_relaxed);
    unsigned items = atomic_load_explicit(&p->items, memory_order_relaxed);
    uint32_t item = (uint32_t)ticket;
    if (item >= items)
      return;
    /* Success proves that what was read above belongs to this loop. */
    if (!atomic_compare_exchange_strong_explicit(
            &p->ticket, &ticket, ticket + 1, memory_order_acq_rel,
            memory_order_acquire))
      continue;
    /* Balanced ranges: the first count % items are one longer. */
    int64_t base = count / items, longer = count % items;
    int64_t begin = base * item + (item < longer ? item : longer);
    body(captures, begin, begin + base + (item < longer));
    if (atomic_fetch_add(&p->done, 1) + 1 == items && atomic_load(&p->joining))
      wake_all(p, &p->done);
    ticket = atomic_load_explicit(&p->ticket, memory_order_acquire);
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
  pool *p = argument;
  for (unsigned seen = 0; !atomic_load(&p->stop);) {
    seen = wait_for_loop(p, seen);
    work(p);
  }
  return NULL;
}

static void join(pool *p, unsigned items) {
  for (int spin = 0; spin < SPINS; ++spin) {
    if (atomic_load_explicit(&p->done, memory_order_acquire) == items)
      return;
    relax();
  }
  atomic_store(&p->joining, 1);
  for (unsigned done; (done = atomic_load(&p->done)) != items;)
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
  int64_t most = (int64_t)ITEMS_PER_THREAD * (p->workers + 1);
  unsigned items = (unsigned)(count < most ? count : most);
  uint64_t next = (uint64_t)(atomic_load(&p->loop) + 1) << 32;
  atomic_store(&p->ticket, next | EXHAUSTED); /* keep late workers out */
  atomic_store_explicit(&p->done, 0, memory_order_relaxed);
  atomic_store_explicit(&p->body, body, memory_order_relaxed);
  atomic_store_explicit(&p->captures, captures, memory_order_relaxed);
  atomic_store_explicit(&p->count, count, memory_order_relaxed);
  atomic_store_explicit(&p->items, items, memory_order_relaxed);
  atomic_store_explicit(&p->ticket, next, memory_order_release);
  start_loop(p);
  work(p);
  join(p, items);
  atomic_store(&p->busy, 0);
}

/* Life -------------------------------------------------------------------- */

static void destroy(pool *p) {
  atomic_store(&p->stop, 1);
  start_loop(p);
  for (int32_t i = 0; i < p->workers; ++i)
    pthread_join(p->threads[i], NULL);
#ifndef GRAPHOPT_FUTEX
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->mutex);
#endif
  free(p);
}

static pool *allocate_pool(int32_t workers) {
  size_t bytes = sizeof(pool) + (size_t)workers * sizeof(pthread_t);
  pool *p = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
  if (!p)
    return NULL;
  atomic_init(&p->loop, 0);
  atomic_init(&p->stop, 0);
  atomic_init(&p->sleepers, 0);
  atomic_init(&p->ticket, EXHAUSTED);
  atomic_init(&p->done, 0);
  atomic_init(&p->joining, 0);
  atomic_init(&p->busy, 0);
  atomic_init(&p->body, NULL);
  atomic_init(&p->captures, NULL);
  atomic_init(&p->count, 0);
  atomic_init(&p->items, 0);
#ifndef GRAPHOPT_FUTEX
  pthread_mutex_init(&p->mutex, NULL);
  pthread_cond_init(&p->changed, NULL);
#endif
  p->workers = 0;
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
  pool *p = allocate_pool(threads - 1);
  if (!p)
    return GRAPHOPT_OUT_OF_MEMORY;
  while (p->workers < threads - 1) {
    if (pthread_create(&p->threads[p->workers], NULL, run_worker, p)) {
      destroy(p);
      return GRAPHOPT_NO_THREADS;
    }
    ++p->workers;
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
