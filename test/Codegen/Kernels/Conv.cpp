//===- Conv.cpp - kernel.conv, depthwise_conv and pack by definition ------===//
//
// Sums are compared to the bit with loops over (k..., c). The filter is packed
// by kernel.pack in the function under test.

#include "JitFunction.h"
#include "graphopt/Target/Target.h"
#include <gtest/gtest.h>

namespace {
const char *const cpus[] = {"avx512", "avx2", "sse4.2", "neon"};

struct Conv {
  Shape input;  // B, S..., C
  Shape kernel; // K...
  int64_t channels; // of init
  Shape strides, dilations;
  int64_t groups = 1;
  bool isDepthwise = false;

  int64_t dims() const { return kernel.size(); }
  int64_t inputChannels() const { return input.back(); }
  Shape filter() const { // as in ONNX
    Shape shape{channels, isDepthwise ? 1 : inputChannels() / groups};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    return shape;
  }
  Shape init() const {
    Shape shape{input[0]};
    for (int64_t d = 0; d < dims(); ++d) {
      int64_t span = (kernel[d] - 1) * dilations[d] + 1;
      shape.push_back(input[1 + d] < span
                          ? 0
                          : (input[1 + d] - span) / strides[d] + 1);
    }
    shape.push_back(channels);
    return shape;
  }
};

std::string listOf(const Shape &numbers) {
  std::string text;
  for (int64_t number : numbers)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

/// All sizes but the channels, open.
Shape openSizes(Shape shape) {
  for (size_t i = 0; i + 1 < shape.size(); ++i)
    shape[i] = -1;
  return shape;
}

/// The op with a bias, and its filter packed in panels of `nr` columns.
template <typename T>
std::string makeText(const Conv &conv, int64_t nr, bool isOpen) {
  using Sum = typename TypeInfo<T>::Sum;
  std::string input = memrefOf<T>(isOpen ? openSizes(conv.input) : conv.input);
  std::string init = memrefOf<T>(isOpen ? openSizes(conv.init()) : conv.init());
  std::string filter = memrefOf<T>(conv.filter());
  std::string bias = memrefOf<Sum>({conv.channels});
  std::string sum = TypeInfo<Sum>::name, element = TypeInfo<T>::name;

  int64_t perGroup = conv.channels / conv.groups;
  Shape packed{conv.groups * ((perGroup + nr - 1) / nr)};
  packed.insert(packed.end(), conv.kernel.begin(), conv.kernel.end());
  packed.push_back(conv.filter()[1]);
  packed.push_back(nr);
  Shape permutation;
  std::string dims = "b", op = conv.isDepthwise ? "depthwise_conv" : "conv";
  for (int64_t d = 0; d < conv.dims(); ++d) {
    permutation.push_back(2 + d);
    dims += ", y" + std::to_string(d);
  }
  permutation.push_back(1), permutation.push_back(0);
  std::string groups = " groups = " + std::to_string(conv.groups);
  std::string packedType = memrefOf<T>(packed);

  std::string text = "func.func @f(%x: " + input + ", %w: " + filter + ", %bias: " +
      bias + ", %y: " + init + ") attributes {llvm.emit_c_interface} {\n"
      "  %p = memref.alloca() : " + packedType + "\n"
      "  kernel.pack ins(%w : " + filter + ") permutation = " + listOf(permutation) +
      groups + " outs(%p : " + packedType + ")\n"
      "  kernel." + op + " ins(%x, %p : " + input + ", " + packedType +
      ") packed strides = " + listOf(conv.strides) + " dilations = " +
      listOf(conv.dilations) + (conv.isDepthwise ? "" : groups) +
      " outs(%y : " + init + ") extras(%bias : " + bias + ") maps [affine_map<(" +
      dims + ", c) -> (c)>] {\n  ^bb0(%s: " + sum + ", %e: " + sum + "):\n" +
      "    %v = arith.add" + (sum[0] == 'f' ? "f" : "i") + " %s, %e : " + sum + "\n";
  std::string value = "%v";
  if (sum != element) {
    text += "    %t = arith.trunc" + std::string(sum[0] == 'f' ? "f" : "i") +
            " %v : " + sum + " to " + element + "\n";
    value = "%t";
  }
  return text + "    kernel.yield " + value + " : " + element + "\n  }\n  return\n}\n";
}

/// Visits the indices of `shape` in order.
template <typename Body>
void forEach(const Shape &shape, Body body) {
  Shape index(shape.size(), 0);
  for (int64_t size : shape)
    if (size == 0)
      return;
  while (true) {
    body(index);
    size_t d = shape.size();
    while (d > 0 && ++index[d - 1] == shape[d - 1])
      index[--d] = 0;
    if (d == 0)
      return;
  }
}

int64_t flatten(const Shape &shape, const Shape &index) {
  int64_t flat = 0;
  for (size_t d = 0; d < shape.size(); ++d)
    flat = flat * shape[d] + index[d];
  return flat;
}

template <typename T>
typename TypeInfo<T>::Sum sumAt(const Conv &conv, const Array<T> &input,
                                const Array<T> &filter, const Shape &at,
                                bool fused) {
  using Sum = typename TypeInfo<T>::Sum;
  Sum sum = 0;
  int64_t perGroup = conv.filter()[1];
  Shape window = conv.kernel;
  window.push_back(perGroup);
  forEach(window, [&](const Shape &k) {
    Shape x{at[0]}, w{at.back(), k.back()};
    for (int64_t d = 0; d < conv.dims(); ++d) {
      x.push_back(at[1 + d] * conv.strides[d] + k[d] * conv.dilations[d]);
      w.push_back(k[d]);
    }
    int64_t group = at.back() / (conv.channels / conv.groups);
    x.push_back(conv.isDepthwise ? at.back() : group * perGroup + k.back());
    sum = multiplyAdd<Sum>(input[flatten(conv.input, x)],
                           filter[flatten(conv.filter(), w)], sum, fused);
  });
  return sum;
}

template <typename T>
void check(const JitFunction &function, const Conv &conv, const char *cpu) {
  using Sum = typename TypeInfo<T>::Sum;
  Array<T> input(conv.input), filter(conv.filter()), init(conv.init());
  Array<Sum> bias({conv.channels});
  input.fill(1), filter.fill(2), bias.fill(3);
  function(input, filter, bias, init);
  bool fused = llvm::cantFail(graphopt::findCpuModel(cpu)).fma;
  int64_t wrong = 0;
  forEach(conv.init(), [&](const Shape &at) {
    T expected = T(sumAt(conv, input, filter, at, fused) + bias[at.back()]);
    T actual = init[flatten(conv.init(), at)];
    if (memcmp(&expected, &actual, sizeof expected) != 0 && wrong++ == 0)
      ADD_FAILURE() << cpu << " input " << listOf(conv.input) << " filter "
                    << listOf(conv.filter()) << " at " << listOf(at) << ": "
                    << double(actual) << " not " << double(expected);
  });
  EXPECT_EQ(wrong, 0);
}

template <typename T>
JitFunction compile(const Conv &conv, const char *cpu, int64_t vectors,
                    bool isOpen) {
  int64_t nr = vectors * llvm::cantFail(graphopt::findCpuModel(cpu))
                             .lanes(sizeof(typename TypeInfo<T>::Sum) * 8);
  return JitFunction(makeText<T>(conv, nr, isOpen),
                     std::string("graphopt-expand-kernels{cpu=") + cpu + "}");
}

template <typename T>
void checkOpen(const Conv &conv, const char *cpu) {
  JitFunction open = compile<T>(conv, cpu, 1, true);
  check<T>(open, conv, cpu);
  Conv other = conv;
  for (int64_t d = 0; d < conv.dims(); ++d)
    other.input[1 + d] += 3 + d;
  other.input[0] = 1;
  check<T>(open, other, cpu);
  other.input[0] = 0; // no image
  check<T>(open, other, cpu);
  other.input[0] = 1, other.input[1] = 0; // no line
  check<T>(open, other, cpu);
}

/// Fixed sizes on all CPUs, open ones on two.
template <typename T = float>
void checkAll(const Conv &conv) {
  for (const char *cpu : cpus)
    check<T>(compile<T>(conv, cpu, 2, false), conv, cpu);
  for (const char *cpu : {"avx512", "avx2"})
    checkOpen<T>(conv, cpu);
}

TEST(Conv, OneRunOfPixels) {
  checkAll({{2, 9, 11, 5}, {3, 3}, 20, {1, 1}, {1, 1}});
}
TEST(Conv, Strides) { checkAll({{1, 9, 15, 3}, {3, 2}, 7, {2, 3}, {1, 1}}); }
TEST(Conv, Dilations) { checkAll({{1, 9, 15, 3}, {3, 2}, 7, {1, 1}, {2, 4}}); }
TEST(Conv, Groups) { checkAll({{1, 6, 8, 6}, {3, 3}, 22, {1, 1}, {1, 1}, 2}); }
TEST(Conv, PointwiseIsAMatrixProduct) {
  checkAll({{2, 5, 7, 6}, {1, 1}, 19, {1, 1}, {1, 1}});
}
TEST(Conv, PointwiseWithStrides) {
  checkAll({{2, 5, 7, 6}, {1, 1}, 19, {2, 2}, {1, 1}});
}
TEST(Conv, OneDimension) { checkAll({{2, 17, 4}, {5}, 9, {2}, {1}}); }
TEST(Conv, ThreeDimensions) {
  checkAll({{1, 4, 5, 6, 3}, {2, 3, 2}, 5, {1, 2, 1}, {1, 1, 2}});
}
TEST(Conv, F16) {
  checkAll<_Float16>({{1, 6, 8, 3}, {3, 3}, 9, {1, 1}, {1, 1}});
}
TEST(Conv, I32) { checkAll<int32_t>({{1, 6, 8, 3}, {3, 3}, 9, {1, 1}, {1, 1}}); }

TEST(DepthwiseConv, ThreeByThree) {
  checkAll({{2, 9, 21, 20}, {3, 3}, 20, {1, 1}, {1, 1}, 1, true});
}
TEST(DepthwiseConv, StridesAndDilations) {
  checkAll({{1, 9, 21, 20}, {2, 3}, 20, {1, 2}, {3, 2}, 1, true});
}
// Tiles of two lines where vectors are long: lines that share all or some of the
// input's, a last one alone, one alone at all.
TEST(DepthwiseConv, PairsOfLines) {
  for (int64_t height : {7, 8})
    checkAll({{1, height, 10, 18}, {5, 5}, 18, {1, 1}, {1, 1}, 1, true});
}
TEST(DepthwiseConv, PairsOfLinesWithStrides) {
  checkAll({{1, 12, 13, 20}, {5, 3}, 20, {2, 2}, {1, 1}, 1, true});
  checkAll({{1, 12, 13, 20}, {3, 3}, 20, {2, 1}, {2, 2}, 1, true});
}
// Blocks of neighbouring panels, of which the last is smaller.
TEST(DepthwiseConv, BlocksOfPanels) {
  checkAll({{1, 5, 120, 210}, {3, 3}, 210, {1, 1}, {1, 1}, 1, true});
}
TEST(DepthwiseConv, ThreeDimensions) {
  checkAll({{2, 4, 5, 9, 20}, {2, 3, 3}, 20, {1, 2, 1}, {1, 1, 1}, 1, true});
}
TEST(DepthwiseConv, LongWindowIsALoop) {
  checkAll({{1, 40, 9}, {31}, 9, {1}, {1}, 1, true});
}
TEST(DepthwiseConv, ShortWindowOfOneDimension) {
  checkAll({{1, 40, 9}, {4}, 9, {3}, {1}, 1, true});
}
TEST(DepthwiseConv, F64) {
  checkAll<double>({{1, 5, 9, 7}, {3, 3}, 7, {1, 1}, {1, 1}, 1, true});
}
} // namespace
