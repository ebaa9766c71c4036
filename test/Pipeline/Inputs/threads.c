/* Runs the model of threads.mlir with several ways to hand out loop items and
 * compares all results with the serial run's, and with plain C. */
#include "Run.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 1024
#define COLUMNS 40
#define RESULTS 6
#define IMAGE (6 * 6 * 40)

int32_t m_entry(void *const *tensors, const int64_t *dims, void *workspace,
                graphopt_run *run);
int64_t m_workspace_bytes(const int64_t *dims);

static int64_t loops, items;

/* `pool` points at the number of items a call of the body gets; < 0: backwards. */
static void parallelFor(void *pool, graphopt_body body, void *captures,
                        int64_t count) {
  int64_t step = *(const int64_t *)pool, size = step < 0 ? -step : step;
  ++loops;
  items += count;
  for (int64_t first = 0; first < count; first += size) {
    int64_t begin = first;
    int64_t end = first + size < count ? first + size : count;
    if (step < 0) {
      begin = count - end;
      end = count - first;
    }
    body(captures, begin, end);
  }
}

static float *allocate(int64_t elements) {
  return aligned_alloc(64, (elements * 4 + 127) / 64 * 64);
}

/* A step of 0 means the runtime's own pool of two threads. */
static int prepare(graphopt_context *context, int64_t *step) {
  if (*step == 0)
    return graphopt_pool_create(context, 2);
  context->parallel_for = parallelFor;
  context->pool = step;
  return GRAPHOPT_OK;
}

static int runModel(int64_t n, int64_t step) {
  float *x = allocate(n * WIDTH), *b = allocate(WIDTH);
  float *w = allocate(WIDTH * COLUMNS);
  for (int64_t i = 0; i < n * WIDTH; ++i)
    x[i] = (float)(i * 2654435761u % 1000) / 1000;
  for (int64_t i = 0; i < WIDTH; ++i)
    b[i] = (float)(i % 7) / 7;
  for (int64_t i = 0; i < WIDTH * COLUMNS; ++i)
    w[i] = (float)(i * 2654435761u % 1000 - 500.0) / 50000;
  int64_t sizes[RESULTS] = {n * WIDTH, n * WIDTH, n, WIDTH, n * COLUMNS,
                            n * IMAGE};
  float *results[2][RESULTS];
  for (int way = 0; way < 2; ++way) {
    graphopt_context context = GRAPHOPT_CONTEXT_INIT;
    if (prepare(&context, &step) != GRAPHOPT_OK)
      return printf("no threads\n");
    graphopt_run run = {way ? &context : NULL, NULL, NULL, 0, 0};
    void *tensors[3 + RESULTS] = {x, b, w};
    for (int i = 0; i < RESULTS; ++i) {
      tensors[3 + i] = results[way][i] = allocate(sizes[i]);
      memset(results[way][i], 0xff, sizes[i] * 4);
    }
    void *workspace = allocate(m_workspace_bytes(&n) / 4 + 16);
    if (m_entry(tensors, &n, workspace, &run) != GRAPHOPT_OK)
      return printf("n = %d: the run failed\n", (int)n);
    free(workspace);
    graphopt_pool_destroy(&context);
  }
  for (int i = 0; i < RESULTS; ++i)
    if (memcmp(results[0][i], results[1][i], sizes[i] * 4))
      return printf("n = %d, step %d: result %d differs\n", (int)n, (int)step, i);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < WIDTH; ++c) {
      float expected = expf(x[r * WIDTH + c] + b[c]);
      if (fabsf(results[0][0][r * WIDTH + c] - expected) > 1e-5f ||
          results[0][1][c * n + r] != results[0][0][r * WIDTH + c])
        return printf("n = %d: wrong at %d, %d\n", (int)n, (int)r, (int)c);
    }
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < COLUMNS; ++c) {
      float sum = 0;
      for (int64_t k = 0; k < WIDTH; ++k)
        sum = fmaf(x[r * WIDTH + k], w[k * COLUMNS + c], sum);
      if (fabsf(results[0][4][r * COLUMNS + c] - tanhf(sum)) > 1e-5f)
        return printf("n = %d: wrong product at %d, %d\n", (int)n, (int)r, (int)c);
    }
  for (int way = 0; way < 2; ++way)
    for (int i = 0; i < RESULTS; ++i)
      free(results[way][i]);
  free(x);
  free(b);
  free(w);
  return 0;
}

/* An argument: the only number of rows to try, with the pool. */
int main(int argc, char **argv) {
  static const int64_t rows[] = {0, 1, 3, 16, 37, 500, 2049};
  static const int64_t steps[] = {1, 3, -1, -2, 0};
  if (argc > 1)
    return runModel(atoll(argv[1]), 0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
    for (size_t k = 0; k < sizeof steps / sizeof *steps; ++k)
      if (runModel(rows[i], steps[k]))
        return 1;
  if (loops == 0 || items <= loops) {
    printf("no loop was cut\n");
    return 1;
  }
  return 0;
}
