/* Runs the MLP on a GPU and compares it with loops. */
#include "mlp.h"
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const float w[3][4] = {{1, 0, -1, 2}, {0, 1, 1, -1}, {2, -1, 0, 1}};
static const float b[4] = {0.5f, -0.5f, 1, 0};
static const float v[4][2] = {{1, -1}, {0.5f, 2}, {0, 1}, {-1, 0.25f}};

static void compute(const float *x, float *y) {
  y[0] = y[1] = 0;
  for (int h = 0; h < 4; ++h) {
    float sum = b[h];
    for (int k = 0; k < 3; ++k)
      sum += x[k] * w[k][h];
    for (int o = 0; o < 2 && sum > 0; ++o)
      y[o] += sum * v[h][o];
  }
}

static float *make(size_t count) { return aligned_alloc(64, (count * sizeof(float) + 63) & ~(size_t)63); }

static int run(graphopt_context *context, int64_t rows) {
  float *x = make(3 * rows), *y = make(2 * rows);
  for (int64_t i = 0; i < 3 * rows; ++i)
    x[i] = (float)(i * 7 % 11) / 4 - 1;
  int64_t x_dims[] = {rows, 3}, y_dims[] = {0, 0};
  graphopt_tensor input = {x, x_dims, 2, GRAPHOPT_FLOAT};
  graphopt_tensor output = {y, y_dims, 2, GRAPHOPT_FLOAT};
  graphopt_status status = mlp_run_tensors(context, &input, &output, NULL, 0);
  int good = !status && y_dims[0] == rows && y_dims[1] == 2;
  for (int64_t i = 0; i < rows && good; ++i) {
    float expected[2];
    compute(&x[3 * i], expected);
    good = fabsf(y[2 * i] - expected[0]) < 1e-5f && fabsf(y[2 * i + 1] - expected[1]) < 1e-5f;
  }
  printf("%d rows: %s\n", (int)rows, good ? "right" : status ? mlp_status_text(status) : "wrong");
  free(x);
  free(y);
  return good;
}

/* Of the fake driver, which counts. */
static long ask(const char *name) {
  long (*function)(void);
  *(void **)&function = dlsym(dlopen("libcuda.so.1", RTLD_NOW), name);
  return function ? function() : -1;
}

static graphopt_status open_device(graphopt_context *context) {
#ifdef WEIGHTS
  graphopt_weights weights;
  if (mlp_device_open(context, 0) != GRAPHOPT_NO_WEIGHTS)
    return GRAPHOPT_BAD_WEIGHTS;
  graphopt_status status = mlp_weights_open(&weights, WEIGHTS);
  if (status)
    return status;
  context->weights = &weights;
  status = mlp_device_open(context, 0);
  context->weights = NULL;
  mlp_weights_close(&weights);
  return status;
#else
  return mlp_device_open(context, 0);
#endif
}

int main(void) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  if (run(&context, 1)) /* without a device */
    return 2;
  graphopt_status status = open_device(&context);
  if (status) {
    puts(mlp_status_text(status));
    return 1;
  }
  int good = run(&context, 2) && run(&context, 700) && run(&context, 700) && run(&context, 700) &&
             run(&context, 0);
  printf("%ld graph, replayed %ld times\n", ask("fakeCudaCaptures"), ask("fakeCudaReplays"));
  mlp_device_close(&context);
  return !good;
}
