/* Between generated code and the runtime. Linked into the model's module as
 * bitcode and made internal there, so nothing of it is visible outside.
 *
 * Generated code gets a `graphopt_run *` from the entry on and hands it back in
 * each call; it never looks inside. */
#ifndef GRAPHOPT_LIB_RUNTIME_RUN_H
#define GRAPHOPT_LIB_RUNTIME_RUN_H

#include "graphopt/Runtime/graphopt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct graphopt_block graphopt_block;
struct graphopt_cuda_block;

/* One call of the model; lives on the caller's stack. */
typedef struct graphopt_run {
  const graphopt_context *context; /* may be NULL */
  graphopt_tensor *outputs;
  graphopt_block *blocks; /* what the run still owns */
  struct graphopt_cuda_block *device_blocks; /* the same on a GPU */
  int32_t lock;           /* guards `blocks`; 0 is free */
  int32_t status;         /* first failure */
} graphopt_run;

/* What the compiler makes of the model's main function. `tensors` are the data
 * of the inputs, then of the outputs, then the weights of a file; of an input that is
 * no tensor it is the graphopt_tensor itself. */
typedef int32_t (*graphopt_entry)(void *const *tensors, const int64_t *dims,
                                  void *workspace, graphopt_run *run);

/* A model's code for one CPU. */
typedef struct graphopt_variant {
  graphopt_entry entry;
  uint64_t cpu; /* features that it needs, bits of CpuFeatures.def */
} graphopt_variant;

/* The body of <model>_run_tensors: runs the first of the variants, best first,
 * that the CPU is good for. */
graphopt_status graphopt_run_model(const graphopt_model *model,
                                   const graphopt_variant *variants,
                                   int32_t variant_count,
                                   const graphopt_context *context,
                                   const graphopt_tensor *inputs,
                                   graphopt_tensor *outputs, void *workspace,
                                   int64_t workspace_bytes);

/* Called by generated code ------------------------------------------------ */

/* Runs `body` over 0 .. count-1 by the context's means. */
void graphopt_parallel_for(graphopt_run *run, graphopt_body body,
                           void *captures, int64_t count);

/* The same for a body that itself needs the run: to allocate, or to fail. */
typedef void (*graphopt_run_body)(graphopt_run *run, void *captures,
                                  int64_t begin, int64_t end);
void graphopt_parallel_for_run(graphopt_run *run, graphopt_run_body body,
                               void *captures, int64_t count);

/* Memory until graphopt_release or the end of the run. On NULL the run has
 * failed with GRAPHOPT_OUT_OF_MEMORY. Any thread. */
void *graphopt_allocate(graphopt_run *run, int64_t bytes);
void graphopt_release(graphopt_run *run, void *data);

/* Records `status`, unless the run has failed before. Any thread. */
void graphopt_fail(graphopt_run *run, int32_t status);

/* The first failure so far, or GRAPHOPT_OK. */
int32_t graphopt_run_status(const graphopt_run *run);

/* Gives output `index`, whose extents depend on values, its data: memory of
 * this run changes hands, other memory is copied. */
void graphopt_set_result(graphopt_run *run, int32_t index, void *data,
                         int64_t bytes, const int64_t *extents);

/* Around call number `call` of a model that is compiled to be profiled. */
void graphopt_begin_call(graphopt_run *run, int32_t call);
void graphopt_end_call(graphopt_run *run, int32_t call, int64_t operations,
                       int64_t bytes);

/* Inside the runtime ------------------------------------------------------- */

int64_t graphopt_dtype_bytes(int32_t dtype);
/* A call whose arguments have passed all checks. */
typedef struct graphopt_request {
  const graphopt_model *model;
  const graphopt_context *context;
  const graphopt_tensor *inputs;
  graphopt_tensor *outputs;
  void *workspace;
  int64_t *dims;    /* the open dimensions */
  int64_t *extents; /* of all outputs */
} graphopt_request;

/* Checks all arguments, then has `execute` run `code`. */
typedef graphopt_status (*graphopt_executor)(const graphopt_request *request,
                                             const void *code);
graphopt_status graphopt_check_and_run(const graphopt_model *model,
                                       graphopt_executor execute,
                                       const void *code,
                                       const graphopt_context *context,
                                       const graphopt_tensor *inputs,
                                       graphopt_tensor *outputs, void *workspace,
                                       int64_t workspace_bytes);

/* Bytes of data that the caller gives; 0 if there are none. */
int64_t graphopt_tensor_bytes(const graphopt_tensor *tensor,
                              const int64_t *extents);

/* Tells the caller the extents of the outputs. */
void graphopt_write_dims(const graphopt_request *request);

void *graphopt_context_allocate(const graphopt_context *context, size_t bytes);
void graphopt_context_release(const graphopt_context *context, void *data);
void graphopt_release_blocks(graphopt_run *run);

/* The first of the variants that this CPU has all for, or NULL, and the fault
 * tells what the last one needs. */
const graphopt_variant *
graphopt_select_variant(const graphopt_context *context,
                        const graphopt_variant *variants, int32_t count);

/* Whether `weights` are those of the model, if it needs any. */
graphopt_status graphopt_check_weights(const graphopt_model *model,
                                       const graphopt_weights *weights);

/* The first of weights that have passed. */
const void *graphopt_weights_data(const graphopt_weights *weights);

graphopt_status graphopt_weights_open(const graphopt_model *model,
                                      graphopt_weights *weights,
                                      const char *path);
void graphopt_weights_close(graphopt_weights *weights);

const char *graphopt_status_text(graphopt_status status);
graphopt_status graphopt_pool_create(graphopt_context *context,
                                     int32_t threads);
void graphopt_pool_destroy(graphopt_context *context);
void graphopt_detect_cpu(graphopt_context *context);

#ifdef __cplusplus
}
#endif
#endif
