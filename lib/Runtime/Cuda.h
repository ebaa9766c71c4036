/* Models whose kernels run on a CUDA GPU. */
#ifndef GRAPHOPT_LIB_RUNTIME_CUDA_H
#define GRAPHOPT_LIB_RUNTIME_CUDA_H

#include "Run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A module of all kernels as the driver loads it. */
typedef struct graphopt_cuda_image {
  const void *data;
  int32_t sm;     /* compute capability times 10 */
  int32_t is_ptx; /* the driver compiles it, for later GPUs, too */
  int32_t target; /* number of what it is compiled for */
} graphopt_cuda_image;

typedef struct graphopt_cuda_kernel {
  const char *name;
  uint32_t targets; /* bits: whose images have it */
} graphopt_cuda_kernel;

/* What the compiler made of a model for GPUs. */
typedef struct graphopt_cuda_code {
  graphopt_entry entry; /* launches the kernels, on the host */
  int64_t (*workspace_bytes)(const int64_t *dims); /* on the GPU */
  const graphopt_cuda_image *images;
  const graphopt_cuda_kernel *kernels;
  const void *weights;        /* one after the other; NULL: none, or a file's */
  int32_t image_count;
  int32_t kernel_count;
  int32_t is_replayable; /* the entry launches kernels and does nothing else */
} graphopt_cuda_code;

/* The body of <model>_run_tensors. */
graphopt_status graphopt_run_cuda(const graphopt_model *model,
                                  const graphopt_cuda_code *code,
                                  const graphopt_context *context,
                                  const graphopt_tensor *inputs,
                                  graphopt_tensor *outputs, void *workspace,
                                  int64_t workspace_bytes);

/* Those of <model>_device_open and <model>_device_close. */
graphopt_status graphopt_device_open(const graphopt_model *model,
                                     const graphopt_cuda_code *code,
                                     graphopt_context *context,
                                     int32_t ordinal);
void graphopt_device_close(graphopt_context *context);

/* Called by generated code on the host; addresses are the GPU's. ------------ */

/* A tensor of which a kernel has the GPU copy boxes to shared memory, in lines of 128 bytes
 * whose runs of 16 bytes are turned by the line's number. */
typedef struct graphopt_cuda_tensor {
  void *data; /* at a multiple of 16 bytes */
  int64_t element_bytes;
  int64_t rank; /* at most 5 */
  struct {
    int64_t extent, stride, box; /* elements */
  } dims[];
} graphopt_cuda_tensor;

/* Unless it is for other GPUs: kernel number `kernel` on blocks x threads, each block with
 * `shared` bytes. Arguments take 8 bytes each; the last ones are the addresses of `tensors`
 * graphopt_cuda_tensors, of which the kernel gets what the driver makes of them. */
void graphopt_cuda_launch(graphopt_run *run, int32_t kernel, int64_t blocks,
                          int64_t threads, int32_t shared, int64_t *arguments,
                          int32_t count, int32_t tensors);

/* An element of `bytes` bytes, at most 8, in the low ones of the result; waits for
 * the kernels before. */
int64_t graphopt_cuda_read(graphopt_run *run, const void *address, int64_t bytes);
void graphopt_cuda_write(graphopt_run *run, void *address, int64_t value,
                         int64_t bytes);

/* As graphopt_allocate, graphopt_release and graphopt_set_result. */
void *graphopt_cuda_allocate(graphopt_run *run, int64_t bytes);
void graphopt_cuda_release(graphopt_run *run, void *data);
void graphopt_cuda_set_result(graphopt_run *run, int32_t index, void *data,
                              int64_t bytes, const int64_t *extents);

/* As graphopt_begin_call and graphopt_end_call, when the GPU has nothing left to do. Of a
 * run that the caller captures nothing is told: it does not happen then. */
void graphopt_cuda_begin_call(graphopt_run *run, int32_t call);
void graphopt_cuda_end_call(graphopt_run *run, int32_t call, int64_t operations, int64_t bytes);

/* What a run has not released. */
void graphopt_cuda_release_blocks(graphopt_run *run);

#ifdef __cplusplus
}
#endif
#endif
