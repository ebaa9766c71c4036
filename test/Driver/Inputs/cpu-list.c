/* One model compiled for several CPUs, and for each of them alone: runs on what
 * the context says of the CPU, which may be less than is true. */
#include "graphopt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const graphopt_model all_model, v2_model, v3_model;

enum { BATCH = 5, IN = 16, OUT = 32 };
/* Bits of the runtime's CpuFeatures.def. */
#define SSE42 ((uint64_t)1 << 3)
#define AVX2 ((uint64_t)1 << 15)
#define AVX512F ((uint64_t)1 << 17)

static float *numbers(int64_t count) {
  float *data = aligned_alloc(GRAPHOPT_ALIGNMENT, (count * 4 + 63) / 64 * 64);
  for (int64_t i = 0; i < count; ++i)
    data[i] = (float)(i * 2654435761u % 1000) / 1000;
  return data;
}

static graphopt_status run(const graphopt_model *model, uint64_t lacks,
                           float *y) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  model->detect_cpu(&context);
  context.cpu &= ~lacks;
  int64_t xDims[] = {BATCH, IN}, wDims[] = {IN, OUT}, cDims[] = {OUT}, yDims[2];
  graphopt_tensor inputs[] = {{numbers(BATCH * IN), xDims, 2, GRAPHOPT_FLOAT},
                              {numbers(IN * OUT), wDims, 2, GRAPHOPT_FLOAT},
                              {numbers(OUT), cDims, 1, GRAPHOPT_FLOAT}};
  graphopt_tensor output = {numbers(BATCH * OUT), yDims, 2, GRAPHOPT_FLOAT};
  int64_t batch = BATCH, bytes = model->workspace_bytes(&batch);
  void *workspace = aligned_alloc(GRAPHOPT_ALIGNMENT, (bytes + 127) / 64 * 64);
  graphopt_status status =
      model->run(&context, inputs, &output, workspace, bytes);
  memcpy(y, output.data, BATCH * OUT * 4);
  for (int i = 0; i < 3; ++i)
    free(inputs[i].data);
  free(output.data);
  free(workspace);
  return status;
}

static int equal(const float *a, const float *b) {
  return !memcmp(a, b, BATCH * OUT * 4);
}

int main(void) {
  float v2[BATCH * OUT], v3[BATCH * OUT], y[BATCH * OUT];
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  all_model.detect_cpu(&context);
  if (run(&v2_model, 0, v2) || run(&all_model, AVX2 | AVX512F, y) ||
      !equal(y, v2))
    return puts("without AVX2: not the code of x86-64-v2");
  if (run(&all_model, SSE42 | AVX2 | AVX512F, y) != GRAPHOPT_BAD_CPU)
    return puts("a CPU older than all is not refused");
  if (!(context.cpu & AVX2))
    return 0;
  if (run(&v3_model, 0, v3) || equal(v2, v3))
    return puts("multiply-adds are not fused");
  if (run(&all_model, AVX512F, y) || !equal(y, v3))
    return puts("with AVX2: not the code of x86-64-v3");
  if (run(&all_model, 0, y))
    return puts("with all there is: fails");
  return 0;
}
