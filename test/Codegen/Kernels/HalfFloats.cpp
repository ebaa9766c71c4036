//===- HalfFloats.cpp - Conversions of f16 and bf16 equal C's -------------===//

#include "JitFunction.h"
#include <gtest/gtest.h>

namespace {
/// y[i] = op(x[i]) by vectors of 4, with integer code for every conversion.
template <typename From, typename To>
JitFunction compile(const std::string &op) {
  std::string from = TypeInfo<From>::name, to = TypeInfo<To>::name;
  std::string x = memrefOf<From>({-1}), y = memrefOf<To>({-1});
  return JitFunction(
      "func.func @f(%x: " + x + ", %y: " + y +
          ") attributes {llvm.emit_c_interface} {\n"
          "  %c0 = arith.constant 0 : index\n"
          "  %c4 = arith.constant 4 : index\n"
          "  %n = memref.dim %x, %c0 : " + x + "\n"
          "  scf.for %i = %c0 to %n step %c4 {\n"
          "    %a = vector.load %x[%i] : " + x + ", vector<4x" + from + ">\n"
          "    %b = arith." + op + " %a : vector<4x" + from + "> to vector<4x" + to + ">\n"
          "    vector.store %b, %y[%i] : " + y + ", vector<4x" + to + ">\n"
          "  }\n  return\n}\n",
      "graphopt-expand-half-floats{cpu=sse4.2}");
}

template <typename T>
bool isSame(T actual, T expected) {
  return memcmp(&actual, &expected, sizeof actual) == 0 ||
         (std::isnan(float(actual)) && std::isnan(float(expected)));
}

template <typename Half>
void checkAllExtensions() {
  Array<Half> x({1 << 16});
  Array<float> y({1 << 16});
  for (int i = 0; i < 1 << 16; ++i) {
    uint16_t bits = i;
    memcpy(&x[i], &bits, sizeof bits);
  }
  compile<Half, float>("extf")(x, y);
  for (int i = 0; i < 1 << 16; ++i)
    ASSERT_TRUE(isSame(y[i], float(x[i]))) << "bits " << i << ": " << y[i];
}

/// Every 4099th float: all exponents, all roundings.
template <typename Half>
void checkTruncations() {
  constexpr uint64_t kStep = 4099;
  int64_t count = ((uint64_t(1) << 32) / kStep) & ~3;
  Array<float> x({count});
  Array<Half> y({count});
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = uint32_t(i * kStep);
    if (i % 3 == 0) // halfway between two halfs
      bits = (bits & 0xffffe000) | 0x1000;
    memcpy(&x[i], &bits, sizeof bits);
  }
  compile<float, Half>("truncf")(x, y);
  for (int64_t i = 0; i < count; ++i)
    if (!std::isnan(x[i]))
      ASSERT_TRUE(isSame(y[i], Half(x[i]))) << x[i] << ": " << float(y[i]);
    else
      ASSERT_TRUE(std::isnan(float(y[i]))) << "at " << i;
}

TEST(HalfFloats, F16Extension) { checkAllExtensions<_Float16>(); }
TEST(HalfFloats, F16Truncation) { checkTruncations<_Float16>(); }
TEST(HalfFloats, BF16Extension) { checkAllExtensions<BFloat16>(); }
TEST(HalfFloats, BF16Truncation) { checkTruncations<BFloat16>(); }
} // namespace
