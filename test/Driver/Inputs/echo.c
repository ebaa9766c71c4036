/* A model written by hand against the C ABI, to test what loads models apart
 * from what compiles them. Input `<dtype>` of every element type, n x 3, is
 * copied to output `<dtype>_out`; in the last place, `above` lists the float
 * values above 0, so its size depends on the data. */
#include "graphopt/Runtime/graphopt.h"
#include <stdlib.h>
#include <string.h>

#define DTYPES(X)                                                              \
  X("float", 1, 4) X("uint8", 2, 1) X("int8", 3, 1) X("uint16", 4, 2)          \
  X("int16", 5, 2) X("int32", 6, 4) X("int64", 7, 8) X("bool", 9, 1)           \
  X("float16", 10, 2) X("double", 11, 8) X("uint32", 12, 4)                    \
  X("uint64", 13, 8) X("bfloat16", 16, 2)
#define COUNT 13

static const int64_t dims[] = {-1, 3};
static const int64_t data_dims[] = {GRAPHOPT_DIM_DATA};
static const char *const dim_names[] = {"n"};
#define INPUT(name, number, bytes) {name, dims, 2, number},
static const graphopt_port inputs[] = {DTYPES(INPUT)};
#define OUTPUT(name, number, bytes) {name "_out", dims, 2, number},
static const graphopt_port outputs[] = {
    DTYPES(OUTPUT){"above", data_dims, 1, GRAPHOPT_FLOAT}};
#define BYTES(name, number, bytes) bytes,
static const int element_bytes[] = {DTYPES(BYTES)};

static int64_t workspace_bytes(const int64_t *open) { return open[0] * 64; }

static void result_dims(const int64_t *open, int64_t *extents) {
  for (int i = 0; i < COUNT; ++i) {
    extents[2 * i] = open[0];
    extents[2 * i + 1] = 3;
  }
  extents[2 * COUNT] = -1;
}

static graphopt_status run(const graphopt_context *context,
                           const graphopt_tensor *in, graphopt_tensor *out,
                           void *workspace, int64_t bytes) {
  int64_t n = in[0].dims[0];
  if (n > 1000 && context->fault) {
    context->fault->port = 0;
    context->fault->dim = 0;
    context->fault->expected = 1000;
    context->fault->actual = n;
    return GRAPHOPT_BAD_DIM;
  }
  if (bytes < workspace_bytes(&n))
    return GRAPHOPT_WORKSPACE_TOO_SMALL;
  memset(workspace, 0xff, bytes);
  for (int i = 0; i < COUNT; ++i)
    memcpy(out[i].data, in[i].data, n * 3 * element_bytes[i]);

  size_t room = (n * 3 * sizeof(float) + 63) / 64 * 64;
  float *above = context && context->allocate
                     ? context->allocate(context->allocator, room)
                     : aligned_alloc(64, room);
  int64_t count = 0;
  for (int64_t i = 0; i < n * 3; ++i)
    if (((float *)in[0].data)[i] > 0)
      above[count++] = ((float *)in[0].data)[i];
  out[COUNT].data = above;
  out[COUNT].dims[0] = count;
  return GRAPHOPT_OK;
}

static const char *status_text(graphopt_status status) {
  return status == GRAPHOPT_BAD_DIM ? "a dimension differs" : "failed";
}

static void detect_cpu(graphopt_context *context) { context->cpu = 1; }

#ifndef ABI
#define ABI GRAPHOPT_ABI_VERSION
#endif
#ifndef WEIGHTS
#define WEIGHTS 0
#endif
const graphopt_model echo_model = {
    ABI, COUNT, COUNT + 1, 1, "echo", inputs, outputs, dim_names, WEIGHTS,
    workspace_bytes, result_dims, run, NULL, NULL, status_text, detect_cpu};
