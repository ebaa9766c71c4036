// Programs that use emitted models.
#include "Harness.h"
#include "Models.h"
#include <gtest/gtest.h>

namespace {

const char addWeightsProgram[] = R"c(
#include "m.h"
int main(void) {
  float *x = aligned(M_INPUT_X_BYTES), *y = aligned(M_OUTPUT_Y_OUT_BYTES);
  void *workspace = aligned(M_WORKSPACE_BYTES);
  m_inputs in;
  m_outputs out;
  int i;
  CHECK(M_INPUT_X_ELEMENTS == 32 && M_INPUT_X_RANK == 1 && M_INPUT_X_DIM0 == 32);
  CHECK(m_model.weights_bytes == 128 && M_WEIGHTS_BYTES == 128);
  CHECK(m_workspace_bytes(NULL) == 128 && M_WORKSPACE_BYTES == 128);
  for (i = 0; i < 32; ++i)
    x[i] = 100;
  in.x = x;
  out.y_out = y;
  CHECK(m_run(NULL, &in, &out, workspace, M_WORKSPACE_BYTES) == GRAPHOPT_OK);
  for (i = 0; i < 32; ++i)
    CHECK(y[i] == 100 + i);
  return 0;
}
)c";

TEST(Program, staticModel) {
  TemporaryFolder folder;
  emit(addWeightsModel("m"), intoFolder(folder));
  EXPECT_EQ(runC(folder, addWeightsProgram, "-l:libm.a"), 0);
}

TEST(Program, unoptimized) {
  TemporaryFolder folder;
  graphopt::LibraryOptions options = intoFolder(folder);
  options.object.optimize = false;
  emit(addWeightsModel("m"), options);
  EXPECT_NE(readFile(folder / "m.h").find("M_INPUT_X_BYTES"),
            std::string::npos);
  EXPECT_EQ(runC(folder, R"c(
#include "m.h"
int main(void) {
  m_inputs in;
  m_outputs out;
  float *x = aligned(128), *y = aligned(128);
  in.x = x;
  out.y_out = y;
  CHECK(m_run(NULL, &in, &out, aligned(128), 128) == GRAPHOPT_OK);
  CHECK(y[31] == 31);
  return 0;
}
)c",
                 "-l:libm.a"),
            0);
}

// Two models and their runtimes in one program, even whole.
TEST(Program, twoModels) {
  TemporaryFolder folder;
  emit(addWeightsModel("m"), intoFolder(folder));
  emit(addWeightsModel("n"), intoFolder(folder));
  const char program[] = R"c(
#include "m.h"
#include "n.h"
int main(void) {
  float *x = aligned(128), *y = aligned(128), *z = aligned(128);
  void *workspace = aligned(128);
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  m_inputs in;
  m_outputs out;
  n_inputs in2;
  n_outputs out2;
  in.x = x;
  out.y_out = y;
  in2.x = y;
  out2.y_out = z;
  CHECK(m_pool_create(&context, 2) == GRAPHOPT_OK);
  CHECK(m_run(&context, &in, &out, workspace, 128) == GRAPHOPT_OK);
  CHECK(n_run(&context, &in2, &out2, workspace, 128) == GRAPHOPT_OK);
  m_pool_destroy(&context);
  CHECK(y[31] == 31 && z[31] == 62);
  CHECK(strcmp(m_model.name, "m") == 0 && strcmp(n_model.name, "n") == 0);
  return 0;
}
)c";
  EXPECT_EQ(runC(folder, program, "-l:libm.a -l:libn.a"), 0);
  EXPECT_EQ(
      runC(folder, program,
           "-Wl,--whole-archive -l:libm.a -l:libn.a -Wl,--no-whole-archive"),
      0);
}

TEST(Program, openDimsAndThreads) {
  TemporaryFolder folder;
  emit(doubleRowsModel(), intoFolder(folder));
  EXPECT_EQ(runC(folder, R"c(
#include "rows.h"
static int run(const graphopt_context *context, int64_t n) {
  rows_inputs in;
  rows_outputs out;
  float *x = aligned((size_t)n * 12 + 1), *y = aligned((size_t)n * 12 + 1);
  int64_t i, dims[ROWS_DIM_COUNT], extents[2];
  dims[ROWS_DIM_N] = n;
  CHECK(rows_workspace_bytes(dims) == 64 * n);
  rows_result_dims(dims, extents);
  CHECK(extents[0] == n && extents[1] == 3);
  for (i = 0; i < 3 * n; ++i)
    x[i] = (float)i;
  in.dims.n = n;
  in.x = x;
  out.y = y;
  if (rows_run(context, &in, &out, aligned((size_t)n * 64 + 1), 64 * n))
    return 0;
  for (i = 0; i < 3 * n; ++i)
    CHECK(y[i] == 2 * x[i]);
  return out.y_dims[0] == n && out.y_dims[1] == 3;
}
int main(void) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  CHECK(run(NULL, 5) && run(NULL, 0) && run(&context, 1));
  CHECK(rows_pool_create(&context, 3) == GRAPHOPT_OK);
  CHECK(run(&context, 1000) && run(&context, 1) && run(&context, 0));
  rows_pool_destroy(&context);
  CHECK(run(&context, 7));
  return 0;
}
)c",
                 "-l:librows.a"),
            0);
}

// From tensors on: bound results, a memory plan, a computed extent.
TEST(Program, wholeRoad) {
  TemporaryFolder folder;
  emit(expModel(), intoFolder(folder));
  EXPECT_EQ(runC(folder, R"c(
#include "exps.h"
#include <math.h>
static int near(float a, double b) { return fabs(a - b) < 1e-5 * fabs(b) + 1e-6; }
static void run(int64_t n) {
  size_t bytes = (size_t)n * 16;
  int64_t i, k, dims[1], size;
  exps_inputs in;
  exps_outputs out;
  float *x = aligned(bytes);
  for (i = 0; i < 4 * n; ++i)
    x[i] = (float)(i % 7) * 0.25f - 1;
  in.dims.n = dims[EXPS_DIM_N] = n;
  in.x = x;
  out.y = aligned(bytes);
  out.s = aligned(bytes);
  out.twice = aligned(2 * bytes);
  size = exps_workspace_bytes(dims);
  CHECK(size >= 16 * n);
  CHECK(exps_run(NULL, &in, &out, aligned((size_t)size), size) == GRAPHOPT_OK);
  CHECK(out.s_dims[0] == n && out.twice_dims[0] == 2 * n && out.twice_dims[1] == 4);
  for (i = 0; i < n; ++i) {
    double sum = 0;
    for (k = 4 * i; k < 4 * i + 4; ++k) {
      sum += exp(x[k]);
      CHECK(near(out.y[k], exp(x[k]) + x[k]));
      CHECK(out.twice[k] == x[k] && out.twice[k + 4 * n] == x[k]);
    }
    CHECK(near(out.s[i], sum));
  }
}
int main(void) {
  run(1);
  run(13);
  run(0);
  return 0;
}
)c",
                 "-l:libexps.a"),
            0);
}

TEST(Program, resultsThatDependOnValues) {
  TemporaryFolder folder;
  emit(keepNonzeroModel(), intoFolder(folder));
  EXPECT_EQ(runC(folder, R"c(
#include "keep.h"
int main(void) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  int32_t *x = aligned(64);
  keep_inputs in;
  keep_outputs out;
  x[1] = 5, x[4] = 7;
  in.dims.n = 6;
  in.x = x;
  out.kept = NULL;
  CHECK(keep_model.outputs[0].dims[0] == GRAPHOPT_DIM_DATA);
  CHECK(keep_run(&context, &in, &out, NULL, 0) == GRAPHOPT_OK);
  CHECK(out.kept_dims[0] == 2 && out.kept[0] == 5 && out.kept[1] == 7);
  CHECK(keep_run(&context, &in, &out, NULL, 0) == GRAPHOPT_NOT_NULL);
  free(out.kept);
  out.kept = NULL;
  x[2] = -1;
  CHECK(keep_run(&context, &in, &out, NULL, 0) == GRAPHOPT_BAD_DATA);
  CHECK(out.kept == NULL);
  return 0;
}
)c",
                 "-l:libkeep.a"),
            0);
}

// Every way to call a model wrongly has its own status, and says where.
TEST(Program, wrongCalls) {
  TemporaryFolder folder;
  emit(addWeightsModel("m"), intoFolder(folder));
  EXPECT_EQ(runC(folder, R"c(
#include "m.h"
static graphopt_fault fault;
static float *x, *y;
static int64_t x_dims[1], y_dims[1];
static graphopt_tensor in, out;
static void reset(void) {
  x_dims[0] = 32;
  in.data = x, in.dims = x_dims, in.rank = 1, in.dtype = GRAPHOPT_FLOAT;
  out = in;
  out.data = y, out.dims = y_dims;
}
int main(void) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  char *workspace = aligned(256);
  m_inputs typed_in;
  m_outputs typed_out;
  context.fault = &fault;
  x = aligned(128), y = aligned(128);
#define EXPECT(status)                                                         \
  CHECK(m_model.run(&context, &in, &out, workspace, 128) == status);           \
  reset()
  reset();
  EXPECT(GRAPHOPT_OK);
  in.dtype = GRAPHOPT_DOUBLE;
  EXPECT(GRAPHOPT_BAD_DTYPE);
  CHECK(fault.port == 0 && fault.actual == GRAPHOPT_DOUBLE);
  out.rank = 2;
  EXPECT(GRAPHOPT_BAD_RANK);
  CHECK(fault.port == 1);
  x_dims[0] = 31;
  EXPECT(GRAPHOPT_BAD_DIM);
  CHECK(fault.dim == 0 && fault.expected == 32 && fault.actual == 31);
  in.data = x + 1;
  EXPECT(GRAPHOPT_MISALIGNED);
  out.data = NULL;
  EXPECT(GRAPHOPT_NULL_POINTER);
  out.data = x;
  EXPECT(GRAPHOPT_OVERLAP);
  CHECK(m_run_tensors(&context, &in, &out, workspace, 127) ==
        GRAPHOPT_WORKSPACE_TOO_SMALL);
  CHECK(m_run_tensors(&context, &in, &out, workspace + 1, 128) ==
        GRAPHOPT_MISALIGNED);
  CHECK(m_run_tensors(&context, &in, &out, NULL, 128) == GRAPHOPT_NULL_POINTER);
  CHECK(m_run_tensors(&context, NULL, &out, workspace, 128) ==
        GRAPHOPT_NULL_POINTER);
  context.abi = GRAPHOPT_ABI_VERSION + 1;
  EXPECT(GRAPHOPT_ABI_MISMATCH);
  context.abi = GRAPHOPT_ABI_VERSION;
  EXPECT(GRAPHOPT_OK);
  typed_in.x = x;
  typed_out.y_out = y;
  CHECK(m_run(&context, NULL, &typed_out, workspace, 128) == GRAPHOPT_NULL_POINTER);
  CHECK(m_run(&context, &typed_in, &typed_out, workspace, 0) ==
        GRAPHOPT_WORKSPACE_TOO_SMALL);
  CHECK(strstr(m_status_text(GRAPHOPT_BAD_DTYPE), "element type") != NULL);
  return 0;
}
)c",
                 "-l:libm.a"),
            0);
}

TEST(Program, cpp) {
  TemporaryFolder folder;
  emit(doubleRowsModel(), intoFolder(folder));
  emit(keepNonzeroModel(), intoFolder(folder));
  EXPECT_EQ(runCpp(folder, R"c(
#include "graphopt.hpp"
#include "keep.h"
#include "rows.h"
using graphopt::Tensor;
int main() {
  graphopt::Pool pool(rows_model, 2);
  graphopt::Model rows(rows_model), keep(keep_model);
  Tensor x(GRAPHOPT_FLOAT, {2, 3});
  for (int i = 0; i < 6; ++i)
    x.data<float>()[i] = float(i);
  std::vector<Tensor> y = rows.run({x}, pool.context());
  if (y[0].dims() != std::vector<int64_t>{2, 3} || y[0].data<float>()[5] != 10)
    return 1;
  alignas(64) int32_t values[4] = {0, 3, 0, 4};
  std::vector<Tensor> kept = keep.run({Tensor::borrow(values, {4})});
  if (kept[0].size() != 2 || kept[0].data<int32_t>()[1] != 4)
    return 2;
  try {
    rows.run({Tensor(GRAPHOPT_FLOAT, {2, 4})});
    return 3;
  } catch (const graphopt::Error &error) {
    if (error.status != GRAPHOPT_BAD_DIM ||
        std::string(error.what()).find("rows: x: ") != 0)
      return 4;
  }
  return 0;
}
)c",
                   "-l:librows.a -l:libkeep.a"),
            0);
}

TEST(Program, sharedLibrary) {
  TemporaryFolder folder;
  graphopt::LibraryOptions options = intoFolder(folder);
  options.kind = graphopt::LibraryKind::Shared;
  emit(addWeightsModel("m"), options);
  EXPECT_EQ(folder.list(), "graphopt.h graphopt.hpp libm.so m.h");
  EXPECT_EQ(runC(folder, addWeightsProgram, "-l:libm.so -Wl,-rpath,'$ORIGIN'"),
            0);
}

TEST(Program, sharedLibraryNeedsLinker) {
  TemporaryFolder folder;
  graphopt::LibraryOptions options = intoFolder(folder);
  options.kind = graphopt::LibraryKind::Shared;
  LoweredModule module(addWeightsModel("m"));
  std::string path = getenv("PATH");
  setenv("PATH", folder.path.c_str(), 1);
  auto files = graphopt::emitLibrary(module.get(), options);
  setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(files);
  EXPECT_EQ(toString(files.takeError()),
            "a shared library needs cc or ld.lld in PATH");
  EXPECT_EQ(folder.list(), "");
}

} // namespace
