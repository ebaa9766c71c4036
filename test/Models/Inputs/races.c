/* Runs a model under ThreadSanitizer: two threads, each with tensors and workspace
 * of its own, share one pool. All of it is watched: `watched_entry` is the model's
 * code, plain_model a library of the same model, which tells of ports and gives the
 * results to compare with. With an argument too many both threads have one
 * workspace, which is a race.
 *
 *   races WEIGHTS [SIZE...]    the open dimensions, in the model's order */
#include "Run.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const graphopt_model plain_model;
int32_t watched_entry(void *const *tensors, const int64_t *dims,
                      void *workspace, graphopt_run *run);

enum { PORTS = 16, RANK = 8, RUNS = 4 };

typedef struct call {
  graphopt_context context;
  graphopt_tensor in[PORTS], out[PORTS], expected[PORTS];
  int64_t dims[PORTS][RANK], extents[PORTS * RANK], output_bytes[PORTS];
  void *workspace;
  int64_t workspace_bytes;
  int problem;
} call;

static graphopt_model model;
static int64_t open_dims[PORTS];
static pthread_barrier_t start;

static void *allocate(int64_t bytes) {
  void *memory = aligned_alloc(64, ((size_t)bytes | 63) + 1);
  if (!memory)
    exit(3);
  return memset(memory, 0, ((size_t)bytes | 63) + 1);
}

static int64_t bytes_of(const graphopt_port *port, const int64_t *dims) {
  int64_t bytes = port->dtype == GRAPHOPT_INT64 ? 8 : 4;
  for (int32_t k = 0; k < port->rank; ++k)
    bytes *= dims[k];
  return bytes;
}

static graphopt_tensor make(const graphopt_port *port, int64_t *dims) {
  return (graphopt_tensor){allocate(bytes_of(port, dims)), dims, port->rank,
                           port->dtype};
}

static void fill(const graphopt_tensor *tensor, int64_t bytes) {
  for (int64_t i = 0; i < bytes / 4 && tensor->dtype == GRAPHOPT_FLOAT; ++i)
    ((float *)tensor->data)[i] = (float)(i % 13) / 13 - 0.4f;
  for (int64_t i = 0; i < bytes / 8 && tensor->dtype == GRAPHOPT_INT64; ++i)
    ((int64_t *)tensor->data)[i] = i % 2;
}

/* The call with its results as the library computes them. */
static void prepare(call *c, const graphopt_context *context) {
  c->context = *context;
  for (int32_t i = 0; i < model.input_count; ++i) {
    const graphopt_port *port = &model.inputs[i];
    for (int32_t k = 0; k < port->rank; ++k)
      c->dims[i][k] =
          port->dims[k] < 0 ? open_dims[-1 - port->dims[k]] : port->dims[k];
    c->in[i] = make(port, c->dims[i]);
    fill(&c->in[i], bytes_of(port, c->dims[i]));
  }
  model.result_dims(open_dims, c->extents);
  int64_t *extents = c->extents;
  for (int32_t i = 0; i < model.output_count; ++i) {
    c->out[i] = make(&model.outputs[i], extents);
    c->expected[i] = make(&model.outputs[i], extents);
    c->output_bytes[i] = bytes_of(&model.outputs[i], extents);
    extents += model.outputs[i].rank;
  }
  c->workspace_bytes = model.workspace_bytes(open_dims);
  c->workspace = allocate(c->workspace_bytes);
  graphopt_context serial = GRAPHOPT_CONTEXT_INIT;
  serial.weights = context->weights;
  c->problem = plain_model.run(&serial, c->in, c->expected, c->workspace,
                               c->workspace_bytes);
}

static const graphopt_variant watched = {watched_entry, 0};

static void *run(void *argument) {
  call *c = argument;
  pthread_barrier_wait(&start);
  for (int i = 0; i < RUNS && !c->problem; ++i) {
    c->problem = graphopt_run_model(&model, &watched, 1, &c->context, c->in,
                                    c->out, c->workspace, c->workspace_bytes);
    for (int32_t k = 0; k < model.output_count; ++k)
      if (memcmp(c->out[k].data, c->expected[k].data,
                 (size_t)c->output_bytes[k]))
        c->problem = 100 + k;
  }
  return NULL;
}

int main(int argc, char **argv) {
  static call calls[2];
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  graphopt_weights weights;
  model = plain_model;
  if (argc < 2 + model.dim_count ||
      graphopt_weights_open(&model, &weights, argv[1]))
    return 2;
  context.weights = &weights;
  for (int32_t i = 0; i < model.dim_count; ++i)
    open_dims[i] = atoll(argv[2 + i]);
  if (graphopt_pool_create(&context, 2))
    return 4;
  for (int i = 0; i < 2; ++i)
    prepare(&calls[i], &context);
  if (argc > 2 + model.dim_count)
    calls[1].workspace = calls[0].workspace;

  pthread_t other;
  pthread_barrier_init(&start, NULL, 2);
  pthread_create(&other, NULL, run, &calls[1]);
  run(&calls[0]);
  pthread_join(other, NULL);
  graphopt_pool_destroy(&context);
  graphopt_weights_close(&weights);
  printf("%d %d\n", calls[0].problem, calls[1].problem);
  return calls[0].problem || calls[1].problem;
}
