//===- ByteConv.cpp - Convolutions of bytes ---------------------------------===//
//
// Sums of unsigned by signed bytes, and of 16 bits by bytes, of all values, are exact.
// Images are [line, column, channel], so is a filter's window.

#include "ByteCpus.h"
#include "JitFunction.h"

namespace {
struct Conv {
  int64_t height, width, channels, filters;
  int64_t kernel[2], strides[2] = {1, 1}, dilations[2] = {1, 1};
  int64_t groups = 1;
  bool isDepthwise = false;

  int64_t perGroup() const { return isDepthwise ? 1 : channels / groups; }
  int64_t count(int64_t dim) const {
    int64_t size = dim == 0 ? height : width, span = (kernel[dim] - 1) * dilations[dim] + 1;
    return size < span ? 0 : (size - span) / strides[dim] + 1;
  }
  /// Of all groups; each has its own.
  int64_t panels(int64_t nr) const {
    return groups * ((filters / groups + nr - 1) / nr);
  }
};

std::string memref(std::initializer_list<int64_t> sizes, const char *element) {
  std::string text = "memref<";
  for (int64_t size : sizes)
    text += (size < 0 ? "?" : std::to_string(size)) + "x";
  return text + element + ">";
}

std::string pairOf(const int64_t *numbers) {
  return "[" + std::to_string(numbers[0]) + ", " + std::to_string(numbers[1]) + "]";
}

/// Neighbours of a column of the filter that lie together.
int64_t groupOf(const ByteCpu &on, const Conv &conv) { return conv.isDepthwise ? 1 : on.group; }

JitFunction compile(const ByteCpu &on, const Conv &conv, int64_t nr, bool isOpen) {
  int64_t open = -1, group = groupOf(on, conv);
  std::string x = memref({1, isOpen ? open : conv.height, isOpen ? open : conv.width,
                          conv.channels}, group == 2 ? "i16" : "i8");
  std::string w = memref({conv.panels(nr), conv.kernel[0], conv.kernel[1],
                          conv.perGroup() / group, nr * group}, "i8");
  std::string y = memref({1, isOpen ? open : conv.count(0), isOpen ? open : conv.count(1),
                          conv.filters}, "i32");
  std::string text = "func.func @f(%x: " + x + ", %w: " + w + ", %y: " + y +
      ") attributes {llvm.emit_c_interface} {\n  kernel." +
      (conv.isDepthwise ? "depthwise_conv" : "conv") + " ins(%x, %w : " + x + ", " + w +
      ") packed " + (conv.isDepthwise ? "" : "interleave = " + std::to_string(group)) +
      (group == 2 ? "" : " unsigned_input") + " strides = " + pairOf(conv.strides) + " dilations = " +
      pairOf(conv.dilations) +
      (conv.isDepthwise ? "" : " groups = " + std::to_string(conv.groups)) + " outs(%y : " +
      y + ") {\n  ^bb0(%s: i32):\n    kernel.yield %s : i32\n  }\n  return\n}\n";
  return JitFunction(text, "graphopt-expand-kernels{cpu=" + std::string(on.cpu) + "}");
}

template <typename Input>
void checkOf(const JitFunction &function, const Conv &conv, int64_t group, int64_t nr) {
  int64_t steps = conv.perGroup() / group;
  int64_t lines = conv.count(0), columns = conv.count(1), perGroup = conv.filters / conv.groups;
  Array<Input> x({1, conv.height, conv.width, conv.channels});
  Array<int8_t> w({conv.panels(nr), conv.kernel[0], conv.kernel[1], steps, nr * group});
  Array<int32_t> y({1, lines, columns, conv.filters});
  x.fill(1), w.fill(2), y.fill(3);
  function(x, w, y);
  for (int64_t i = 0; i < y.size(); ++i) {
    int64_t o = i % conv.filters, column = i / conv.filters % columns;
    int64_t line = i / conv.filters / columns, ofGroup = o / perGroup;
    int64_t panel = ofGroup * (conv.panels(nr) / conv.groups) + o % perGroup / nr;
    int32_t sum = 0;
    for (int64_t ky = 0; ky < conv.kernel[0]; ++ky)
      for (int64_t kx = 0; kx < conv.kernel[1]; ++kx)
        for (int64_t c = 0; c < conv.perGroup(); ++c) {
          int64_t channel = conv.isDepthwise ? o : ofGroup * conv.perGroup() + c;
          int64_t row = line * conv.strides[0] + ky * conv.dilations[0];
          int64_t at = column * conv.strides[1] + kx * conv.dilations[1];
          int64_t step = ((panel * conv.kernel[0] + ky) * conv.kernel[1] + kx) * steps + c / group;
          sum += x[(row * conv.width + at) * conv.channels + channel] *
                 w[(step * nr + o % perGroup % nr) * group + c % group];
        }
    ASSERT_EQ(sum, y[i]) << "filter " << o << " at " << line << ", " << column;
  }
}

void check(const ByteCpu &on, const JitFunction &function, const Conv &conv, int64_t nr) {
  if (groupOf(on, conv) == 2)
    checkOf<int16_t>(function, conv, 2, nr);
  else
    checkOf<uint8_t>(function, conv, groupOf(on, conv), nr);
}

/// Fixed and open sizes, panels of one vector and two.
void checkOn(const ByteCpu &on, const Conv &conv) {
  for (int64_t vectors : {1, 2}) {
    int64_t nr = vectors * on.lanes;
    check(on, compile(on, conv, nr, false), conv, nr);
    JitFunction open = compile(on, conv, nr, true);
    check(on, open, conv, nr);
    Conv other = conv;
    other.height += 3, other.width += 4;
    check(on, open, other, nr);
    other.height = 0; // no line
    check(on, open, other, nr);
  }
}

void checkAll(Conv conv) {
  onEachByteCpu([&](const ByteCpu &on) { checkOn(on, conv); });
}

void checkPairs(Conv conv) {
  onEachCpu(kPairCpus, [&](const ByteCpu &on) { checkOn(on, conv); });
}

TEST(ByteConv, OneRunOfPixels) { checkAll({9, 17, 12, 37, {3, 3}}); }
TEST(ByteConv, Strides) { checkAll({9, 15, 4, 7, {3, 2}, {2, 3}}); }
TEST(ByteConv, Dilations) { checkAll({9, 15, 8, 16, {3, 2}, {1, 1}, {2, 4}}); }
TEST(ByteConv, Groups) { checkAll({6, 8, 8, 44, {3, 3}, {1, 1}, {1, 1}, 2}); }
TEST(ByteConv, PointwiseIsAMatrixProduct) { checkAll({5, 29, 20, 33, {1, 1}}); }
TEST(ByteConv, PointwiseWithStrides) { checkAll({5, 29, 20, 33, {1, 1}, {2, 2}}); }

TEST(PairConv, OneRunOfPixels) { checkPairs({9, 17, 6, 37, {3, 3}}); }
TEST(PairConv, Dilations) { checkPairs({9, 15, 8, 16, {3, 2}, {2, 1}, {2, 4}}); }
TEST(PairConv, Groups) { checkPairs({6, 8, 4, 44, {3, 3}, {1, 1}, {1, 1}, 2}); }
TEST(PairConv, PointwiseIsAMatrixProduct) { checkPairs({5, 29, 20, 33, {1, 1}}); }
TEST(PairConv, Depthwise) {
  checkPairs({7, 13, 37, 37, {3, 3}, {2, 1}, {1, 1}, 1, true});
}

TEST(ByteDepthwiseConv, PairsOfLines) {
  for (int64_t height : {7, 8})
    checkAll({height, 13, 37, 37, {3, 3}, {1, 1}, {1, 1}, 1, true});
}
TEST(ByteDepthwiseConv, Strides) {
  checkAll({9, 21, 32, 32, {3, 3}, {2, 2}, {1, 1}, 1, true});
}
TEST(ByteDepthwiseConv, Dilations) {
  checkAll({9, 21, 5, 5, {3, 3}, {1, 1}, {2, 3}, 1, true});
}
} // namespace
