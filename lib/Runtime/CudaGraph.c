/* CUDA graphs: a shape that comes again is captured, and replayed from then on. What
 * comes once only would cost more to capture than to launch. */
#include "CudaDevice.h"
#include "Libc.h"

enum {
  MAX_GRAPHS = 16, /* of a device */
  CAPTURE_THREAD_LOCAL = 1 /* CU_STREAM_CAPTURE_MODE_THREAD_LOCAL */
};

/* The launches depend on sizes and addresses alone: these are the key. */
struct graphopt_cuda_graph {
  graphopt_cuda_graph *next;
  void *executable; /* NULL: came once */
  int64_t key[];
};

static int32_t tensor_count(const graphopt_model *model) {
  return model->input_count + model->output_count;
}

static size_t key_bytes(const graphopt_model *model) {
  return sizeof(int64_t) * (size_t)(model->dim_count + tensor_count(model) + 1);
}

static void fill_key(int64_t *key, const graphopt_request *request, void *const *tensors,
                     void *workspace) {
  for (int32_t i = 0; i < request->model->dim_count; ++i)
    *key++ = request->dims[i];
  for (int32_t i = 0; i < tensor_count(request->model); ++i)
    *key++ = (int64_t)(uintptr_t)tensors[i];
  *key = (int64_t)(uintptr_t)workspace;
}

static void free_graphs(graphopt_device *device, graphopt_cuda_graph **first) {
  while (*first) {
    graphopt_cuda_graph *graph = *first;
    *first = graph->next;
    if (graph->executable)
      device->cuda.destroy_executable(graph->executable);
    free(graph);
  }
}

void graphopt_cuda_drop_graphs(graphopt_device *device) {
  free_graphs(device, &device->graphs);
}

/* The one of this key, which comes to the front, or NULL. */
static graphopt_cuda_graph *find_graph(graphopt_device *device, const int64_t *key) {
  size_t bytes = key_bytes(device->model);
  graphopt_cuda_graph **link = &device->graphs;
  while (*link && memcmp((*link)->key, key, bytes))
    link = &(*link)->next;
  graphopt_cuda_graph *graph = *link;
  if (!graph)
    return NULL;
  *link = graph->next;
  graph->next = device->graphs;
  device->graphs = graph;
  return graph;
}

/* Without memory for it the shape is not remembered. */
static void remember(graphopt_device *device, const int64_t *key) {
  size_t bytes = key_bytes(device->model);
  graphopt_cuda_graph *graph = calloc(1, sizeof *graph + bytes);
  if (!graph)
    return;
  memcpy(graph->key, key, bytes);
  graph->next = device->graphs;
  device->graphs = graph;
  graphopt_cuda_graph **link = &device->graphs;
  for (int i = 0; i < MAX_GRAPHS && *link; ++i)
    link = &(*link)->next;
  free_graphs(device, link);
}

static int32_t call_entry(graphopt_device *device, const graphopt_request *request,
                          void *const *tensors, void *workspace, graphopt_run *run) {
  return device->code->entry(tensors, request->dims, workspace, run);
}

/* In the device's own stream: the caller's may be one that cannot be captured. */
static int32_t capture(graphopt_device *device, const graphopt_request *request,
                       void *const *tensors, void *workspace, graphopt_run *run,
                       void **executable) {
  graphopt_cuda_driver *cuda = &device->cuda;
  if (!graphopt_cuda_ok(device, cuda->begin_capture(device->own_stream, CAPTURE_THREAD_LOCAL)))
    return GRAPHOPT_CUDA_ERROR;
  void *graph = NULL, *stream = device->stream;
  device->stream = device->own_stream;
  int32_t status = call_entry(device, request, tensors, workspace, run);
  device->stream = stream;
  int ended = graphopt_cuda_ok(device, cuda->end_capture(device->own_stream, &graph));
  if (!status && !(ended && graphopt_cuda_ok(device, cuda->instantiate_graph(executable, graph, 0))))
    status = GRAPHOPT_CUDA_ERROR;
  if (graph && !graphopt_cuda_ok(device, cuda->destroy_graph(graph)) && !status)
    status = GRAPHOPT_CUDA_ERROR;
  return status;
}

int32_t graphopt_cuda_enter(graphopt_device *device, const graphopt_request *request,
                            void *const *tensors, void *workspace, graphopt_run *run) {
  if (!device->code->is_replayable || device->is_captured)
    return call_entry(device, request, tensors, workspace, run);
  int64_t key[key_bytes(device->model) / sizeof(int64_t)];
  fill_key(key, request, tensors, workspace);
  graphopt_cuda_graph *graph = find_graph(device, key);
  if (!graph) {
    remember(device, key);
    return call_entry(device, request, tensors, workspace, run);
  }
  int32_t status = GRAPHOPT_OK;
  if (!graph->executable)
    status = capture(device, request, tensors, workspace, run, &graph->executable);
  if (!status &&
      !graphopt_cuda_ok(device, device->cuda.launch_graph(graph->executable, device->stream)))
    status = GRAPHOPT_CUDA_ERROR;
  return status;
}
