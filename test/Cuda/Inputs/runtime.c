/* The CUDA runtime alone, with models made by hand, under HostCuda.cpp. */
#include "lib/Runtime/Cuda.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
#define EXPECT(condition)                                                                \
  do                                                                                     \
    if (!(condition)) {                                                                  \
      printf("line %d: %s\n", __LINE__, #condition);                                     \
      ++failures;                                                                        \
    }                                                                                    \
  while (0)

/* The driver as a caller of his own ------------------------------------------------- */

static struct {
  int (*allocate)(uint64_t *, size_t);
  int (*release)(uint64_t);
  int (*copy_in)(uint64_t, const void *, size_t, void *);
  int (*copy_out)(void *, uint64_t, size_t, void *);
  int (*create_stream)(void **, unsigned);
  int (*destroy_stream)(void *);
  int (*wait)(void *);
  int (*begin_capture)(void *, int);
  int (*end_capture)(void *, void **);
  int (*instantiate)(void **, void *, unsigned long long);
  int (*destroy_graph)(void *);
  int (*launch_graph)(void *, void *);
  int (*destroy_executable)(void *);
  int (*retain)(void **, int);
  int (*give_back)(int);
  int (*push)(void *);
  int (*pop)(void **);
  void (*fail)(long, int, int);
  long (*calls)(void);
  long (*launches)(void);
  long (*alive)(void);
  long (*captures)(void);
  long (*replays)(void);
  long (*pending)(void *);
  void (*move)(uint64_t, int);
} cuda;

static void *find(const char *name) {
  void *function = dlsym(dlopen("libcuda.so.1", RTLD_NOW), name);
  if (!function) {
    printf("no %s\n", name);
    exit(2);
  }
  return function;
}

static void open_driver(void) {
  *(void **)&cuda.allocate = find("cuMemAlloc_v2");
  *(void **)&cuda.release = find("cuMemFree_v2");
  *(void **)&cuda.copy_in = find("cuMemcpyHtoDAsync_v2");
  *(void **)&cuda.copy_out = find("cuMemcpyDtoHAsync_v2");
  *(void **)&cuda.create_stream = find("cuStreamCreate");
  *(void **)&cuda.destroy_stream = find("cuStreamDestroy_v2");
  *(void **)&cuda.wait = find("cuStreamSynchronize");
  *(void **)&cuda.begin_capture = find("cuStreamBeginCapture_v2");
  *(void **)&cuda.end_capture = find("cuStreamEndCapture");
  *(void **)&cuda.instantiate = find("cuGraphInstantiateWithFlags");
  *(void **)&cuda.destroy_graph = find("cuGraphDestroy");
  *(void **)&cuda.launch_graph = find("cuGraphLaunch");
  *(void **)&cuda.destroy_executable = find("cuGraphExecDestroy");
  *(void **)&cuda.retain = find("cuDevicePrimaryCtxRetain");
  *(void **)&cuda.give_back = find("cuDevicePrimaryCtxRelease_v2");
  *(void **)&cuda.push = find("cuCtxPushCurrent_v2");
  *(void **)&cuda.pop = find("cuCtxPopCurrent_v2");
  *(void **)&cuda.fail = find("fakeCudaFail");
  *(void **)&cuda.calls = find("fakeCudaCalls");
  *(void **)&cuda.launches = find("fakeCudaLaunches");
  *(void **)&cuda.alive = find("fakeCudaAlive");
  *(void **)&cuda.captures = find("fakeCudaCaptures");
  *(void **)&cuda.replays = find("fakeCudaReplays");
  *(void **)&cuda.pending = find("fakeCudaPending");
  *(void **)&cuda.move = find("fakeCudaMove");
}

/* y = 2 * x + w, in two kernels by way of the workspace ------------------------------ */

void twice(void **arguments) {
  const float *x = *(float **)arguments[0];
  float *y = *(float **)arguments[1];
  for (int64_t i = 0; i < *(int64_t *)arguments[2]; ++i)
    y[i] = 2 * x[i];
}
void add_weight(void **arguments) {
  const float *x = *(float **)arguments[0], *w = *(float **)arguments[1];
  float *y = *(float **)arguments[2];
  for (int64_t i = 0; i < *(int64_t *)arguments[3]; ++i)
    y[i] = x[i] + *w;
}

static int32_t enter_affine(void *const *tensors, const int64_t *dims, void *workspace,
                            graphopt_run *run) {
  /* The tensor that the driver is to describe, nobody looks at. */
  int64_t tensor[] = {(intptr_t)tensors[0], 4, 1, dims[0], 1, 8};
  int64_t first[] = {(intptr_t)tensors[0], (intptr_t)workspace, dims[0], (intptr_t)tensor};
  graphopt_cuda_launch(run, 0, dims[0], 1, 0, first, 4, 1);
  int64_t second[] = {(intptr_t)workspace, (intptr_t)tensors[2], (intptr_t)tensors[1], dims[0]};
  graphopt_cuda_launch(run, 1, dims[0], 1, 64 * 1024, second, 4, 0);
  graphopt_cuda_launch(run, 2, dims[0], 1, 0, second, 4, 0);
  return graphopt_run_status(run);
}
static int64_t affine_bytes(const int64_t *dims) { return 4 * dims[0]; }
static int64_t no_bytes(const int64_t *dims) { return 0 * dims[0]; }
static void same_dims(const int64_t *dims, int64_t *extents) { *extents = *dims; }

static const int64_t open_dims[] = {-1}, data_dims[] = {GRAPHOPT_DIM_DATA};
static const graphopt_port x_port = {"x", open_dims, 1, GRAPHOPT_FLOAT, 0},
                           y_port = {"y", open_dims, 1, GRAPHOPT_FLOAT, 0},
                           z_port = {"z", data_dims, 1, GRAPHOPT_FLOAT, 0};
static const char *const dim_names[] = {"n"};
/* The last is in none of the images: it is not asked for, and its launch is passed over. */
static const graphopt_cuda_kernel kernels[] = {{"twice", ~0u}, {"add_weight", 1}, {"of_others", 2}};
static const float weight[] = {0.5f};
static const graphopt_cuda_image images[] = {{"old", 80, 0, 0}, {"good", 86, 0, 0}, {"new", 90, 0, 0}};
static const graphopt_cuda_code affine_code = {enter_affine, affine_bytes, images, kernels,
                                               weight, 3, 3, 1};
static const graphopt_model affine = {.abi = GRAPHOPT_ABI_VERSION, .input_count = 1,
                                      .output_count = 1, .dim_count = 1, .name = "affine",
                                      .inputs = &x_port, .outputs = &y_port,
                                      .dim_names = dim_names, .weights_bytes = sizeof weight,
                                      .workspace_bytes = no_bytes, .result_dims = same_dims};

/* z = the first x[0] of 2 * x: the host reads, the GPU allocates ---------------------- */

static int32_t enter_prefix(void *const *tensors, const int64_t *dims, void *workspace,
                            graphopt_run *run) {
  (void)workspace;
  int32_t bits = (int32_t)graphopt_cuda_read(run, tensors[0], 4);
  float first;
  memcpy(&first, &bits, 4);
  int64_t count = (int64_t)first;
  if (count > dims[0])
    graphopt_fail(run, GRAPHOPT_BAD_DATA);
  if (graphopt_run_status(run))
    return graphopt_run_status(run);
  void *block = graphopt_cuda_allocate(run, 4 * count);
  if (!block)
    return graphopt_run_status(run);
  int64_t arguments[] = {(intptr_t)tensors[0], (intptr_t)block, count};
  graphopt_cuda_launch(run, 0, count, 1, 0, arguments, 3, 0);
  graphopt_cuda_write(run, block, 0, 4);
  graphopt_cuda_set_result(run, 0, block, 4 * count, &count);
  return graphopt_run_status(run);
}
static void unknown_dims(const int64_t *dims, int64_t *extents) { *extents = -1 + 0 * *dims; }
static const graphopt_cuda_code prefix_code = {enter_prefix, no_bytes, images, kernels,
                                               NULL, 3, 3, 0};
static const graphopt_model prefix = {.abi = GRAPHOPT_ABI_VERSION, .input_count = 1,
                                      .output_count = 1, .dim_count = 1, .name = "prefix",
                                      .inputs = &x_port, .outputs = &z_port,
                                      .dim_names = dim_names, .workspace_bytes = no_bytes,
                                      .result_dims = unknown_dims};

static graphopt_status run_affine(const graphopt_context *context, void *x, void *y, int64_t n) {
  int64_t x_dims[] = {n}, y_dims[] = {-1};
  graphopt_tensor input = {x, x_dims, 1, GRAPHOPT_FLOAT}, output = {y, y_dims, 1, GRAPHOPT_FLOAT};
  return graphopt_run_cuda(&affine, &affine_code, context, &input, &output, NULL, 0);
}

static graphopt_status open_affine(graphopt_context *context) {
  return graphopt_device_open(&affine, &affine_code, context, 0);
}

/* Tensors of the tests --------------------------------------------------------------- */

enum { ROOM = 4096 };
typedef struct tensors {
  float *x, *y;       /* the host's */
  uint64_t gx, gy;    /* the GPU's */
} tensors;

static float *make(void) { return aligned_alloc(64, ROOM * sizeof(float)); }

static tensors make_tensors(void) {
  tensors made = {make(), make(), 0, 0};
  for (int i = 0; i < ROOM; ++i)
    made.x[i] = (float)i;
  cuda.allocate(&made.gx, ROOM * sizeof(float));
  cuda.allocate(&made.gy, ROOM * sizeof(float));
  cuda.copy_in(made.gx, made.x, ROOM * sizeof(float), NULL);
  return made;
}
static void free_tensors(tensors made) {
  free(made.x);
  free(made.y);
  cuda.release(made.gx);
  cuda.release(made.gy);
}
static void *at(uint64_t address) { return (void *)(uintptr_t)address; }

static void clear(float *y) { memset(y, 0xff, ROOM * sizeof(float)); }
static int is_right(const float *y, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    if (y[i] != 2 * (float)i + 0.5f)
      return 0;
  return 1;
}
static int is_right_on_gpu(uint64_t gy, int64_t n) {
  float *y = make();
  cuda.copy_out(y, gy, (size_t)n * sizeof(float), NULL);
  int right = is_right(y, n);
  free(y);
  return right;
}

/* Tests ------------------------------------------------------------------------------ */

static void test_graphs(void) {
  tensors t = make_tensors();
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  EXPECT(!open_affine(&context));
  long captures = cuda.captures(), replays = cuda.replays();
  cuda.fail(0, 0, 0);
  for (int i = 0; i < 5; ++i) {
    clear(t.y);
    EXPECT(!run_affine(&context, t.x, t.y, 100));
    EXPECT(is_right(t.y, 100));
  }
  EXPECT(cuda.captures() - captures == 1); /* by the second run */
  EXPECT(cuda.replays() - replays == 4);
  EXPECT(cuda.launches() == 4); /* of the first run, and those captured */

  /* A larger shape moves the arena: what was captured is void. */
  long alive = cuda.alive();
  EXPECT(!run_affine(&context, t.x, t.y, 2000) && is_right(t.y, 2000));
  EXPECT(cuda.alive() == alive - 1);
  EXPECT(!run_affine(&context, t.x, t.y, 100) && is_right(t.y, 100));
  EXPECT(cuda.captures() - captures == 1);
  EXPECT(!run_affine(&context, t.x, t.y, 100) && is_right(t.y, 100));
  EXPECT(cuda.captures() - captures == 2);

  /* Not more than a number of them is kept. */
  for (int turn = 0; turn < 2; ++turn)
    for (int64_t n = 1; n <= 40; ++n)
      EXPECT(!run_affine(&context, t.x, t.y, n) && is_right(t.y, n));
  EXPECT(cuda.captures() - captures == 2);
  alive = cuda.alive();
  for (int64_t n = 1; n <= 40; ++n)
    for (int i = 0; i < 3; ++i)
      EXPECT(!run_affine(&context, t.x, t.y, n) && is_right(t.y, n));
  EXPECT(cuda.captures() - captures == 42);
  EXPECT(cuda.alive() - alive <= 16);
  EXPECT(!run_affine(&context, t.x, t.y, 0));
  graphopt_device_close(&context);
  free_tensors(t);
}

static void test_device_tensors(void) {
  tensors t = make_tensors();
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  EXPECT(!open_affine(&context));
  long captures = cuda.captures();
  for (int i = 0; i < 3; ++i) {
    clear(t.y);
    cuda.copy_in(t.gy, t.y, 400, NULL);
    EXPECT(!run_affine(&context, at(t.gx), at(t.gy), 100) && is_right_on_gpu(t.gy, 100));
    EXPECT(!run_affine(&context, at(t.gx), t.y, 100) && is_right(t.y, 100));
    cuda.copy_in(t.gy, t.x, 400, NULL);
    EXPECT(!run_affine(&context, t.x, at(t.gy), 100) && is_right_on_gpu(t.gy, 100));
  }
  EXPECT(cuda.captures() - captures == 3);
  /* Other addresses, another graph; in the middle of memory, too. */
  EXPECT(!run_affine(&context, at(t.gx), at(t.gy + 1024), 100));
  EXPECT(is_right_on_gpu(t.gy + 1024, 100) && cuda.captures() - captures == 3);
  graphopt_fault fault;
  context.fault = &fault;
  EXPECT(run_affine(&context, at(t.gx + 4), at(t.gy), 100) == GRAPHOPT_MISALIGNED);
  EXPECT(run_affine(&context, at(t.gx), at(t.gx), 100) == GRAPHOPT_OVERLAP);
  cuda.move(t.gy, 1);
  EXPECT(run_affine(&context, at(t.gx), at(t.gy), 100) == GRAPHOPT_OTHER_DEVICE);
  EXPECT(fault.port == 1 && fault.expected == 0 && fault.actual == 1);
  graphopt_device_close(&context);
  free_tensors(t);
}

static void test_streams(void) {
  tensors t = make_tensors(), u = make_tensors();
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  EXPECT(!open_affine(&context));
  void *a, *b;
  cuda.create_stream(&a, 0);
  cuda.create_stream(&b, 0);
  for (int i = 0; i < 4; ++i) {
    cuda.copy_in(t.gy, t.x, 400, NULL);
    cuda.copy_in(u.gy, t.x, 400, NULL);
    context.stream = a;
    EXPECT(!run_affine(&context, at(t.gx), at(t.gy), 100));
    EXPECT(!is_right_on_gpu(t.gy, 100)); /* enqueued only */
    context.stream = b;
    EXPECT(!run_affine(&context, at(u.gx), at(u.gy), 100));
    cuda.wait(b); /* and with it the run before, whose workspace it has */
    EXPECT(is_right_on_gpu(t.gy, 100) && is_right_on_gpu(u.gy, 100));
  }
  /* With a tensor of the host the run waits, as without a stream; a larger one, too. */
  EXPECT(!run_affine(&context, at(t.gx), t.y, 100) && is_right(t.y, 100));
  EXPECT(!run_affine(&context, at(t.gx), at(t.gy), 100));
  EXPECT(!run_affine(&context, at(u.gx), at(u.gy), 1000));
  EXPECT(is_right_on_gpu(t.gy, 100));
  context.stream = NULL;
  EXPECT(!run_affine(&context, at(u.gx), at(t.gy), 500));
  EXPECT(is_right_on_gpu(t.gy, 500) && is_right_on_gpu(u.gy, 1000));
  /* The default stream, which cannot be captured. */
  context.stream = (void *)1;
  long captures = cuda.captures();
  for (int i = 0; i < 3; ++i)
    EXPECT(!run_affine(&context, at(t.gx), at(t.gy), 64));
  EXPECT(cuda.captures() - captures == 1);
  graphopt_device_close(&context);
  EXPECT(is_right_on_gpu(t.gy, 64));
  cuda.destroy_stream(a);
  cuda.destroy_stream(b);
  free_tensors(t);
  free_tensors(u);
}

static void test_callers_graph(void) {
  tensors t = make_tensors();
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  EXPECT(!open_affine(&context));
  void *stream, *graph, *executable;
  cuda.create_stream(&stream, 0);
  context.stream = stream;
  EXPECT(!run_affine(&context, at(t.gx), at(t.gy), 100));
  cuda.copy_in(t.gy, t.x, 400, stream);
  long captures = cuda.captures();
  EXPECT(!cuda.begin_capture(stream, 0));
  EXPECT(!run_affine(&context, at(t.gx), at(t.gy), 100));
  EXPECT(!cuda.end_capture(stream, &graph));
  EXPECT(cuda.captures() == captures + 1); /* no other one in it */
  EXPECT(!cuda.instantiate(&executable, graph, 0));
  EXPECT(!is_right_on_gpu(t.gy, 100));
  cuda.launch_graph(executable, stream);
  cuda.wait(stream);
  EXPECT(is_right_on_gpu(t.gy, 100));
  cuda.destroy_graph(graph);
  cuda.destroy_executable(executable);
  /* What would have to wait is an error of its own. */
  char message[100];
  context.message = message;
  context.message_bytes = sizeof message;
  EXPECT(!cuda.begin_capture(stream, 0));
  EXPECT(run_affine(&context, at(t.gx), t.y, 100) == GRAPHOPT_CUDA_ERROR);
  EXPECT(strstr(message, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"));
  cuda.end_capture(stream, &graph);
  EXPECT(!graph);
  EXPECT(!run_affine(&context, at(t.gx), t.y, 100) && is_right(t.y, 100));
  graphopt_device_close(&context);
  cuda.destroy_stream(stream);
  free_tensors(t);
}

static void test_reading_host(void) {
  tensors t = make_tensors();
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  graphopt_fault fault = {0, 0, 0, 0};
  context.fault = &fault;
  EXPECT(!graphopt_device_open(&prefix, &prefix_code, &context, 0));
  EXPECT(run_affine(&context, t.x, t.y, 100) == GRAPHOPT_NO_DEVICE); /* another's */
  context.stream = (void *)2;
  long captures = cuda.captures(), alive = cuda.alive();
  for (int i = 0; i < 6; ++i) {
    int64_t x_dims[] = {100}, z_dims[] = {-1};
    t.x[0] = i < 5 ? (float)(3 + i) : 1000.0f;
    graphopt_tensor input = {t.x, x_dims, 1, GRAPHOPT_FLOAT}, output = {NULL, z_dims, 1, GRAPHOPT_FLOAT};
    graphopt_status status =
        graphopt_run_cuda(&prefix, &prefix_code, &context, &input, &output, NULL, 0);
    EXPECT(status == (i < 5 ? GRAPHOPT_OK : GRAPHOPT_BAD_DATA));
    EXPECT(status ? !output.data : z_dims[0] == 3 + i && ((float *)output.data)[2] == 4);
    free(output.data);
  }
  EXPECT(cuda.captures() == captures && cuda.alive() == alive + 1); /* the arena */
  EXPECT(fault.port == -1 && fault.actual == 0);
  graphopt_device_close(&context);
  free_tensors(t);
}

static void test_images(void) {
  char message[256];
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  context.message = message;
  context.message_bytes = sizeof message;
  graphopt_cuda_image tried[] = {{"other", 86, 0, 0}, {"bad", 80, 1, 0}, {"good", 75, 1, 0}};
  graphopt_cuda_code code = affine_code;
  code.images = tried;
  EXPECT(!graphopt_device_open(&affine, &code, &context, 0)); /* by the last */
  graphopt_device_close(&context);
  code.image_count = 2;
  EXPECT(graphopt_device_open(&affine, &code, &context, 0) == GRAPHOPT_CUDA_ERROR);
  EXPECT(!strcmp(message, "CUDA_ERROR_INVALID_PTX: an error of the fake: ptxas: line 1: what is this?"));
  EXPECT(!context.device);
  context.message_bytes = 9;
  EXPECT(graphopt_device_open(&affine, &code, &context, 0) == GRAPHOPT_CUDA_ERROR);
  EXPECT(!strcmp(message, "CUDA_ERR"));
  context.message = NULL;
  EXPECT(graphopt_device_open(&affine, &code, &context, 0) == GRAPHOPT_CUDA_ERROR);
  tried[0].sm = tried[1].sm = 90;
  EXPECT(graphopt_device_open(&affine, &code, &context, 0) == GRAPHOPT_NO_GPU_CODE);
  EXPECT(graphopt_device_open(&affine, &affine_code, &context, 1) == GRAPHOPT_NO_CUDA);
}

/* All that a program may do with a model; returns the first status that is none. */
static graphopt_status do_all(const tensors *t, void *stream) {
  char message[64];
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  context.message = message;
  context.message_bytes = sizeof message;
  graphopt_status first = open_affine(&context);
  if (first)
    return first;
  for (int i = 0; i < 6; ++i) {
    context.stream = i % 2 ? stream : NULL;
    graphopt_status status[] = {run_affine(&context, t->x, t->y, 100), GRAPHOPT_OK};
    long pending = cuda.pending(stream);
    status[1] = run_affine(&context, at(t->gx), at(t->gy), 10 << i);
    EXPECT(!status[1] || cuda.pending(stream) <= pending);
    for (int k = 0; k < 2; ++k)
      if (status[k]) {
        EXPECT(!strncmp(message, "CUDA_ERROR", 10) || k == 0);
        first = first ? first : status[k];
      }
    EXPECT(status[0] || is_right(t->y, 100));
  }
  graphopt_device_close(&context);
  return first;
}

static graphopt_status do_prefix(const tensors *t) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  graphopt_status status = graphopt_device_open(&prefix, &prefix_code, &context, 0);
  if (status)
    return status;
  int64_t x_dims[] = {100}, z_dims[] = {-1};
  graphopt_tensor input = {at(t->gx + 256), x_dims, 1, GRAPHOPT_FLOAT},
                  output = {NULL, z_dims, 1, GRAPHOPT_FLOAT};
  status = graphopt_run_cuda(&prefix, &prefix_code, &context, &input, &output, NULL, 0);
  EXPECT(status ? !output.data : z_dims[0] == 64);
  free(output.data);
  graphopt_device_close(&context);
  return status;
}

/* Each call of the driver fails once, or from then on: there is a status, and nothing is
 * left behind. */
static void test_failures(void) {
  tensors t = make_tensors();
  void *stream;
  cuda.create_stream(&stream, 0);
  int seen = 0;
  for (int isPrefix = 0; isPrefix < 2; ++isPrefix)
    for (int forGood = 0; forGood < 2; ++forGood)
      for (long n = 1;; ++n) {
        long alive = cuda.alive();
        cuda.fail(n, n % 3 ? 719 : 2, forGood);
        graphopt_status status = isPrefix ? do_prefix(&t) : do_all(&t, stream);
        long calls = cuda.calls();
        cuda.fail(0, 0, 0);
        EXPECT(!cuda.wait(stream));
        EXPECT(cuda.alive() == alive);
        if (calls < n)
          break;
        EXPECT(status == GRAPHOPT_OK || status == GRAPHOPT_NO_CUDA ||
               status == (n % 3 ? GRAPHOPT_CUDA_ERROR : GRAPHOPT_OUT_OF_MEMORY));
        seen += status != GRAPHOPT_OK;
      }
  printf("%d failures seen\n", seen);
  EXPECT(seen > 250);
  cuda.destroy_stream(stream);
  free_tensors(t);
}

static void begin_context(void) {
  void *context;
  cuda.retain(&context, 10);
  cuda.push(context);
}
static void end_context(void) {
  void *popped;
  cuda.pop(&popped);
  cuda.give_back(10);
}

static void *run_in_thread(void *result) {
  begin_context();
  tensors t = make_tensors();
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  int good = !open_affine(&context);
  for (int64_t i = 0; i < 60 && good; ++i) {
    clear(t.y);
    int64_t n = 1 + i % 7 * 50;
    good = !run_affine(&context, t.x, t.y, n) && is_right(t.y, n);
  }
  good &= !do_prefix(&t);
  graphopt_device_close(&context);
  free_tensors(t);
  end_context();
  *(int *)result = good;
  return NULL;
}

static void test_threads(void) {
  pthread_t threads[2];
  int good[2];
  for (int i = 0; i < 2; ++i)
    pthread_create(&threads[i], NULL, run_in_thread, &good[i]);
  for (int i = 0; i < 2; ++i)
    pthread_join(threads[i], NULL);
  EXPECT(good[0] && good[1]);
}

int main(void) {
  open_driver();
  void (*tests[])(void) = {test_graphs, test_device_tensors, test_streams, test_callers_graph,
                           test_reading_host, test_images, test_failures, test_threads};
  begin_context();
  for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) {
    long alive = cuda.alive();
    tests[i]();
    EXPECT(cuda.alive() == alive);
  }
  end_context();
  puts(failures ? "failed" : "passed");
  return failures != 0;
}
