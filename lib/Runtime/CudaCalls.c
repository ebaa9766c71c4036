/* What the host's half of a model calls, between the kernels and for them. */
#include "CudaDevice.h"
#include "Libc.h"

enum {
  FUNCTION_SHARED_BYTES = 8, /* CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES */
  FREE_SHARED_BYTES = 48 * 1024, /* of a block without asking */
  NOT_FOUND = 500, /* CUDA_ERROR_NOT_FOUND */
  MAP_BYTES = 128, /* of a CUtensorMap, at a multiple of 64 */
  MAX_RANK = 5,
  NO_INTERLEAVE = 0, /* CU_TENSOR_MAP_INTERLEAVE_NONE */
  TURN_LINES = 3, /* CU_TENSOR_MAP_SWIZZLE_128B */
  WHOLE_LINES = 2, /* CU_TENSOR_MAP_L2_PROMOTION_L2_128B */
  ZEROS_OUTSIDE = 0 /* CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE */
};

/* GPU memory that a run allocated. */
struct graphopt_cuda_block {
  struct graphopt_cuda_block *next;
  uint64_t data;
};

static graphopt_device *device_of(graphopt_run *run) { return run->context->device; }

/* Which failure it was, the device knows. */
static int succeeds(graphopt_run *run, int result) {
  if (!graphopt_cuda_ok(device_of(run), result))
    graphopt_fail(run, GRAPHOPT_CUDA_ERROR);
  return !result;
}

/* The number that the driver has for elements whose bits alone matter. */
static int type_of(int64_t bytes) {
  enum {
    BYTES = 0, /* CU_TENSOR_MAP_DATA_TYPE_UINT8 */
    HALVES = 1, /* CU_TENSOR_MAP_DATA_TYPE_UINT16 */
    WORDS = 2 /* CU_TENSOR_MAP_DATA_TYPE_UINT32 */
  };
  return bytes == 1 ? BYTES : bytes == 2 ? HALVES : WORDS;
}

/* Writes a CUtensorMap. Of an empty tensor, which no kernel reads, it is not made. */
static int describe_tensor(graphopt_run *run, const graphopt_cuda_tensor *tensor, void *map) {
  uint64_t extents[MAX_RANK], strides[MAX_RANK];
  unsigned box[MAX_RANK], steps[MAX_RANK], rank = (unsigned)tensor->rank;
  for (unsigned i = 0; i < rank; ++i) { /* the driver's first dimension is the last */
    extents[i] = (uint64_t)tensor->dims[rank - 1 - i].extent;
    strides[i] = (uint64_t)(tensor->dims[rank - 1 - i].stride * tensor->element_bytes);
    box[i] = (unsigned)tensor->dims[rank - 1 - i].box;
    steps[i] = 1;
    if (!extents[i])
      return 1;
  }
  graphopt_device *device = device_of(run);
  int result = NOT_FOUND;
  if (device->cuda.encode_tensor)
    result = device->cuda.encode_tensor(map, type_of(tensor->element_bytes), rank, tensor->data,
                                        extents, strides + 1, box, steps, NO_INTERLEAVE,
                                        TURN_LINES, WHOLE_LINES, ZEROS_OUTSIDE);
  return succeeds(run, result);
}

void graphopt_cuda_launch(graphopt_run *run, int32_t kernel, int64_t blocks,
                          int64_t threads, int32_t shared, int64_t *arguments,
                          int32_t count, int32_t tensors) {
  graphopt_device *device = device_of(run);
  void *function = device->functions[kernel];
  if (!function || blocks <= 0)
    return;
  if (shared > FREE_SHARED_BYTES &&
      !succeeds(run, device->cuda.set_function_attribute(function, FUNCTION_SHARED_BYTES, shared)))
    return;
  void *parameters[count + 1];
  _Alignas(64) unsigned char maps[tensors + 1][MAP_BYTES];
  for (int32_t i = 0; i < count; ++i)
    parameters[i] = &arguments[i];
  for (int32_t i = 0; i < tensors; ++i) {
    int32_t last = count - tensors + i;
    if (!describe_tensor(run, (const graphopt_cuda_tensor *)(uintptr_t)arguments[last], maps[i]))
      return;
    parameters[last] = maps[i];
  }
  succeeds(run, device->cuda.launch(function, (unsigned)blocks, 1, 1, (unsigned)threads, 1, 1,
                                    (unsigned)shared, device->stream, parameters, NULL));
}

int64_t graphopt_cuda_read(graphopt_run *run, const void *address, int64_t bytes) {
  graphopt_device *device = device_of(run);
  int64_t value = 0;
  if (succeeds(run, device->cuda.copy_out(&value, (uint64_t)(uintptr_t)address, (size_t)bytes,
                                          device->stream)))
    succeeds(run, device->cuda.wait(device->stream));
  return value;
}

void graphopt_cuda_write(graphopt_run *run, void *address, int64_t value, int64_t bytes) {
  graphopt_device *device = device_of(run);
  if (succeeds(run, device->cuda.copy_in((uint64_t)(uintptr_t)address, &value, (size_t)bytes,
                                         device->stream)))
    succeeds(run, device->cuda.wait(device->stream));
}

/* Whether somebody listens; what the GPU does then is done. */
static int is_heard(graphopt_run *run) {
  graphopt_device *device = device_of(run);
  return run->context->begin_call && !device->is_captured &&
         succeeds(run, device->cuda.wait(device->stream));
}

void graphopt_cuda_begin_call(graphopt_run *run, int32_t call) {
  if (is_heard(run))
    graphopt_begin_call(run, call);
}

void graphopt_cuda_end_call(graphopt_run *run, int32_t call, int64_t operations, int64_t bytes) {
  if (is_heard(run))
    graphopt_end_call(run, call, operations, bytes);
}

void *graphopt_cuda_allocate(graphopt_run *run, int64_t bytes) {
  struct graphopt_cuda_block *block = bytes >= 0 ? calloc(1, sizeof *block) : NULL;
  if (!block) {
    graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
    return NULL;
  }
  if (!succeeds(run, device_of(run)->cuda.allocate(&block->data, bytes ? (size_t)bytes : 1))) {
    free(block);
    return NULL;
  }
  block->next = run->device_blocks;
  run->device_blocks = block;
  return (void *)(uintptr_t)block->data;
}

/* The kernels that use it come before in the stream; releasing waits for them. */
void graphopt_cuda_release(graphopt_run *run, void *data) {
  struct graphopt_cuda_block **link = &run->device_blocks;
  while (*link && (*link)->data != (uint64_t)(uintptr_t)data)
    link = &(*link)->next;
  struct graphopt_cuda_block *block = *link;
  if (!block)
    return;
  *link = block->next;
  succeeds(run, device_of(run)->cuda.release(block->data));
  free(block);
}

void graphopt_cuda_release_blocks(graphopt_run *run) {
  while (run->device_blocks)
    graphopt_cuda_release(run, (void *)(uintptr_t)run->device_blocks->data);
}

void graphopt_cuda_set_result(graphopt_run *run, int32_t index, void *data, int64_t bytes,
                              const int64_t *extents) {
  graphopt_device *device = device_of(run);
  graphopt_tensor *output = &run->outputs[index];
  size_t size = bytes > 0 ? (size_t)bytes : 0;
  void *copy = graphopt_context_allocate(run->context, size ? size : 1);
  if (!copy) {
    graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
    return;
  }
  output->data = copy;
  for (int32_t i = 0; i < output->rank; ++i)
    output->dims[i] = extents[i];
  if (size && !succeeds(run, device->cuda.copy_out(copy, (uint64_t)(uintptr_t)data, size,
                                                   device->stream)))
    return;
  succeeds(run, device->cuda.wait(device->stream));
}
