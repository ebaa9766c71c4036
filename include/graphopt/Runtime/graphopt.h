/* What a compiled model and its caller share. C99 and later, C++ too.
 *
 * A model is one archive with a handful of symbols named after it, and one
 * header that describes it. It holds no global state: any number of threads may
 * run one model at once, each with its own tensors and workspace. */
#ifndef GRAPHOPT_RUNTIME_GRAPHOPT_H
#define GRAPHOPT_RUNTIME_GRAPHOPT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a struct below changes; a model refuses a context of another. */
#define GRAPHOPT_ABI_VERSION 6

/* Every tensor's data and the workspace start at a multiple of this. */
#define GRAPHOPT_ALIGNMENT 64

/* Outcome of every call. 0 is success. Numbers never change their meaning. */
typedef enum graphopt_status {
  GRAPHOPT_OK = 0,
  GRAPHOPT_BAD_RANK = 1,            /* wrong number of dimensions */
  GRAPHOPT_BAD_DIM = 2,             /* a dimension differs from the model's, or
                                       from another one of the same name */
  GRAPHOPT_OUT_OF_MEMORY = 3,       /* an allocation at run time failed */
  GRAPHOPT_BAD_DTYPE = 4,           /* wrong element type */
  GRAPHOPT_NULL_POINTER = 5,        /* data, dims, table or workspace is NULL */
  GRAPHOPT_MISALIGNED = 6,          /* data or workspace: GRAPHOPT_ALIGNMENT */
  GRAPHOPT_WORKSPACE_TOO_SMALL = 7, /* see <model>_workspace_bytes */
  GRAPHOPT_ABI_MISMATCH = 8, /* context of another GRAPHOPT_ABI_VERSION */
  GRAPHOPT_BAD_DATA = 9,     /* values the model cannot work on, such as
                                an index out of range */
  GRAPHOPT_NOT_NULL = 10,    /* the library allocates this output */
  GRAPHOPT_OVERLAP = 11,     /* an output shares memory with a tensor or
                                the workspace */
  GRAPHOPT_NO_THREADS = 12,  /* the pool could not start its threads */
  GRAPHOPT_BAD_CPU = 13,     /* the CPU lacks instructions that the model was
                                compiled for */
  GRAPHOPT_NO_WEIGHTS = 14,  /* the model keeps its weights in a file, and the
                                context has none */
  GRAPHOPT_BAD_WEIGHTS = 15, /* weights that are damaged or another model's */
  GRAPHOPT_NO_FILE = 16,     /* the file cannot be opened or mapped */
  GRAPHOPT_NO_CUDA = 17,     /* no CUDA driver, or no GPU of that number */
  GRAPHOPT_NO_GPU_CODE = 18, /* the model has no code for the GPU; the fault has
                                the compute capabilities times 10 */
  GRAPHOPT_NO_DEVICE = 19,   /* the model runs on a GPU, and the context has
                                none of <model>_device_open */
  GRAPHOPT_CUDA_ERROR = 20,  /* the driver refused; the fault's `actual` is its
                                CUresult, the context's `message` its words */
  GRAPHOPT_BAD_IMAGE = 21,   /* an image file that is damaged, too large or of a
                                format that is not supported */
  GRAPHOPT_OTHER_DEVICE = 22 /* a tensor is on another GPU than the model; the fault
                                has their numbers */
} graphopt_status;

/* Element types, numbered as in ONNX (TensorProto.DataType). A bool is one byte
 * that holds 0 or 1. Elements of less than a byte take one, too: integers as
 * int8_t or uint8_t, floats in the least bits. A string is a `const char *` to
 * bytes that end in 0, never NULL; UTF-8, but any other bytes pass unchanged. */
typedef enum graphopt_dtype {
  GRAPHOPT_FLOAT = 1,
  GRAPHOPT_UINT8 = 2,
  GRAPHOPT_INT8 = 3,
  GRAPHOPT_UINT16 = 4,
  GRAPHOPT_INT16 = 5,
  GRAPHOPT_INT32 = 6,
  GRAPHOPT_INT64 = 7,
  GRAPHOPT_STRING = 8,
  GRAPHOPT_BOOL = 9,
  GRAPHOPT_FLOAT16 = 10,
  GRAPHOPT_DOUBLE = 11,
  GRAPHOPT_UINT32 = 12,
  GRAPHOPT_UINT64 = 13,
  GRAPHOPT_BFLOAT16 = 16,
  GRAPHOPT_FLOAT8E4M3FN = 17,
  GRAPHOPT_FLOAT8E4M3FNUZ = 18,
  GRAPHOPT_FLOAT8E5M2 = 19,
  GRAPHOPT_FLOAT8E5M2FNUZ = 20,
  GRAPHOPT_UINT4 = 21,
  GRAPHOPT_INT4 = 22,
  GRAPHOPT_FLOAT4E2M1 = 23,
  GRAPHOPT_FLOAT8E8M0 = 24,
  GRAPHOPT_UINT2 = 25,
  GRAPHOPT_INT2 = 26
} graphopt_dtype;

/* A dense, row-major tensor in the caller's memory; the library never frees
 * `data`.
 *
 * A model for GPUs takes `data` on its GPU, too, in the primary context, which is that of
 * CUDA's runtime and of frameworks. The driver tells it from the host's: each tensor
 * may be where it is, and what is on the GPU is used in place.
 *
 * Input: everything is read only. `data` may be NULL if there is no element.
 * Output: the caller sets rank and dtype, points `dims` at room for `rank`
 * entries, which the library writes, and `data` at enough memory for them (ask
 * <model>_result_dims). Where the size depends on values (GRAPHOPT_DIM_DATA), and
 * of strings, `data` is NULL before the run and afterwards points at memory of the
 * context's allocator that the caller frees: of strings one block, which holds
 * their bytes, too.
 *
 * A sequence (graphopt_port.kind) is a tensor of one dimension, their number, whose
 * elements are graphopt_tensors, all of the dtype that it has itself. An optional
 * value that is absent has the rank GRAPHOPT_ABSENT; what else it has is not looked at.
 * As outputs both are the library's: `data` is NULL before the run. Afterwards it is the
 * one block of memory in which all is, that the caller frees; NULL if the value is
 * absent. The library sets the rank, too, and of an optional tensor where its dims
 * are, which is in the block. */
typedef struct graphopt_tensor {
  void *data;    /* first element, GRAPHOPT_ALIGNMENT */
  int64_t *dims; /* `rank` extents in elements, outermost first */
  int32_t rank;  /* 0 for a scalar; or GRAPHOPT_ABSENT */
  int32_t dtype; /* a graphopt_dtype */
} graphopt_tensor;

/* One parallel loop's iterations `begin` .. `end - 1`. */
typedef void (*graphopt_body)(void *captures, int64_t begin, int64_t end);

/* Where a refused call went wrong. */
typedef struct graphopt_fault {
  int32_t port;     /* input number; outputs count on from the inputs; or -1 */
  int32_t dim;      /* dimension number, or -1 */
  int64_t expected; /* rank, dtype, extent, bytes: what the status is about */
  int64_t actual;
} graphopt_fault;

/* The content of a file that `graphopt compile --weights=file` wrote, at a
 * multiple of GRAPHOPT_ALIGNMENT: mapped by <model>_weights_open, or put there by
 * the caller. It is only read, by any number of runs. */
typedef struct graphopt_weights {
  const void *data;
  int64_t bytes;
} graphopt_weights;

/* A GPU with a model's kernels and weights on it. */
typedef struct graphopt_device graphopt_device;

/* How a run gets threads and memory. Every member but `abi` may be NULL, and a
 * NULL context means one thread and the C library's allocator. Start from
 * GRAPHOPT_CONTEXT_INIT. A context is only read; runs may share it if they may
 * share what it points at. */
typedef struct graphopt_context {
  uint32_t abi; /* GRAPHOPT_ABI_VERSION */
  uint32_t reserved;

  /* Calls `body` on disjoint ranges that cover 0 .. count-1, in any order on
   * any threads, and returns when all are done. NULL: one range, this thread.
   */
  void (*parallel_for)(void *pool, graphopt_body body, void *captures,
                       int64_t count);
  void *pool;

  /* Memory whose size only the run can tell; at least GRAPHOPT_ALIGNMENT.
   * May be called from any of parallel_for's threads. Both or neither. */
  void *(*allocate)(void *allocator, size_t bytes);
  void (*release)(void *allocator, void *data);
  void *allocator;

  /* Written by a run that fails, if not NULL. Not to be shared by runs. */
  graphopt_fault *fault;

  /* What <model>_detect_cpu found. 0: each run looks what the CPU has, which
   * takes microseconds. */
  uint64_t cpu;

  /* Told by a model compiled with --profile when its call `call`, an index into
   * graphopt_model.calls, begins and ends, how many floating-point operations
   * that took and how many bytes of operands. On the run's own thread. Both or
   * neither. */
  void (*begin_call)(void *profiler, int32_t call);
  void (*end_call)(void *profiler, int32_t call, int64_t operations,
                   int64_t bytes);
  void *profiler;

  /* Of a model that keeps its weights in a file. Models that share threads have
   * a copy of the context each. */
  const graphopt_weights *weights;

  /* Of a model for GPUs, by <model>_device_open. One run at a time: threads have
   * a context and a device each. */
  graphopt_device *device;

  /* Of a model for GPUs: the CUstream that runs are enqueued in, of the device's
   * primary context. NULL: one of the device's own; what is on the GPU must be there
   * before the run, which returns when it is done. With a stream it returns at once if
   * all tensors are on the GPU; they must not change, nor go, until the stream is
   * done, whose error then is the run's. Runs of one device follow each other on any
   * streams. CU_STREAM_LEGACY is the default stream. The caller may capture it. */
  void *stream;

  /* Written by a call of a model for GPUs that fails, if not NULL: what the driver
   * says of it, as much as there is room for; ends in 0. Not to be shared by runs. */
  char *message;
  int64_t message_bytes;
} graphopt_context;

#define GRAPHOPT_CONTEXT_INIT                                                  \
  {                                                                            \
    GRAPHOPT_ABI_VERSION, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL,      \
        NULL, NULL, NULL, NULL, NULL, NULL, 0                                  \
  }

/* graphopt_tensor.rank of an optional value that is absent. */
#define GRAPHOPT_ABSENT (-1)

/* graphopt_port.rank where each tensor of a sequence has its own. */
#define GRAPHOPT_ANY_RANK (-1)

/* What a port is: bits. */
typedef enum graphopt_kind {
  GRAPHOPT_TENSOR = 0,
  GRAPHOPT_SEQUENCE = 1, /* of tensors */
  GRAPHOPT_OPTIONAL = 2  /* may be absent */
} graphopt_kind;

/* Extents in graphopt_port.dims that are not numbers. */
#define GRAPHOPT_DIM_COMPUTED INT64_MIN   /* ask result_dims */
#define GRAPHOPT_DIM_DATA (INT64_MIN + 1) /* known after the run */
#define GRAPHOPT_DIM_ANY (INT64_MIN + 2)  /* of a sequence's tensor, or an optional
                                             one: each has its own */

/* An input or output as the model declares it. Of a sequence, what is said here of a
 * tensor is said of its tensors. */
typedef struct graphopt_port {
  const char *name;    /* ONNX name */
  const int64_t *dims; /* >= 0: fixed; -1 - i: open dimension i; or see above */
  int32_t rank;        /* or GRAPHOPT_ANY_RANK */
  int32_t dtype;       /* a graphopt_dtype */
  int32_t kind;        /* of graphopt_kind's bits */
} graphopt_port;

/* A call in compiled code, or, with "" for the function, what is in no call. */
typedef struct graphopt_call {
  const char *function;     /* of the kernel that is called */
  const char *const *nodes; /* ONNX names of the nodes that it computes */
  int32_t node_count;
} graphopt_call;

/* Everything a program needs to drive a model it has no header of. */
typedef struct graphopt_model {
  uint32_t abi;        /* GRAPHOPT_ABI_VERSION of the compiler */
  int32_t input_count; /* number of `inputs`, and so on */
  int32_t output_count;
  int32_t dim_count;
  const char *name;
  const graphopt_port *inputs;
  const graphopt_port *outputs;
  const char *const *dim_names; /* the open dimensions */
  int64_t weights_bytes;

  /* Bytes of workspace for these open dimensions (`dim_count` of them), or -1
   * if it cannot be had. */
  int64_t (*workspace_bytes)(const int64_t *dims);

  /* Writes all extents of all outputs that are tensors, one after the other. Those that
   * depend on values become -1. */
  void (*result_dims)(const int64_t *dims, int64_t *extents);

  /* Checks every argument, then runs. `context` may be NULL; `workspace` too if
   * none is needed. */
  graphopt_status (*run)(const graphopt_context *context,
                         const graphopt_tensor *inputs,
                         graphopt_tensor *outputs, void *workspace,
                         int64_t workspace_bytes);

  /* A pool of `threads` threads, the caller's included (0: one a CPU), entered
   * in `context`. Any model may use it, this one destroys it. NULL where the
   * model was built without threads. */
  graphopt_status (*pool_create)(graphopt_context *context, int32_t threads);
  void (*pool_destroy)(graphopt_context *context);

  const char *(*status_text)(graphopt_status status);

  /* Enters in `context` what the CPU has, so that runs need not look. Good for
   * any model; pool_create does it, too. NULL where pool_create is. */
  void (*detect_cpu)(graphopt_context *context);

  /* What the context's begin_call and end_call are told of; NULL and 0 unless
   * compiled with --profile. */
  const graphopt_call *calls;
  int32_t call_count;

  /* Of a model with its weights in a file, which the context must have; else 0,
   * and NULL. weights_open maps a file; weights_close ends that, after the last
   * run. NULL also where the model was built without files. */
  uint64_t weights_id;
  graphopt_status (*weights_open)(graphopt_weights *weights, const char *path);
  void (*weights_close)(graphopt_weights *weights);

  /* Of a model for GPUs, else NULL. device_open loads the kernels and weights on
   * GPU number `ordinal` and enters it in `context`; weights of a file are needed no more
   * then. device_close waits for the runs, and ends that. */
  graphopt_status (*device_open)(graphopt_context *context, int32_t ordinal);
  void (*device_close)(graphopt_context *context);
} graphopt_model;

#ifdef __cplusplus
}
#endif
#endif
