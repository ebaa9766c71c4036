// The checks in front of a model, and its memory, against a model made by hand:
//   x: float [n, 4], index: int64 [n]  ->  y: float [n, 4], found: int64 [?]
// y = 2 x; found = indices that are not 0; an index < 0 is bad data.
#include "Run.h"
#include "WeightsFile.h"
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace {

const int64_t xDims[] = {-1, 4}, indexDims[] = {-1},
              foundDims[] = {GRAPHOPT_DIM_DATA};
const graphopt_port inputPorts[] = {{"x", xDims, 2, GRAPHOPT_FLOAT},
                                    {"index", indexDims, 1, GRAPHOPT_INT64}};
const graphopt_port outputPorts[] = {{"y", xDims, 2, GRAPHOPT_FLOAT},
                                     {"found", foundDims, 1, GRAPHOPT_INT64}};
const char *const dimNames[] = {"n"};

const graphopt_model model = {GRAPHOPT_ABI_VERSION,
                              2,
                              2,
                              1,
                              "hand",
                              inputPorts,
                              outputPorts,
                              dimNames,
                              0,
                              [](const int64_t *dims) { return 128 * dims[0]; },
                              [](const int64_t *dims, int64_t *extents) {
                                extents[0] = dims[0];
                                extents[1] = 4;
                                extents[2] = -1;
                              },
                              nullptr,
                              graphopt_pool_create,
                              graphopt_pool_destroy,
                              graphopt_status_text,
                              graphopt_detect_cpu};

struct Doubling {
  const float *x;
  float *y;
};

int32_t entry(void *const *tensors, const int64_t *dims, void *workspace,
              graphopt_run *run) {
  int64_t n = dims[0];
  if (n)
    std::memset(workspace, 0xff, 128 * n);
  auto *index = static_cast<const int64_t *>(tensors[1]);
  Doubling rows = {static_cast<float *>(tensors[0]),
                   static_cast<float *>(tensors[2])};
  graphopt_parallel_for(
      run,
      [](void *captures, int64_t begin, int64_t end) {
        auto *rows = static_cast<Doubling *>(captures);
        for (int64_t i = 4 * begin; i < 4 * end; ++i)
          rows->y[i] = 2 * rows->x[i];
      },
      &rows, n);
  auto *scratch = static_cast<char *>(graphopt_allocate(run, 100));
  auto *found = static_cast<int64_t *>(graphopt_allocate(run, 8 * n));
  if (!scratch || !found)
    return graphopt_run_status(run);
  std::memset(scratch, 0xff, 100);
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (index[i] < 0)
      graphopt_fail(run, GRAPHOPT_BAD_DATA);
    if (index[i] != 0)
      found[count++] = i;
  }
  graphopt_set_result(run, 1, found, 8 * count, &count);
  return graphopt_run_status(run);
}

const graphopt_variant variant = {entry, 0};

template <class T> struct Aligned {
  explicit Aligned(size_t count)
      : data(
            static_cast<T *>(aligned_alloc(64, (count * sizeof(T) | 63) + 1))) {
  }
  ~Aligned() { free(data); }
  T *data;
};

/// A call that succeeds; each test spoils one thing.
struct Call {
  Call() {
    for (int i = 0; i < 12; ++i)
      x.data[i] = i;
    index.data[0] = 0, index.data[1] = 5, index.data[2] = 7;
    context.fault = &fault;
    context.allocator = this;
    context.allocate = [](void *self, size_t bytes) -> void * {
      auto *call = static_cast<Call *>(self);
      if (call->allocationsLeft-- <= 0)
        return nullptr;
      ++call->live;
      return aligned_alloc(64, (bytes | 63) + 1);
    };
    context.release = [](void *self, void *data) {
      --static_cast<Call *>(self)->live;
      free(data);
    };
  }
  ~Call() {
    if (outputs[1].data)
      context.release(this, outputs[1].data);
    EXPECT_EQ(live, 0) << "memory kept";
  }
  graphopt_status run() {
    return graphopt_run_model(&model, &variant, 1, &context, inputs, outputs,
                              workspace.data, workspaceBytes);
  }

  Aligned<float> x{16}, y{16};
  Aligned<int64_t> index{16};
  Aligned<char> workspace{384};
  int64_t xExtents[2] = {3, 4}, indexExtents[1] = {3};
  int64_t yExtents[2] = {-7, -7}, foundExtents[1] = {-7};
  graphopt_tensor inputs[2] = {{x.data, xExtents, 2, GRAPHOPT_FLOAT},
                               {index.data, indexExtents, 1, GRAPHOPT_INT64}};
  graphopt_tensor outputs[2] = {{y.data, yExtents, 2, GRAPHOPT_FLOAT},
                                {nullptr, foundExtents, 1, GRAPHOPT_INT64}};
  int64_t workspaceBytes = 384;
  graphopt_fault fault = {-9, -9, -9, -9};
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  int allocationsLeft = 100, live = 0;
};

void expectFault(const Call &call, int port, int dim, int64_t expected,
                 int64_t actual) {
  EXPECT_EQ(call.fault.port, port);
  EXPECT_EQ(call.fault.dim, dim);
  EXPECT_EQ(call.fault.expected, expected);
  EXPECT_EQ(call.fault.actual, actual);
}

void expectResults(Call &call) {
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(call.y.data[i], 2.0f * i);
  EXPECT_EQ(call.yExtents[0], 3);
  EXPECT_EQ(call.yExtents[1], 4);
  ASSERT_EQ(call.foundExtents[0], 2);
  auto *found = static_cast<int64_t *>(call.outputs[1].data);
  EXPECT_EQ(found[0], 1);
  EXPECT_EQ(found[1], 2);
}

TEST(Run, succeeds) {
  Call call;
  ASSERT_EQ(call.run(), GRAPHOPT_OK);
  expectResults(call);
  EXPECT_EQ(call.live, 1) << "the result is the caller's";
}

TEST(Run, succeedsWithPool) {
  Call call;
  ASSERT_EQ(graphopt_pool_create(&call.context, 3), GRAPHOPT_OK);
  ASSERT_EQ(call.run(), GRAPHOPT_OK);
  expectResults(call);
  graphopt_pool_destroy(&call.context);
}

TEST(Run, succeedsWithoutContext) {
  Call call;
  ASSERT_EQ(graphopt_run_model(&model, &variant, 1, nullptr, call.inputs,
                               call.outputs, call.workspace.data, 384),
            GRAPHOPT_OK);
  expectResults(call);
  free(call.outputs[1].data);
  call.outputs[1].data = nullptr;
}

// No element: no data is needed, nor a workspace of 0 bytes.
TEST(Run, zeroSized) {
  Call call;
  call.xExtents[0] = call.indexExtents[0] = 0;
  call.inputs[0].data = call.inputs[1].data = call.outputs[0].data = nullptr;
  ASSERT_EQ(graphopt_run_model(&model, &variant, 1, &call.context, call.inputs,
                               call.outputs, nullptr, 0),
            GRAPHOPT_OK);
  EXPECT_EQ(call.yExtents[0], 0);
  EXPECT_EQ(call.foundExtents[0], 0);
}

TEST(Run, badDtype) {
  Call call;
  call.inputs[0].dtype = GRAPHOPT_DOUBLE;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DTYPE);
  expectFault(call, 0, -1, GRAPHOPT_FLOAT, GRAPHOPT_DOUBLE);
  Call output;
  output.outputs[1].dtype = GRAPHOPT_INT32;
  EXPECT_EQ(output.run(), GRAPHOPT_BAD_DTYPE);
  expectFault(output, 3, -1, GRAPHOPT_INT64, GRAPHOPT_INT32);
}

TEST(Run, badRank) {
  Call call;
  call.inputs[0].rank = 1;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_RANK);
  expectFault(call, 0, -1, 2, 1);
  Call output;
  output.outputs[0].rank = 3;
  EXPECT_EQ(output.run(), GRAPHOPT_BAD_RANK);
  expectFault(output, 2, -1, 2, 3);
}

TEST(Run, badDim) {
  Call call;
  call.xExtents[1] = 5;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DIM);
  expectFault(call, 0, 1, 4, 5);
}

// Two dimensions of one name agree.
TEST(Run, badDimOfOneName) {
  Call call;
  call.indexExtents[0] = 2;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DIM);
  expectFault(call, 1, 0, 3, 2);
}

TEST(Run, badDimNegative) {
  Call call;
  call.xExtents[0] = -3;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DIM);
}

TEST(Run, badDimTooMany) {
  Call call;
  call.xExtents[0] = call.indexExtents[0] = INT64_MAX / 4;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DIM);
}

TEST(Run, nullPointer) {
  Call data, dims, output, outputDims, tables, workspace;
  data.inputs[1].data = nullptr;
  EXPECT_EQ(data.run(), GRAPHOPT_NULL_POINTER);
  EXPECT_EQ(data.fault.port, 1);
  dims.inputs[0].dims = nullptr;
  EXPECT_EQ(dims.run(), GRAPHOPT_NULL_POINTER);
  EXPECT_EQ(dims.fault.port, 0);
  output.outputs[0].data = nullptr;
  EXPECT_EQ(output.run(), GRAPHOPT_NULL_POINTER);
  EXPECT_EQ(output.fault.port, 2);
  outputDims.outputs[1].dims = nullptr;
  EXPECT_EQ(outputDims.run(), GRAPHOPT_NULL_POINTER);
  EXPECT_EQ(outputDims.fault.port, 3);
  EXPECT_EQ(graphopt_run_model(&model, &variant, 1, &tables.context, nullptr,
                               tables.outputs, tables.workspace.data, 384),
            GRAPHOPT_NULL_POINTER);
  EXPECT_EQ(graphopt_run_model(&model, &variant, 1, &workspace.context,
                               workspace.inputs, workspace.outputs, nullptr,
                               384),
            GRAPHOPT_NULL_POINTER);
}

TEST(Run, nullPointerOneAllocationHook) {
  Call call;
  auto release = call.context.release;
  call.context.release = nullptr;
  EXPECT_EQ(call.run(), GRAPHOPT_NULL_POINTER);
  call.context.release = release;
}

TEST(Run, misaligned) {
  Call call;
  call.inputs[0].data = call.x.data + 1;
  EXPECT_EQ(call.run(), GRAPHOPT_MISALIGNED);
  expectFault(call, 0, -1, 0, 4);
  Call workspace;
  EXPECT_EQ(graphopt_run_model(&model, &variant, 1, &workspace.context,
                               workspace.inputs, workspace.outputs,
                               workspace.workspace.data + 16, 384),
            GRAPHOPT_MISALIGNED);
}

TEST(Run, workspaceTooSmall) {
  Call call;
  call.workspaceBytes = 383;
  EXPECT_EQ(call.run(), GRAPHOPT_WORKSPACE_TOO_SMALL);
  expectFault(call, -1, -1, 384, 383);
}

TEST(Run, abiMismatch) {
  Call call;
  call.context.abi = GRAPHOPT_ABI_VERSION + 1;
  EXPECT_EQ(call.run(), GRAPHOPT_ABI_MISMATCH);
}

// What the CPU lacks: a bit that stands for no feature.
TEST(Run, badCpu) {
  constexpr uint64_t unknown = uint64_t(1) << 62;
  Call call;
  auto run = [&](uint64_t needed) {
    graphopt_variant variant = {entry, needed};
    return graphopt_run_model(&model, &variant, 1, &call.context, call.inputs,
                              call.outputs, call.workspace.data, 384);
  };
  EXPECT_EQ(run(unknown), GRAPHOPT_BAD_CPU);
  expectFault(call, -1, -1, int64_t(unknown), 0);
  // What the context remembers counts, also that there is nothing.
  graphopt_detect_cpu(&call.context);
  EXPECT_NE(call.context.cpu, 0u);
  EXPECT_EQ(run(unknown), GRAPHOPT_BAD_CPU);
  call.context.cpu |= unknown;
  EXPECT_EQ(run(unknown), GRAPHOPT_OK);
}

// The first variant that the CPU is good for runs.
TEST(Run, variants) {
  auto refuse = [](void *const *, const int64_t *, void *, graphopt_run *) {
    return int32_t(GRAPHOPT_BAD_DATA);
  };
  constexpr uint64_t first = uint64_t(1) << 61, second = uint64_t(1) << 62;
  graphopt_variant variants[] = {{refuse, first | second}, {entry, second}};
  Call call;
  auto run = [&](uint64_t cpu) {
    call.context.cpu = cpu;
    return graphopt_run_model(&model, variants, 2, &call.context, call.inputs,
                              call.outputs, call.workspace.data, 384);
  };
  EXPECT_EQ(run(first | second), GRAPHOPT_BAD_DATA);
  EXPECT_EQ(run(second), GRAPHOPT_OK);
  EXPECT_EQ(run(first), GRAPHOPT_BAD_CPU);
  expectFault(call, -1, -1, int64_t(second), 0);
}

// Compiled code tells of its calls; without a listener nothing happens.
TEST(Run, profile) {
  struct Told {
    int32_t begun = -1, ended = -1;
    int64_t operations = 0, bytes = 0;
  } told;
  graphopt_run run = {};
  graphopt_begin_call(&run, 3);
  Call call;
  run.context = &call.context;
  graphopt_end_call(&run, 3, 20, 30);
  call.context.begin_call = [](void *told, int32_t number) {
    static_cast<Told *>(told)->begun = number;
  };
  EXPECT_EQ(call.run(), GRAPHOPT_NULL_POINTER); // both or neither
  call.context.end_call = [](void *told, int32_t number, int64_t operations,
                             int64_t bytes) {
    auto *to = static_cast<Told *>(told);
    *to = {to->begun, number, operations, bytes};
  };
  call.context.profiler = &told;
  EXPECT_EQ(call.run(), GRAPHOPT_OK);
  graphopt_begin_call(&run, 3);
  EXPECT_EQ(told.begun, 3);
  EXPECT_EQ(told.ended, -1);
  graphopt_end_call(&run, 3, 20, 30);
  EXPECT_EQ(told.ended, 3);
  EXPECT_EQ(told.operations, 20);
  EXPECT_EQ(told.bytes, 30);
}

// Weights in memory that the caller made: a header, then the weights.
TEST(Run, weights) {
  graphopt_model separate = model;
  separate.weights_id = 7;
  struct alignas(64) {
    graphopt_weights_header header = {
        GRAPHOPT_WEIGHTS_MAGIC, GRAPHOPT_WEIGHTS_VERSION, 64, 7, 192, {}};
    char values[128];
  } file;
  Call call;
  auto run = [&] {
    graphopt_status status = graphopt_run_model(
        &separate, &variant, 1, &call.context, call.inputs, call.outputs,
        call.workspace.data, 384);
    if (call.outputs[1].data)
      call.context.release(&call, call.outputs[1].data);
    call.outputs[1].data = nullptr;
    return status;
  };
  EXPECT_EQ(run(), GRAPHOPT_NO_WEIGHTS);
  graphopt_weights weights = {&file, sizeof file};
  call.context.weights = &weights;
  EXPECT_EQ(run(), GRAPHOPT_OK);
  EXPECT_EQ(graphopt_weights_data(&weights), file.values);
  for (int64_t bytes : {0, 40, 64, 191, 193}) {
    weights.bytes = bytes;
    EXPECT_EQ(run(), GRAPHOPT_BAD_WEIGHTS) << bytes;
  }
  weights.bytes = sizeof file;
  separate.weights_id = 8;
  EXPECT_EQ(run(), GRAPHOPT_BAD_WEIGHTS);
  separate.weights_id = 7;
  file.header.version = 2;
  EXPECT_EQ(run(), GRAPHOPT_BAD_WEIGHTS);
  file.header.version = GRAPHOPT_WEIGHTS_VERSION;
  file.header.magic = 0;
  EXPECT_EQ(run(), GRAPHOPT_BAD_WEIGHTS);
  weights.data = file.values + 1;
  EXPECT_EQ(run(), GRAPHOPT_MISALIGNED);
  weights.data = nullptr;
  EXPECT_EQ(run(), GRAPHOPT_NO_WEIGHTS);
}

// The compiler's own look at the CPU finds the same.
TEST(Cpu, detect) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  graphopt_detect_cpu(&context);
#ifdef __x86_64__
  auto has = [&](unsigned bit) { return bool(context.cpu >> bit & 1); };
  EXPECT_EQ(has(0), bool(__builtin_cpu_supports("sse3")));
  EXPECT_EQ(has(3), bool(__builtin_cpu_supports("sse4.2")));
  EXPECT_EQ(has(6), bool(__builtin_cpu_supports("fma")));
  EXPECT_EQ(has(7), bool(__builtin_cpu_supports("avx")));
  EXPECT_EQ(has(14), bool(__builtin_cpu_supports("bmi")));
  EXPECT_EQ(has(15), bool(__builtin_cpu_supports("avx2")));
  EXPECT_EQ(has(17), bool(__builtin_cpu_supports("avx512f")));
  EXPECT_EQ(has(22), bool(__builtin_cpu_supports("avx512vl")));
  EXPECT_EQ(has(26), bool(__builtin_cpu_supports("avx512vnni")));
  EXPECT_EQ(has(31), bool(__builtin_cpu_supports("avx512bf16")));
#endif
}

TEST(Run, notNull) {
  Call call;
  call.outputs[1].data = call.y.data;
  EXPECT_EQ(call.run(), GRAPHOPT_NOT_NULL);
  call.outputs[1].data = nullptr;
}

TEST(Run, overlap) {
  Call input, workspace;
  input.outputs[0].data = input.x.data;
  EXPECT_EQ(input.run(), GRAPHOPT_OVERLAP);
  expectFault(input, 2, -1, -1, 0);
  workspace.inputs[0].data = workspace.workspace.data + 320;
  EXPECT_EQ(workspace.run(), GRAPHOPT_OVERLAP);
  EXPECT_EQ(workspace.fault.port, 0);
}

// Each allocation in turn fails; nothing leaks, the result stays NULL.
TEST(Run, outOfMemory) {
  for (int allowed = 0; allowed < 2; ++allowed) {
    Call call;
    call.allocationsLeft = allowed;
    EXPECT_EQ(call.run(), GRAPHOPT_OUT_OF_MEMORY);
    EXPECT_EQ(call.outputs[1].data, nullptr);
  }
}

TEST(Run, badData) {
  Call call;
  call.index.data[1] = -1;
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DATA);
  EXPECT_EQ(call.outputs[1].data, nullptr);
}

// A refused call writes nothing.
TEST(Run, refusalKeepsOutputs) {
  Call call;
  call.workspaceBytes = 0;
  call.y.data[0] = 42;
  EXPECT_EQ(call.run(), GRAPHOPT_WORKSPACE_TOO_SMALL);
  EXPECT_EQ(call.yExtents[0], -7);
  EXPECT_EQ(call.y.data[0], 42);
}

// Sizes that wrap or are negative are out of memory, not a small block.
TEST(Memory, absurdSizes) {
  for (int64_t bytes : {int64_t(-1), INT64_MAX, INT64_MIN, INT64_MAX - 100}) {
    graphopt_run run = {};
    EXPECT_EQ(graphopt_allocate(&run, bytes), nullptr);
    EXPECT_EQ(graphopt_run_status(&run), GRAPHOPT_OUT_OF_MEMORY);
  }
}

TEST(Memory, releasesInAnyOrder) {
  graphopt_run run = {};
  std::vector<void *> blocks;
  for (int64_t bytes : {0, 1, 64, 1000}) {
    blocks.push_back(graphopt_allocate(&run, bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(blocks.back()) % 64, 0u);
    std::memset(blocks.back(), 0xff, bytes);
  }
  graphopt_release(&run, blocks[2]);
  graphopt_release(&run, blocks[0]);
  graphopt_release(&run, nullptr);
  graphopt_release_blocks(&run);
  EXPECT_EQ(run.blocks, nullptr);
}

// A result in memory that is not the run's, a constant say, is copied.
TEST(Memory, copiesForeignResults) {
  int64_t extents[1] = {0}, size = 2;
  graphopt_tensor output = {nullptr, extents, 1, GRAPHOPT_INT64};
  graphopt_run run = {nullptr, &output, nullptr, 0, 0};
  int64_t constant[2] = {5, 6};
  graphopt_set_result(&run, 0, constant, 16, &size);
  ASSERT_NE(output.data, nullptr);
  EXPECT_NE(output.data, constant);
  EXPECT_EQ(static_cast<int64_t *>(output.data)[1], 6);
  EXPECT_EQ(extents[0], 2);
  free(output.data);
}

TEST(Status, everyCodeHasAText) {
  for (int code = GRAPHOPT_OK; code <= GRAPHOPT_NO_THREADS; ++code)
    EXPECT_STRNE(graphopt_status_text(static_cast<graphopt_status>(code)),
                 "unknown status");
  EXPECT_STREQ(graphopt_status_text(static_cast<graphopt_status>(99)),
               "unknown status");
}

} // namespace
