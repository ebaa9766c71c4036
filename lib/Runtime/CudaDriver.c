/* The CUDA driver, opened by name: a model links and starts on machines that have
 * none. */
#include "CudaDevice.h"
#include "Libc.h"

enum { OUT_OF_MEMORY = 2 /* CUDA_ERROR_OUT_OF_MEMORY */ };

int graphopt_cuda_open_driver(graphopt_cuda_driver *cuda, const graphopt_context *context) {
  cuda->library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!cuda->library) {
    graphopt_cuda_say(context, "libcuda.so.1 cannot be loaded");
    return 0;
  }
  const char *missing = NULL;
#define CUDA_FUNCTION(member, symbol, ...)                                     \
  *(void **)&cuda->member = dlsym(cuda->library, symbol);                      \
  if (!cuda->member)                                                           \
    missing = symbol;
#define CUDA_OPTIONAL(member, symbol, ...)                                     \
  *(void **)&cuda->member = dlsym(cuda->library, symbol);
#include "CudaDriver.def"
  if (missing) {
    graphopt_cuda_say(context, "libcuda.so.1 is too old, it lacks ");
    graphopt_cuda_add(context, missing);
  }
  return !missing;
}

void graphopt_cuda_say(const graphopt_context *context, const char *text) {
  if (context->message && context->message_bytes > 0)
    context->message[0] = 0;
  graphopt_cuda_add(context, text);
}

void graphopt_cuda_add(const graphopt_context *context, const char *text) {
  if (!context->message || context->message_bytes <= 0)
    return;
  size_t used = strlen(context->message), room = (size_t)context->message_bytes - used - 1;
  size_t bytes = strlen(text);
  bytes = bytes < room ? bytes : room;
  memcpy(context->message + used, text, bytes);
  context->message[used + bytes] = 0;
}

int graphopt_cuda_ok(graphopt_device *device, int result) {
  if (!device->failure)
    device->failure = result;
  return !result;
}

graphopt_status graphopt_cuda_status(const graphopt_device *device,
                                     const graphopt_context *context, const char *log) {
  int result = device->failure;
  if (!result)
    return GRAPHOPT_OK;
  if (context->fault)
    *context->fault = (graphopt_fault){-1, -1, 0, result};
  const char *name = NULL, *text = NULL;
  device->cuda.error_name(result, &name);
  device->cuda.error_text(result, &text);
  graphopt_cuda_say(context, name ? name : "an error that the driver has no name for");
  for (int i = 0; i < 2; ++i) {
    const char *more = i ? log : text;
    if (!more || !*more)
      continue;
    graphopt_cuda_add(context, ": ");
    graphopt_cuda_add(context, more);
  }
  return result == OUT_OF_MEMORY ? GRAPHOPT_OUT_OF_MEMORY : GRAPHOPT_CUDA_ERROR;
}
