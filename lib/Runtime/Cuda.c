/* Kernels on a CUDA GPU by the driver, which is opened by name: a model links and
 * starts on machines that have none. */
#include "Cuda.h"
#include "Libc.h"

typedef struct driver {
  void *library;
#define CUDA_FUNCTION(member, symbol, ...) int (*member)(__VA_ARGS__);
#include "CudaDriver.def"
} driver;

enum {
  ATTRIBUTE_MAJOR = 75, /* CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR */
  ATTRIBUTE_MINOR = 76,
  FUNCTION_SHARED_BYTES = 8, /* CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES */
  STREAM_NON_BLOCKING = 1,
  CUDA_OUT_OF_MEMORY = 2,
  FREE_SHARED_BYTES = 48 * 1024, /* of a block without asking */
  ARENA_ALIGNMENT = 256
};

/* A GPU that holds a model's kernels and weights. */
struct graphopt_device {
  const graphopt_cuda_code *code;
  driver cuda;
  void *context, *module, *stream;
  void **functions;
  uint64_t weights, arena;
  int64_t arena_bytes;
  int device;
};

static graphopt_status fail_device(const graphopt_context *context, int result) {
  if (context && context->fault)
    *context->fault = (graphopt_fault){-1, -1, 0, result};
  return result == CUDA_OUT_OF_MEMORY ? GRAPHOPT_OUT_OF_MEMORY : GRAPHOPT_CUDA_ERROR;
}

/* The driver ------------------------------------------------------------- */

static int open_driver(driver *cuda) {
  cuda->library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!cuda->library)
    return 0;
#define CUDA_FUNCTION(member, symbol, ...)                                     \
  *(void **)&cuda->member = dlsym(cuda->library, symbol);                      \
  if (!cuda->member)                                                           \
    return 0;
#include "CudaDriver.def"
  return 1;
}

/* Cubins run on GPUs of their major number that are not older, PTX on all that are
 * not older. The newest cubin is best, then the newest PTX. */
static const graphopt_cuda_image *choose_image(const graphopt_cuda_code *code,
                                               int32_t capability) {
  const graphopt_cuda_image *best = NULL;
  for (int32_t i = 0; i < code->image_count; ++i) {
    const graphopt_cuda_image *image = &code->images[i];
    if (image->sm > capability ||
        (!image->is_ptx && image->sm / 10 != capability / 10))
      continue;
    if (!best || image->is_ptx < best->is_ptx ||
        (image->is_ptx == best->is_ptx && image->sm > best->sm))
      best = image;
  }
  return best;
}

/* Opening and closing ------------------------------------------------------ */

static void close_device(graphopt_device *device) {
  driver *cuda = &device->cuda;
  if (device->context) {
    cuda->push_context(device->context);
    if (device->stream) {
      cuda->wait(device->stream);
      cuda->destroy_stream(device->stream);
    }
    if (device->arena)
      cuda->release(device->arena);
    if (device->weights)
      cuda->release(device->weights);
    if (device->module)
      cuda->unload_module(device->module);
    void *popped;
    cuda->pop_context(&popped);
    cuda->release_context(device->device);
  }
  if (cuda->library)
    dlclose(cuda->library);
  free(device->functions);
  free(device);
}

static int load_kernels(graphopt_device *device, const graphopt_cuda_image *image) {
  driver *cuda = &device->cuda;
  const graphopt_cuda_code *code = device->code;
  int result = cuda->load_module(&device->module, image->data, 0, NULL, NULL);
  for (int32_t i = 0; i < code->kernel_count && !result; ++i)
    result = cuda->get_function(&device->functions[i], device->module, code->kernels[i]);
  return result;
}

static int upload_weights(graphopt_device *device) {
  driver *cuda = &device->cuda;
  size_t bytes = (size_t)device->code->weights_bytes;
  int result = bytes ? cuda->allocate(&device->weights, bytes) : 0;
  if (!result && bytes)
    result = cuda->copy_in(device->weights, device->code->weights, bytes, device->stream);
  return result ? result : cuda->wait(device->stream);
}

/* With the context current. */
static int prepare(graphopt_device *device, const graphopt_cuda_image *image) {
  int result = device->cuda.create_stream(&device->stream, STREAM_NON_BLOCKING);
  if (!result)
    result = load_kernels(device, image);
  return result ? result : upload_weights(device);
}

static graphopt_status fill_device(graphopt_device *device, graphopt_context *context,
                                   int32_t ordinal) {
  driver *cuda = &device->cuda;
  int major, minor;
  if (!open_driver(cuda) || cuda->init(0) || cuda->get_device(&device->device, ordinal))
    return GRAPHOPT_NO_CUDA;
  int result = cuda->get_attribute(&major, ATTRIBUTE_MAJOR, device->device);
  if (!result)
    result = cuda->get_attribute(&minor, ATTRIBUTE_MINOR, device->device);
  if (result)
    return fail_device(context, result);
  const graphopt_cuda_image *image = choose_image(device->code, 10 * major + minor);
  if (!image) {
    if (context->fault)
      *context->fault = (graphopt_fault){-1, -1, device->code->images[0].sm, 10 * major + minor};
    return GRAPHOPT_NO_GPU_CODE;
  }
  result = cuda->retain_context(&device->context, device->device);
  if (!result)
    result = cuda->push_context(device->context);
  if (!result) {
    result = prepare(device, image);
    void *popped;
    cuda->pop_context(&popped);
  }
  return result ? fail_device(context, result) : GRAPHOPT_OK;
}

graphopt_status graphopt_device_open(const graphopt_cuda_code *code,
                                     graphopt_context *context, int32_t ordinal) {
  if (!context)
    return GRAPHOPT_NULL_POINTER;
  if (context->abi != GRAPHOPT_ABI_VERSION)
    return GRAPHOPT_ABI_MISMATCH;
  context->device = NULL;
  graphopt_device *device = calloc(1, sizeof *device);
  void **functions = calloc((size_t)code->kernel_count + 1, sizeof(void *));
  if (!device || !functions) {
    free(device);
    free(functions);
    return GRAPHOPT_OUT_OF_MEMORY;
  }
  device->code = code;
  device->functions = functions;
  graphopt_status status = fill_device(device, context, ordinal);
  if (status)
    close_device(device);
  else
    context->device = device;
  return status;
}

void graphopt_device_close(graphopt_context *context) {
  if (context && context->device)
    close_device(context->device);
  if (context)
    context->device = NULL;
}

/* A run ------------------------------------------------------------------- */

/* GPU memory that a run allocated. */
struct graphopt_cuda_block {
  struct graphopt_cuda_block *next;
  uint64_t data;
};

static graphopt_device *device_of(graphopt_run *run) { return run->context->device; }

static void check_result(graphopt_run *run, int result) {
  if (result)
    graphopt_fail(run, fail_device(run->context, result));
}

void graphopt_cuda_launch(graphopt_run *run, int32_t kernel, int64_t blocks,
                          int64_t threads, int32_t shared, int64_t *arguments,
                          int32_t count) {
  graphopt_device *device = device_of(run);
  if (blocks <= 0)
    return;
  void *function = device->functions[kernel];
  int result = 0;
  if (shared > FREE_SHARED_BYTES)
    result = device->cuda.set_function_attribute(function, FUNCTION_SHARED_BYTES, shared);
  void *parameters[count + 1];
  for (int32_t i = 0; i < count; ++i)
    parameters[i] = &arguments[i];
  if (!result)
    result = device->cuda.launch(function, (unsigned)blocks, 1, 1, (unsigned)threads, 1, 1,
                                 (unsigned)shared, device->stream, parameters, NULL);
  check_result(run, result);
}

int64_t graphopt_cuda_read(graphopt_run *run, const void *address, int64_t bytes) {
  graphopt_device *device = device_of(run);
  int64_t value = 0;
  int result =
      device->cuda.copy_out(&value, (uint64_t)(uintptr_t)address, (size_t)bytes, device->stream);
  check_result(run, result ? result : device->cuda.wait(device->stream));
  return value;
}

void graphopt_cuda_write(graphopt_run *run, void *address, int64_t value, int64_t bytes) {
  graphopt_device *device = device_of(run);
  int result =
      device->cuda.copy_in((uint64_t)(uintptr_t)address, &value, (size_t)bytes, device->stream);
  check_result(run, result ? result : device->cuda.wait(device->stream));
}

void *graphopt_cuda_allocate(graphopt_run *run, int64_t bytes) {
  graphopt_device *device = device_of(run);
  struct graphopt_cuda_block *block = calloc(1, sizeof *block);
  int result = CUDA_OUT_OF_MEMORY;
  if (block && bytes >= 0)
    result = device->cuda.allocate(&block->data, bytes ? (size_t)bytes : 1);
  if (result) {
    free(block);
    check_result(run, result);
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
  check_result(run, device_of(run)->cuda.release(block->data));
  free(block);
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
  int result = 0;
  if (size)
    result = device->cuda.copy_out(copy, (uint64_t)(uintptr_t)data, size, device->stream);
  check_result(run, result ? result : device->cuda.wait(device->stream));
}

/* Grows the memory for inputs, outputs and workspace. */
static int reserve(graphopt_device *device, int64_t bytes) {
  if (bytes <= device->arena_bytes)
    return 0;
  int result = device->arena ? device->cuda.release(device->arena) : 0;
  device->arena = 0;
  device->arena_bytes = 0;
  if (!result)
    result = device->cuda.allocate(&device->arena, (size_t)bytes);
  if (!result)
    device->arena_bytes = bytes;
  return result;
}

static int64_t align(int64_t bytes) {
  return (bytes + ARENA_ALIGNMENT - 1) & ~(int64_t)(ARENA_ALIGNMENT - 1);
}

/* Bytes of each port, inputs first, that has its data from the caller; else 0. */
static int64_t lay_out(const graphopt_request *request, int64_t *bytes) {
  int64_t total = 0;
  int32_t port = 0;
  for (int32_t i = 0; i < request->model->input_count; ++i, ++port)
    total += align(bytes[port] = graphopt_tensor_bytes(&request->inputs[i], request->inputs[i].dims));
  const int64_t *extents = request->extents;
  for (int32_t i = 0; i < request->model->output_count; ++i, ++port) {
    total += align(bytes[port] = graphopt_tensor_bytes(&request->outputs[i], extents));
    extents += request->outputs[i].rank;
  }
  return total;
}

static int copy_inputs(const graphopt_request *request, graphopt_device *device, void **tensors,
                       const int64_t *bytes) {
  int result = 0;
  for (int32_t i = 0; i < request->model->input_count && !result; ++i)
    if (bytes[i])
      result = device->cuda.copy_in((uint64_t)(uintptr_t)tensors[i], request->inputs[i].data,
                                    (size_t)bytes[i], device->stream);
  return result;
}

static int copy_outputs(const graphopt_request *request, graphopt_device *device, void **tensors,
                        const int64_t *bytes) {
  int result = 0;
  int32_t inputs = request->model->input_count;
  for (int32_t i = 0; i < request->model->output_count && !result; ++i)
    if (bytes[inputs + i])
      result = device->cuda.copy_out(request->outputs[i].data,
                                     (uint64_t)(uintptr_t)tensors[inputs + i],
                                     (size_t)bytes[inputs + i], device->stream);
  return result ? result : device->cuda.wait(device->stream);
}

/* With the GPU's context current. */
static graphopt_status run_on(graphopt_device *device, const graphopt_request *request) {
  int32_t inputs = request->model->input_count, ports = inputs + request->model->output_count;
  int64_t bytes[ports + 1];
  int64_t total = lay_out(request, bytes);
  int64_t workspace = device->code->workspace_bytes(request->dims);
  if (workspace < 0)
    return GRAPHOPT_OUT_OF_MEMORY;
  int result = reserve(device, total + workspace + ARENA_ALIGNMENT);
  if (result)
    return fail_device(request->context, result);
  void *tensors[ports + 1];
  uint64_t next = device->arena;
  for (int32_t i = 0; i < ports; ++i) {
    /* What the library allocates has no place yet. */
    tensors[i] = bytes[i] ? (void *)(uintptr_t)next : NULL;
    next += (uint64_t)align(bytes[i]);
  }
  tensors[ports] = (void *)(uintptr_t)device->weights;
  result = copy_inputs(request, device, tensors, bytes);
  if (result)
    return fail_device(request->context, result);
  graphopt_run run = {request->context, request->outputs, NULL, NULL, 0, 0};
  int32_t status = device->code->entry(tensors, request->dims, (void *)(uintptr_t)next, &run);
  if (!status) {
    result = copy_outputs(request, device, tensors, bytes);
    status = result ? (int32_t)fail_device(request->context, result) : GRAPHOPT_OK;
  } else {
    device->cuda.wait(device->stream);
  }
  while (run.device_blocks)
    graphopt_cuda_release(&run, (void *)(uintptr_t)run.device_blocks->data);
  graphopt_release_blocks(&run);
  return (graphopt_status)status;
}

static graphopt_status execute_cuda(const graphopt_request *request, const void *code) {
  graphopt_device *device = request->context ? request->context->device : NULL;
  if (!device || device->code != code)
    return GRAPHOPT_NO_DEVICE;
  graphopt_write_dims(request);
  int result = device->cuda.push_context(device->context);
  if (result)
    return fail_device(request->context, result);
  graphopt_status status = run_on(device, request);
  void *popped;
  device->cuda.pop_context(&popped);
  return status;
}

graphopt_status graphopt_run_cuda(const graphopt_model *model, const graphopt_cuda_code *code,
                                  const graphopt_context *context,
                                  const graphopt_tensor *inputs, graphopt_tensor *outputs,
                                  void *workspace, int64_t workspace_bytes) {
  return graphopt_check_and_run(model, execute_cuda, code, context, inputs, outputs, workspace,
                                workspace_bytes);
}
