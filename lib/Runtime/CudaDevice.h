/* A model on a GPU, as the files of the CUDA runtime share it. */
#ifndef GRAPHOPT_LIB_RUNTIME_CUDADEVICE_H
#define GRAPHOPT_LIB_RUNTIME_CUDADEVICE_H

#include "Cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct graphopt_cuda_driver {
  void *library;
#define CUDA_FUNCTION(member, symbol, ...) int (*member)(__VA_ARGS__);
#include "CudaDriver.def"
} graphopt_cuda_driver;

/* A shape that runs had, and what was captured of it. */
typedef struct graphopt_cuda_graph graphopt_cuda_graph;

/* A GPU that holds a model's kernels and weights. */
struct graphopt_device {
  const graphopt_model *model;
  const graphopt_cuda_code *code;
  graphopt_cuda_driver cuda;
  int ordinal;
  int handle; /* CUdevice */
  void *context, *module, *own_stream;
  void **functions; /* of kernels; NULL: for other GPUs */
  uint64_t weights, arena;
  int64_t arena_bytes;
  graphopt_cuda_graph *graphs; /* the last used first */

  void *last_run; /* event at the end of a run that was not waited for */
  int is_pending; /* there is one */

  /* Of the call under way. */
  void *stream;    /* that kernels are launched in */
  int is_captured; /* by the caller, in a graph of his own */
  int failure;     /* first CUresult that is an error */
};

/* Opens libcuda.so.1; 0 if it cannot, and the context's message tells why. */
int graphopt_cuda_open_driver(graphopt_cuda_driver *cuda, const graphopt_context *context);

/* Whether a call of the driver succeeded. The first failure stays with the device. */
int graphopt_cuda_ok(graphopt_device *device, int result);

/* Tells the context about the device's failure, if it has one. `log` is what else is
 * known of it, or NULL. */
graphopt_status graphopt_cuda_status(const graphopt_device *device,
                                     const graphopt_context *context, const char *log);

/* Replaces the context's message, or writes after it. */
void graphopt_cuda_say(const graphopt_context *context, const char *text);
void graphopt_cuda_add(const graphopt_context *context, const char *text);

/* Calls the entry; or replays what it did when all arguments were the same. */
int32_t graphopt_cuda_enter(graphopt_device *device, const graphopt_request *request,
                            void *const *tensors, void *workspace, graphopt_run *run);

/* Forgets all that was captured. */
void graphopt_cuda_drop_graphs(graphopt_device *device);

#ifdef __cplusplus
}
#endif
#endif
