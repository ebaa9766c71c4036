/* A run on a GPU: tensors in place or by way of the arena. */
#include "CudaDevice.h"
#include "Libc.h"

enum {
  ARENA_ALIGNMENT = 256,
  POINTER_MEMORY_TYPE = 2, /* CU_POINTER_ATTRIBUTE_MEMORY_TYPE */
  POINTER_DEVICE_ORDINAL = 9, /* CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL */
  MEMORY_TYPE_DEVICE = 2 /* CU_MEMORYTYPE_DEVICE */
};

/* The inputs, then the outputs. What the library allocates has no data yet. */
typedef struct transfer {
  int32_t input_count, count;
  void **host;    /* the caller's data */
  int64_t *bytes; /* to copy; 0 where there is nothing, or it is on the GPU already */
  void **tensors; /* addresses on the GPU; the weights' follows */
  int64_t total;  /* bytes of the arena for what is copied */
} transfer;

static int64_t align_up(int64_t bytes) {
  return (bytes + ARENA_ALIGNMENT - 1) & ~(int64_t)(ARENA_ALIGNMENT - 1);
}

/* Whether `data` is on a GPU, and on which. Drivers do not know most of the host's memory:
 * some say so by an error. */
static int is_on_gpu(graphopt_device *device, const void *data, int *ordinal) {
  enum {
    INVALID_VALUE = 1, /* CUDA_ERROR_INVALID_VALUE */
    INVALID_CONTEXT = 201 /* CUDA_ERROR_INVALID_CONTEXT */
  };
  int keys[] = {POINTER_MEMORY_TYPE, POINTER_DEVICE_ORDINAL};
  unsigned type = 0;
  void *values[] = {&type, ordinal};
  int result = device->cuda.pointer_attributes(2, keys, values, (uint64_t)(uintptr_t)data);
  if (result == INVALID_VALUE || result == INVALID_CONTEXT)
    return 0;
  return graphopt_cuda_ok(device, result) && type == MEMORY_TYPE_DEVICE;
}

static graphopt_status place_port(graphopt_device *device, const graphopt_context *context,
                                  transfer *all, const graphopt_tensor *tensor,
                                  const int64_t *extents) {
  int32_t port = all->count++;
  int64_t bytes = graphopt_tensor_bytes(tensor, extents);
  all->host[port] = tensor->data;
  all->tensors[port] = NULL;
  all->bytes[port] = 0;
  if (!bytes)
    return GRAPHOPT_OK;
  int ordinal = -1;
  if (is_on_gpu(device, tensor->data, &ordinal)) {
    all->tensors[port] = tensor->data;
    if (ordinal == device->ordinal)
      return GRAPHOPT_OK;
    if (context->fault)
      *context->fault = (graphopt_fault){port, -1, device->ordinal, ordinal};
    return GRAPHOPT_OTHER_DEVICE;
  }
  all->bytes[port] = bytes;
  all->total += align_up(bytes);
  return device->failure ? GRAPHOPT_CUDA_ERROR : GRAPHOPT_OK;
}

static graphopt_status place_ports(graphopt_device *device, const graphopt_request *request,
                                   transfer *all) {
  const graphopt_model *model = request->model;
  graphopt_status status = GRAPHOPT_OK;
  for (int32_t i = 0; i < model->input_count && !status; ++i)
    status = place_port(device, request->context, all, &request->inputs[i],
                        request->inputs[i].dims);
  all->input_count = all->count;
  const int64_t *extents = request->extents;
  for (int32_t i = 0; i < model->output_count && !status; ++i) {
    status = place_port(device, request->context, all, &request->outputs[i], extents);
    extents += request->outputs[i].rank;
  }
  return status;
}

/* Grows the memory for what is copied and for the workspace. What was captured has
 * its addresses. */
static int reserve(graphopt_device *device, int64_t bytes) {
  if (bytes <= device->arena_bytes)
    return 1;
  graphopt_cuda_driver *cuda = &device->cuda;
  if (device->is_pending && !graphopt_cuda_ok(device, cuda->wait_event(device->last_run)))
    return 0;
  device->is_pending = 0;
  graphopt_cuda_drop_graphs(device);
  uint64_t old = device->arena;
  device->arena = 0;
  device->arena_bytes = 0;
  if ((old && !graphopt_cuda_ok(device, cuda->release(old))) ||
      !graphopt_cuda_ok(device, cuda->allocate(&device->arena, (size_t)bytes)))
    return 0;
  device->arena_bytes = bytes;
  return 1;
}

/* Returns where the workspace begins. */
static void *place_in_arena(graphopt_device *device, transfer *all) {
  char *next = (char *)(uintptr_t)device->arena;
  for (int32_t i = 0; i < all->count; ++i)
    if (all->bytes[i]) {
      all->tensors[i] = next;
      next += align_up(all->bytes[i]);
    }
  all->tensors[all->count] = (void *)(uintptr_t)device->weights;
  return next;
}

static int copy_inputs(graphopt_device *device, const transfer *all) {
  for (int32_t i = 0; i < all->input_count; ++i)
    if (all->bytes[i] &&
        !graphopt_cuda_ok(device, device->cuda.copy_in((uint64_t)(uintptr_t)all->tensors[i],
                                                       all->host[i], (size_t)all->bytes[i],
                                                       device->stream)))
      return 0;
  return 1;
}

static int copy_outputs(graphopt_device *device, const transfer *all) {
  for (int32_t i = all->input_count; i < all->count; ++i)
    if (all->bytes[i] &&
        !graphopt_cuda_ok(device, device->cuda.copy_out(all->host[i],
                                                        (uint64_t)(uintptr_t)all->tensors[i],
                                                        (size_t)all->bytes[i], device->stream)))
      return 0;
  return 1;
}

/* Whether the caller captures his stream: what he does then with the graph, and when, is
 * his, and no event of ours may be in it. */
static int find_capture(graphopt_device *device) {
  device->is_captured = 0;
  return device->stream == device->own_stream ||
         graphopt_cuda_ok(device,
                          device->cuda.is_capturing(device->stream, &device->is_captured));
}

/* Behind a run that was not waited for, which uses the arena, too. */
static int follow_last_run(graphopt_device *device) {
  return !device->is_pending || device->is_captured ||
         graphopt_cuda_ok(device, device->cuda.follow(device->stream, device->last_run, 0));
}

/* If all is on the GPU and the stream is the caller's, it is for him to wait. */
static int leave_running(graphopt_device *device) {
  if (device->is_captured)
    return 1;
  device->is_pending =
      graphopt_cuda_ok(device, device->cuda.record_event(device->last_run, device->stream));
  return device->is_pending;
}

/* And with it for the last one, if it follows that. */
static int wait_for_run(graphopt_device *device, int follows) {
  int waited = graphopt_cuda_ok(device, device->cuda.wait(device->stream));
  if (waited && follows)
    device->is_pending = 0;
  return waited;
}

static int32_t compute(graphopt_device *device, const graphopt_request *request,
                       const transfer *all, void *workspace) {
  graphopt_run run = {request->context, request->outputs, NULL, NULL, 0, 0};
  int32_t status = GRAPHOPT_CUDA_ERROR;
  int follows = follow_last_run(device);
  if (follows && copy_inputs(device, all))
    status = graphopt_cuda_enter(device, request, all->tensors, workspace, &run);
  if (!status && !copy_outputs(device, all))
    status = GRAPHOPT_CUDA_ERROR;
  /* After a failure nothing may go on with the caller's memory. */
  int is_async = !status && !all->total && device->stream != device->own_stream &&
                device->code->is_replayable;
  if (!(is_async && leave_running(device)) && !wait_for_run(device, follows))
    status = GRAPHOPT_CUDA_ERROR;
  graphopt_cuda_release_blocks(&run);
  graphopt_release_blocks(&run);
  if (status && request->context->fault)
    *request->context->fault = (graphopt_fault){-1, -1, 0, 0};
  return status;
}

/* With the GPU's context current. */
static graphopt_status run_on(graphopt_device *device, const graphopt_request *request) {
  int32_t count = request->model->input_count + request->model->output_count;
  void *host[count + 1], *tensors[count + 1];
  int64_t bytes[count + 1];
  transfer all = {0, 0, host, bytes, tensors, 0};
  graphopt_status status = place_ports(device, request, &all);
  if (status)
    return status;
  int64_t workspace = device->code->workspace_bytes(request->dims);
  if (workspace < 0)
    return GRAPHOPT_OUT_OF_MEMORY;
  if (!reserve(device, all.total + workspace))
    return GRAPHOPT_CUDA_ERROR;
  return (graphopt_status)compute(device, request, &all, place_in_arena(device, &all));
}

static graphopt_status execute_cuda(const graphopt_request *request, const void *code) {
  const graphopt_context *context = request->context;
  graphopt_device *device = context ? context->device : NULL;
  if (!device || device->code != code)
    return GRAPHOPT_NO_DEVICE;
  graphopt_write_dims(request);
  device->failure = 0;
  device->stream = context->stream ? context->stream : device->own_stream;
  graphopt_status status = GRAPHOPT_CUDA_ERROR;
  if (graphopt_cuda_ok(device, device->cuda.push_context(device->context))) {
    if (find_capture(device))
      status = run_on(device, request);
    void *popped;
    device->cuda.pop_context(&popped);
  }
  graphopt_status failure = graphopt_cuda_status(device, context, NULL);
  return failure ? failure : status;
}

graphopt_status graphopt_run_cuda(const graphopt_model *model, const graphopt_cuda_code *code,
                                  const graphopt_context *context,
                                  const graphopt_tensor *inputs, graphopt_tensor *outputs,
                                  void *workspace, int64_t workspace_bytes) {
  if (context && context->abi == GRAPHOPT_ABI_VERSION)
    graphopt_cuda_say(context, "");
  return graphopt_check_and_run(model, execute_cuda, code, context, inputs, outputs, workspace,
                                workspace_bytes);
}
