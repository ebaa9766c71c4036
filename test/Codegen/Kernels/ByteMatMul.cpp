//===- ByteMatMul.cpp - Products of bytes by sums of some at a time -------===//
//
// Sums of unsigned by signed bytes, four at a time, and of 16 bits by bytes, two at a
// time, are exact for all values.

#include "ByteCpus.h"
#include "JitFunction.h"

namespace {
std::string sizeText(int64_t size) { return size < 0 ? "?" : std::to_string(size); }

JitFunction compile(const ByteCpu &on, int64_t m, int64_t n, int64_t k, int64_t nr,
                    const std::string &options) {
  std::string lhs = "memref<" + sizeText(m) + "x" + std::to_string(k) +
                    (on.group == 4 ? "xi8>" : "xi16>");
  std::string rhs = "memref<" + std::to_string((n + nr - 1) / nr) + "x" +
                    std::to_string((k + on.group - 1) / on.group) + "x" +
                    std::to_string(nr * on.group) + "xi8>";
  std::string init = "memref<" + sizeText(m) + "x" + std::to_string(n) + "xi32>";
  std::string text = "func.func @f(%a: " + lhs + ", %b: " + rhs + ", %c: " + init +
                     ") attributes {llvm.emit_c_interface} {\n"
                     "  kernel.matmul ins(%a, %b : " + lhs + ", " + rhs +
                     ") packed interleave = " +
                     (on.group == 4 ? "4 unsigned_lhs" : "2") + " outs(%c : " + init +
                     ") {\n  ^bb0(%s: i32):\n    kernel.yield %s : i32\n  }\n"
                     "  return\n}\n";
  return JitFunction(text, "graphopt-expand-kernels{cpu=" + std::string(on.cpu) + " " +
                               options + "}");
}

template <typename Left>
void check(const JitFunction &function, int64_t group, int64_t m, int64_t n, int64_t k, int64_t nr) {
  int64_t steps = (k + group - 1) / group;
  Array<Left> lhs({m, k});
  Array<int8_t> rhs({(n + nr - 1) / nr, steps, nr * group});
  Array<int32_t> init({m, n});
  lhs.fill(1), rhs.fill(2), init.fill(3);
  // What is behind the last of a group counts as if it were zero.
  function(lhs, rhs, init);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      int32_t sum = 0;
      for (int64_t p = 0; p < k; ++p)
        sum += lhs[i * k + p] *
               rhs[((j / nr * steps + p / group) * nr + j % nr) * group + p % group];
      ASSERT_EQ(sum, init[i * n + j]) << "m " << m << " n " << n << " k " << k << " at "
                                      << i << ", " << j;
    }
}

void check(const ByteCpu &on, const JitFunction &function, int64_t m, int64_t n, int64_t k,
           int64_t nr) {
  if (on.group == 4)
    check<uint8_t>(function, on.group, m, n, k, nr);
  else
    check<int16_t>(function, on.group, m, n, k, nr);
}

void checkRemainders(const ByteCpu &on) {
  for (int64_t n : {1, 33})
    for (int64_t k : {1, 3, 4, 38}) {
      JitFunction function = compile(on, -1, n, k, 2 * on.lanes, "");
      for (int64_t m : {0, 1, 2, 5, 12, 13, 31})
        check(on, function, m, n, k, 2 * on.lanes);
    }
}

void checkBlocks(const ByteCpu &on) {
  for (int64_t k : {63, 64, 66, 130})
    check(on, compile(on, 29, 50, k, on.lanes, "panel-bytes=1024"), 29, 50, k, on.lanes);
}

TEST(ByteMatMul, AllRemainders) { onEachByteCpu(checkRemainders); }

TEST(ByteMatMul, FixedRowsInBlocksOfTheReduction) { onEachByteCpu(checkBlocks); }

TEST(ByteMatMul, PairsWithAllRemainders) { onEachCpu(kPairCpus, checkRemainders); }

TEST(ByteMatMul, PairsInBlocksOfTheReduction) { onEachCpu(kPairCpus, checkBlocks); }
} // namespace
