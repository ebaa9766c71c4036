//===- MatMul.cpp - kernel.matmul equals its definition -------------------===//
//
// Sums are compared to the bit with a loop in the order of k: for every CPU's
// tiles (run on this machine), packed and plain, fixed and open sizes.

#include "JitFunction.h"
#include "graphopt/Target/Target.h"
#include <gtest/gtest.h>

namespace {
constexpr int64_t kOpen = -1;

/// Tiles of each CPU are tried on this one; LLVM splits what is too wide.
const char *const cpus[] = {"avx512", "avx2", "sse4.2", "neon"};

bool isFused(const char *cpu) {
  return llvm::cantFail(graphopt::findCpuModel(cpu)).fma;
}

int64_t lanesOf(const char *cpu, int64_t bits) {
  return llvm::cantFail(graphopt::findCpuModel(cpu)).lanes(bits);
}

/// How one op is written; what it runs on may be any fitting size.
struct Form {
  const char *cpu = "avx2";
  const char *options = "";
  int64_t panelColumns = 0; // 0: plain
  Shape batch;
  Shape lhsBatch, rhsBatch; // ranks may be lower, sizes 1
  int64_t m = kOpen, n = kOpen, k = kOpen;
  bool hasExtras = false;
};

Shape append(Shape shape, const Shape &more) {
  shape.insert(shape.end(), more.begin(), more.end());
  return shape;
}

template <typename T>
Shape rhsShape(const Form &form, int64_t n, int64_t k) {
  if (form.panelColumns)
    return {(n + form.panelColumns - 1) / form.panelColumns, k,
            form.panelColumns};
  return append(form.rhsBatch, {k, n});
}

/// An op with, or without, extras: bias by column, scale by row, residual.
template <typename T, typename Out>
std::string makeText(const Form &form) {
  using Sum = typename TypeInfo<T>::Sum;
  std::string lhs = memrefOf<T>(append(form.lhsBatch, {form.m, form.k}));
  std::string rhs = memrefOf<T>(rhsShape<T>(form, form.n, form.k));
  std::string init = memrefOf<Out>(append(form.batch, {form.m, form.n}));
  std::string bias = memrefOf<Sum>({form.n}), scale = memrefOf<Sum>({form.m, 1});
  std::string sum = TypeInfo<Sum>::name, out = TypeInfo<Out>::name;

  std::string dims, last = std::to_string(form.batch.size());
  for (size_t i = 0; i < form.batch.size(); ++i)
    dims += "b" + std::to_string(i) + ", ";
  dims += "m, n";
  std::string text = "func.func @f(%a: " + lhs + ", %b: " + rhs + ", %c: " + init;
  if (form.hasExtras)
    text += ", %bias: " + bias + ", %scale: " + scale + ", %residual: " + init;
  text += ") attributes {llvm.emit_c_interface} {\n  kernel.matmul ins(%a, %b : " +
          lhs + ", " + rhs + ")" + (form.panelColumns ? " packed" : "") +
          (std::is_same_v<T, uint8_t> ? " unsigned_lhs unsigned_rhs" : "") +
          " outs(%c : " + init + ")";
  if (form.hasExtras)
    text += " extras(%bias, %scale, %residual : " + bias + ", " + scale + ", " +
            init + ") maps [affine_map<(" + dims + ") -> (n)>, affine_map<(" +
            dims + ") -> (m, 0)>, affine_map<(" + dims + ") -> (" + dims + ")>]";
  text += " {\n  ^bb0(%s: " + sum;
  if (form.hasExtras)
    text += ", %x: " + sum + ", %y: " + sum + ", %z: " + out;
  text += "):\n";
  std::string value = "%s";
  if (form.hasExtras) {
    bool isFloat = sum[0] == 'f';
    text += "    %v = arith.add" + std::string(isFloat ? "f" : "i") +
            " %s, %x : " + sum + "\n    %w = arith.mul" +
            std::string(isFloat ? "f" : "i") + " %v, %y : " + sum + "\n";
    value = "%w";
  }
  if (sum != out) {
    text += "    %t = arith.trunc" + std::string(sum[0] == 'f' ? "f" : "i") + " " +
            value + " : " + sum + " to " + out + "\n";
    value = "%t";
  }
  if (form.hasExtras) {
    text += "    %u = arith.add" + std::string(sum[0] == 'f' ? "f" : "i") + " " +
            value + ", %z : " + out + "\n";
    value = "%u";
  }
  return text + "    kernel.yield " + value + " : " + out + "\n  }\n  return\n}\n";
}

int64_t product(const Shape &shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<>());
}

/// The flat batch of an operand with batch shape `have` for the batch `flat` of
/// shape `all`.
int64_t batchOf(int64_t flat, const Shape &all, const Shape &have) {
  int64_t result = 0, stride = 1;
  for (size_t i = all.size(), j = have.size(); j-- > 0;) {
    --i;
    int64_t index = flat % all[i];
    flat /= all[i];
    result += have[j] == 1 ? 0 : index * stride;
    stride *= have[j];
  }
  return result;
}

/// Runs `function` on sizes m, n, k and compares every element.
template <typename T, typename Out>
void check(const JitFunction &function, Form form, Shape batch, Shape lhsBatch,
           Shape rhsBatch, int64_t m, int64_t n, int64_t k) {
  using Sum = typename TypeInfo<T>::Sum;
  form.rhsBatch = rhsBatch;
  Array<T> lhs(append(lhsBatch, {m, k})), rhs(rhsShape<T>(form, n, k));
  Array<Out> init(append(batch, {m, n}));
  Array<Sum> bias({n}), scale({m, 1});
  lhs.fill(1), rhs.fill(2), bias.fill(3), scale.fill(4), init.fill(5);
  std::vector<Out> residual(init.size());
  for (int64_t i = 0; i < init.size(); ++i)
    residual[i] = init[i];
  // The residual and init are one array.
  if (form.hasExtras)
    function(lhs, rhs, init, bias, scale, init);
  else
    function(lhs, rhs, init);

  bool fused = isFused(form.cpu);
  int64_t nr = form.panelColumns;
  for (int64_t flat = 0; flat < product(batch); ++flat) {
    int64_t l = batchOf(flat, batch, lhsBatch) * m * k;
    int64_t r = nr ? 0 : batchOf(flat, batch, rhsBatch) * k * n;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        Sum sum = 0;
        for (int64_t p = 0; p < k; ++p) {
          int64_t at = nr ? (j / nr * k + p) * nr + j % nr : r + p * n + j;
          sum = multiplyAdd<Sum>(lhs[l + i * k + p], rhs[at], sum, fused);
        }
        int64_t at = (flat * m + i) * n + j;
        Out expected;
        if (form.hasExtras) {
          Sum scaled = Sum(sum + bias[j]) * scale[i];
          expected = Out(Out(scaled) + residual[at]);
        } else {
          expected = Out(sum);
        }
        ASSERT_EQ(0, memcmp(&expected, &init[at], sizeof expected))
            << form.cpu << " " << form.options << " batch " << flat << " of "
            << batch.size() << " m " << m << " n " << n << " k " << k << " at "
            << i << ", " << j << ": " << double(init[at]) << " not "
            << double(expected);
      }
  }
}

template <typename T, typename Out>
JitFunction compile(const Form &form) {
  return JitFunction(makeText<T, Out>(form),
                     std::string("graphopt-expand-kernels{cpu=") + form.cpu +
                         " " + form.options + "}");
}

const int64_t someRows[] = {0, 1, 2, 5, 7, 12, 13, 31};

TEST(MatMul, PackedWithOpenRows) {
  for (const char *cpu : cpus)
    for (int64_t n : {1, 33, 100})
      for (const char *options : {"epilogue=unroll", "epilogue=loop"}) {
        Form form{cpu, options, 2 * lanesOf(cpu, 32)};
        form.n = n, form.k = 37, form.hasExtras = true;
        JitFunction function = compile<float, float>(form);
        for (int64_t m : someRows)
          check<float, float>(function, form, {}, {}, {}, m, n, 37);
      }
}

TEST(MatMul, PackedWithFixedRows) {
  for (const char *cpu : cpus)
    for (int64_t m : someRows) {
      Form form{cpu, m % 2 ? "epilogue=unroll" : "epilogue=loop",
                lanesOf(cpu, 32)};
      form.m = m, form.n = 20, form.k = 5, form.hasExtras = true;
      check<float, float>(compile<float, float>(form), form, {}, {}, {}, m, 20, 5);
    }
}

TEST(MatMul, PlainWithEverythingOpen) {
  for (const char *cpu : cpus) {
    Form form{cpu, "epilogue=unroll"};
    form.hasExtras = true;
    JitFunction function = compile<float, float>(form);
    for (int64_t m : {0, 1, 7, 13})
      for (int64_t n : {0, 1, 7, 16, 64, 100, 131})
        for (int64_t k : {0, 1, 19})
          check<float, float>(function, form, {}, {}, {}, m, n, k);
  }
}

TEST(MatMul, PlainWithEverythingFixed) {
  for (const char *cpu : cpus)
    for (int64_t n : {0, 1, 33, 100}) {
      Form form{cpu, "epilogue=loop"};
      form.m = 7, form.n = n, form.k = 11, form.hasExtras = true;
      check<float, float>(compile<float, float>(form), form, {}, {}, {}, 7, n, 11);
    }
}

TEST(MatMul, BatchesOfBothSides) {
  Form form{"avx2", ""};
  form.batch = form.lhsBatch = form.rhsBatch = {kOpen, kOpen};
  form.hasExtras = true;
  JitFunction function = compile<float, float>(form);
  for (Shape batch : {Shape{2, 3}, Shape{1, 1}, Shape{0, 2}})
    check<float, float>(function, form, batch, batch, batch, 5, 9, 6);
}

TEST(MatMul, BatchOfOneSideOnly) {
  // rhs is shared: rows are flattened unless an extra forbids it.
  for (bool hasExtras : {false, true})
    for (int64_t panelColumns : {0, 16}) {
      Form form{"avx2", "", panelColumns};
      form.batch = form.lhsBatch = {kOpen, kOpen};
      form.n = 20, form.k = 6, form.hasExtras = hasExtras;
      JitFunction function = compile<float, float>(form);
      for (Shape batch : {Shape{2, 3}, Shape{1, 1}, Shape{2, 0}})
        check<float, float>(function, form, batch, batch, {}, 5, 20, 6);
    }
  Form form{"avx2", ""};
  form.batch = form.rhsBatch = {kOpen};
  check<float, float>(compile<float, float>(form), form, {3}, {}, {3}, 5, 9, 6);
}

TEST(MatMul, BatchesOfOneAreRepeated) {
  Form form{"avx2", ""};
  form.batch = {2, 3, 2}, form.lhsBatch = {2, 1, 2}, form.rhsBatch = {3, 1};
  form.hasExtras = true;
  check<float, float>(compile<float, float>(form), form, form.batch,
                      form.lhsBatch, form.rhsBatch, 5, 9, 6);
}

TEST(MatMul, BlocksOfKDoNotChangeASum) {
  for (const char *cpu : {"avx512", "avx2"})
    for (int64_t m : {kOpen, int64_t(150)}) {
      // 128 bytes: 1 or 2 indices of k in a block.
      Form form{cpu, "panel-bytes=128", 2 * lanesOf(cpu, 32)};
      form.m = m, form.n = 40, form.k = 23, form.hasExtras = true;
      JitFunction function = compile<float, float>(form);
      for (int64_t rows : {0, 1, 7, 97, 150})
        if (m == kOpen || m == rows)
          check<float, float>(function, form, {}, {}, {}, rows, 40, 23);
    }
}

TEST(MatMul, BlocksOfRowsForPanelsThatDoNotStayInLevel2) {
  for (auto [cpu, columns, most] : {std::tuple{"sse4.2", 272, 600},
                                    std::tuple{"avx2", 528, 1100}})
    for (int64_t m : {kOpen, int64_t(most)}) {
      Form form{cpu, "", 2 * lanesOf(cpu, 32)};
      form.m = m, form.n = columns, form.k = 64, form.hasExtras = true;
      JitFunction function = compile<float, float>(form);
      for (int64_t rows : {1, 7, most})
        if (m == kOpen || m == rows)
          check<float, float>(function, form, {}, {}, {}, rows, columns, 64);
    }
}

template <typename T, typename Out>
void checkType(bool hasExtras) {
  for (const char *cpu : {"avx2", "avx512", "sse4.2"})
    for (bool packed : {false, true}) {
      int64_t bits = sizeof(typename TypeInfo<T>::Sum) * 8;
      Form form{cpu, "", packed ? 2 * lanesOf(cpu, bits) : 0};
      form.n = 21, form.k = 9, form.hasExtras = hasExtras;
      JitFunction function = compile<T, Out>(form);
      for (int64_t m : {0, 1, 8})
        check<T, Out>(function, form, {}, {}, {}, m, 21, 9);
    }
}

TEST(MatMul, F64) { checkType<double, double>(true); }
TEST(MatMul, F16) { checkType<_Float16, _Float16>(false); }
TEST(MatMul, F16ToF32) { checkType<_Float16, float>(true); }
TEST(MatMul, BF16) { checkType<BFloat16, BFloat16>(false); }
TEST(MatMul, BF16ToF32) { checkType<BFloat16, float>(true); }
TEST(MatMul, I32) { checkType<int32_t, int32_t>(true); }
TEST(MatMul, I64) { checkType<int64_t, int64_t>(true); }
TEST(MatMul, I8ToI32) { checkType<int8_t, int32_t>(true); }
TEST(MatMul, U8ToI32) { checkType<uint8_t, int32_t>(true); }
TEST(MatMul, I8ToI8) { checkType<int8_t, int8_t>(false); }
} // namespace
