/* Runs the model of threads.mlir with several ways to hand out loop items and
 * compares all results with the serial run's, and with plain C. */
#include "Run.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 1024

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

static int runModel(int64_t n, int64_t step) {
  float *x = allocate(n * WIDTH), *b = allocate(WIDTH);
  for (int64_t i = 0; i < n * WIDTH; ++i)
    x[i] = (float)(i * 2654435761u % 1000) / 1000;
  for (int64_t i = 0; i < WIDTH; ++i)
    b[i] = (float)(i % 7) / 7;
  int64_t sizes[4] = {n * WIDTH, n * WIDTH, n, WIDTH};
  float *results[2][4];
  for (int way = 0; way < 2; ++way) {
    graphopt_context context = GRAPHOPT_CONTEXT_INIT;
    context.parallel_for = parallelFor;
    context.pool = &step;
    graphopt_run run = {way ? &context : NULL, NULL, NULL, 0, 0};
    void *tensors[6] = {x, b};
    for (int i = 0; i < 4; ++i) {
      tensors[2 + i] = results[way][i] = allocate(sizes[i]);
      memset(results[way][i], 0xff, sizes[i] * 4);
    }
    void *workspace = allocate(m_workspace_bytes(&n) / 4 + 16);
    if (m_entry(tensors, &n, workspace, &run) != GRAPHOPT_OK)
      return printf("n = %d: the run failed\n", (int)n);
    free(workspace);
  }
  for (int i = 0; i < 4; ++i)
    if (memcmp(results[0][i], results[1][i], sizes[i] * 4))
      return printf("n = %d, step %d: result %d differs\n", (int)n, (int)step, i);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < WIDTH; ++c) {
      float expected = expf(x[r * WIDTH + c] + b[c]);
      if (fabsf(results[0][0][r * WIDTH + c] - expected) > 1e-5f ||
          results[0][1][c * n + r] != results[0][0][r * WIDTH + c])
        return printf("n = %d: wrong at %d, %d\n", (int)n, (int)r, (int)c);
    }
  for (int way = 0; way < 2; ++way)
    for (int i = 0; i < 4; ++i)
      free(results[way][i]);
  free(x);
  free(b);
  return 0;
}

int main(void) {
  static const int64_t rows[] = {0, 1, 3, 16, 37, 500, 2049};
  static const int64_t steps[] = {1, 3, -1, -2};
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
