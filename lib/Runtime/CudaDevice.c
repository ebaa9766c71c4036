/* Opening a GPU for a model: kernels and weights are loaded once. */
#include "CudaDevice.h"
#include "Libc.h"

enum {
  ATTRIBUTE_MAJOR = 75, /* CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR */
  ATTRIBUTE_MINOR = 76, /* CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR */
  STREAM_NON_BLOCKING = 1, /* CU_STREAM_NON_BLOCKING */
  EVENT_DISABLE_TIMING = 2, /* CU_EVENT_DISABLE_TIMING */
  JIT_ERROR_LOG = 5, /* CU_JIT_ERROR_LOG_BUFFER */
  JIT_ERROR_LOG_BYTES = 6, /* CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES */
  LOG_BYTES = 2048
};

static void close_device(graphopt_device *device) {
  graphopt_cuda_driver *cuda = &device->cuda;
  if (device->context) {
    int is_current = !cuda->push_context(device->context);
    if (device->is_pending)
      cuda->wait_event(device->last_run);
    graphopt_cuda_drop_graphs(device);
    if (device->last_run)
      cuda->destroy_event(device->last_run);
    if (device->own_stream)
      cuda->destroy_stream(device->own_stream);
    if (device->arena)
      cuda->release(device->arena);
    if (device->weights)
      cuda->release(device->weights);
    if (device->module)
      cuda->unload_module(device->module);
    void *popped;
    if (is_current)
      cuda->pop_context(&popped);
    cuda->release_context(device->handle);
  }
  if (cuda->library)
    dlclose(cuda->library);
  free(device->functions);
  free(device);
}

/* Cubins run on GPUs of their major number that are not older, PTX on all that are
 * not older. */
static int fits(const graphopt_cuda_image *image, int32_t capability) {
  return image->sm <= capability && (image->is_ptx || image->sm / 10 == capability / 10);
}

/* The newest cubin is best, then the newest PTX. */
static int is_better(const graphopt_cuda_image *a, const graphopt_cuda_image *b) {
  return a->is_ptx == b->is_ptx ? a->sm > b->sm : a->is_ptx < b->is_ptx;
}

/* The best image that is worse than `last`, if that is not NULL. */
static const graphopt_cuda_image *choose_image(const graphopt_cuda_code *code,
                                               int32_t capability,
                                               const graphopt_cuda_image *last) {
  const graphopt_cuda_image *best = NULL;
  for (int32_t i = 0; i < code->image_count; ++i) {
    const graphopt_cuda_image *image = &code->images[i];
    if (fits(image, capability) && (!last || is_better(last, image)) &&
        (!best || is_better(image, best)))
      best = image;
  }
  return best;
}

/* Errors that say the image is not for this driver, which may know another one. */
static int is_about_image(int result) {
  enum {
    INVALID_IMAGE = 200, /* CUDA_ERROR_INVALID_IMAGE */
    NO_BINARY = 209, /* CUDA_ERROR_NO_BINARY_FOR_GPU */
    INVALID_PTX = 218, /* CUDA_ERROR_INVALID_PTX */
    UNSUPPORTED_PTX = 222 /* CUDA_ERROR_UNSUPPORTED_PTX_VERSION */
  };
  return result == INVALID_IMAGE || result == NO_BINARY || result == INVALID_PTX ||
         result == UNSUPPORTED_PTX;
}

/* `log` gets what the driver's compiler has to say of PTX; NULL if none can be loaded. */
static const graphopt_cuda_image *load_module(graphopt_device *device, int32_t capability,
                                              char *log) {
  int keys[] = {JIT_ERROR_LOG, JIT_ERROR_LOG_BYTES};
  const graphopt_cuda_image *image = choose_image(device->code, capability, NULL);
  int result = 0;
  for (; image; image = choose_image(device->code, capability, image)) {
    void *values[] = {log, (void *)(uintptr_t)LOG_BYTES};
    log[0] = 0;
    result = device->cuda.load_module(&device->module, image->data, 2, keys, values);
    if (!is_about_image(result))
      break;
  }
  return graphopt_cuda_ok(device, result) ? image : NULL;
}

static int find_kernels(graphopt_device *device, const graphopt_cuda_image *image) {
  const graphopt_cuda_code *code = device->code;
  for (int32_t i = 0; i < code->kernel_count; ++i) {
    const graphopt_cuda_kernel *kernel = &code->kernels[i];
    if ((kernel->targets >> image->target & 1) &&
        !graphopt_cuda_ok(device, device->cuda.get_function(&device->functions[i],
                                                            device->module, kernel->name)))
      return 0;
  }
  return 1;
}

static int upload_weights(graphopt_device *device, const void *weights) {
  graphopt_cuda_driver *cuda = &device->cuda;
  size_t bytes = (size_t)device->model->weights_bytes;
  return !bytes ||
         (graphopt_cuda_ok(device, cuda->allocate(&device->weights, bytes)) &&
          graphopt_cuda_ok(device,
                           cuda->copy_in(device->weights, weights, bytes, device->own_stream)) &&
          graphopt_cuda_ok(device, cuda->wait(device->own_stream)));
}

/* With the context current. */
static void fill_context(graphopt_device *device, int32_t capability, const void *weights,
                         char *log) {
  graphopt_cuda_driver *cuda = &device->cuda;
  if (graphopt_cuda_ok(device, cuda->create_stream(&device->own_stream, STREAM_NON_BLOCKING)) &&
      graphopt_cuda_ok(device, cuda->create_event(&device->last_run, EVENT_DISABLE_TIMING))) {
    const graphopt_cuda_image *image = load_module(device, capability, log);
    if (image && find_kernels(device, image))
      upload_weights(device, weights);
  }
}

static int find_capability(graphopt_device *device, int32_t *capability) {
  graphopt_cuda_driver *cuda = &device->cuda;
  int major = 0, minor = 0;
  int found =
      graphopt_cuda_ok(device, cuda->get_attribute(&major, ATTRIBUTE_MAJOR, device->handle)) &&
      graphopt_cuda_ok(device, cuda->get_attribute(&minor, ATTRIBUTE_MINOR, device->handle));
  *capability = 10 * major + minor;
  return found;
}

static graphopt_status fill_device(graphopt_device *device, graphopt_context *context,
                                   const void *weights) {
  graphopt_cuda_driver *cuda = &device->cuda;
  if (!graphopt_cuda_open_driver(cuda, context))
    return GRAPHOPT_NO_CUDA;
  if (!graphopt_cuda_ok(device, cuda->init(0)) ||
      !graphopt_cuda_ok(device, cuda->get_device(&device->handle, device->ordinal))) {
    graphopt_cuda_status(device, context, NULL);
    return GRAPHOPT_NO_CUDA;
  }
  int32_t capability;
  if (!find_capability(device, &capability))
    return graphopt_cuda_status(device, context, NULL);
  if (!choose_image(device->code, capability, NULL)) {
    if (context->fault)
      *context->fault = (graphopt_fault){-1, -1, device->code->images[0].sm, capability};
    return GRAPHOPT_NO_GPU_CODE;
  }
  char log[LOG_BYTES] = "";
  if (graphopt_cuda_ok(device, cuda->retain_context(&device->context, device->handle)) &&
      graphopt_cuda_ok(device, cuda->push_context(device->context))) {
    fill_context(device, capability, weights, log);
    void *popped;
    cuda->pop_context(&popped);
  }
  return graphopt_cuda_status(device, context, log);
}

static graphopt_status find_weights(const graphopt_model *model, const graphopt_cuda_code *code,
                                    const graphopt_context *context, const void **weights) {
  *weights = code->weights;
  graphopt_status status = graphopt_check_weights(model, context->weights);
  if (!status && model->weights_id)
    *weights = graphopt_weights_data(context->weights);
  return status;
}

graphopt_status graphopt_device_open(const graphopt_model *model, const graphopt_cuda_code *code,
                                     graphopt_context *context, int32_t ordinal) {
  if (!context)
    return GRAPHOPT_NULL_POINTER;
  if (context->abi != GRAPHOPT_ABI_VERSION)
    return GRAPHOPT_ABI_MISMATCH;
  context->device = NULL;
  graphopt_cuda_say(context, "");
  const void *weights;
  graphopt_status status = find_weights(model, code, context, &weights);
  if (status)
    return status;
  graphopt_device *device = calloc(1, sizeof *device);
  void **functions = calloc((size_t)code->kernel_count + 1, sizeof(void *));
  if (!device || !functions) {
    free(device);
    free(functions);
    return GRAPHOPT_OUT_OF_MEMORY;
  }
  device->model = model;
  device->code = code;
  device->functions = functions;
  device->ordinal = ordinal;
  status = fill_device(device, context, weights);
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
