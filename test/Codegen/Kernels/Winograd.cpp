//===- Winograd.cpp - kernel.winograd_conv against sums in f64 ------------===//

#include "JitFunction.h"
#include "dialects/Kernel/Winograd.h"
#include "graphopt/Target/Target.h"
#include <algorithm>
#include <gtest/gtest.h>

using graphopt::kernel::Winograd;

namespace {
using Directions = std::vector<Winograd>;
const Directions kF23{{2, 3}, {2, 3}}, kF43{{4, 3}, {4, 3}};

struct Conv {
  int64_t batch, height, width, channels, filters; // of init, but for channels
  Directions directions; // one: no height
  int64_t block;
  bool isHeavy = false; // an epilogue that runs over a tile on the stack

  bool isLine() const { return directions.size() == 1; }
  int64_t tapsY() const { return isLine() ? 1 : directions[0].getTaps(); }
  int64_t tapsX() const { return directions.back().getTaps(); }
  int64_t inputHeight() const { return height + tapsY() - 1; }
  int64_t inputWidth() const { return width + tapsX() - 1; }
  Shape input() const {
    return shape(inputHeight(), inputWidth(), channels);
  }
  Shape init() const { return shape(height, width, filters); }
  Shape shape(int64_t y, int64_t x, int64_t channels) const {
    return isLine() ? Shape{batch, x, channels} : Shape{batch, y, x, channels};
  }
};

Shape openSizes(Shape shape) {
  std::fill(shape.begin(), shape.end() - 1, -1);
  return shape;
}

std::string listOf(const Directions &directions,
                   int64_t (Winograd::*size)() const) {
  std::string list;
  for (const Winograd &direction : directions)
    list += (list.empty() ? "[" : ", ") + std::to_string((direction.*size)());
  return list + "]";
}

/// The op with a residual, the transformed filter packed in panels of `nr`.
template <typename T>
std::string makeText(const Conv &conv, int64_t nr, bool isOpen) {
  std::string name = TypeInfo<T>::name;
  std::string input = memrefOf<T>(isOpen ? openSizes(conv.input()) : conv.input());
  std::string init = memrefOf<T>(isOpen ? openSizes(conv.init()) : conv.init());
  int64_t products = countProducts(conv.directions);
  std::string plain = memrefOf<T>({products, conv.channels, conv.filters});
  std::string packed =
      memrefOf<T>({(conv.filters + nr - 1) / nr, products, conv.channels, nr});
  int64_t pitch =
      graphopt::kernel::getWinogradPitch(conv.channels, sizeof(T) * 8);
  std::string scratch = memrefOf<T>({conv.block, products, pitch});
  std::string body = "    %v = arith.addf %s, %e : " + name + "\n";
  for (int i = 0; conv.isHeavy && i < 20; ++i)
    body += "    %n" + std::to_string(i) + " = arith.negf %" +
            (i ? "n" + std::to_string(i - 1) : "v") + " : " + name + "\n";
  return "func.func @f(%x: " + input + ", %w: " + plain + ", %r: " + init +
         ", %t: " + scratch + ", %y: " + init +
         ") attributes {llvm.emit_c_interface} {\n"
         "  %p = memref.alloca() : " + packed + "\n"
         "  kernel.pack ins(%w : " + plain + ") permutation = [0, 1, 2] groups = 1"
         " outs(%p : " + packed + ")\n"
         "  kernel.winograd_conv ins(%x, %p : " + input + ", " + packed +
         ") packed taps = " + listOf(conv.directions, &Winograd::getTaps) +
         " tile = " + listOf(conv.directions, &Winograd::getOutputs) +
         " block = " + std::to_string(conv.block) + " scratch(%t : " +
         scratch + ") outs(%y : " + init + ") extras(%r : " + init +
         ") maps [affine_map<" +
         (conv.isLine() ? "(b, x, o) -> (b, x, o)" : "(b, y, x, o) -> (b, y, x, o)") +
         ">] {\n"
         "  ^bb0(%s: " + name + ", %e: " + name + "):\n" + body +
         "    kernel.yield %" + (conv.isHeavy ? "n19" : "v") + " : " + name +
         "\n  }\n  return\n}\n";
}

template <typename T>
JitFunction compile(const Conv &conv, const char *cpu, int64_t vectors,
                    bool isOpen) {
  int64_t nr = vectors * llvm::cantFail(graphopt::findCpuModel(cpu))
                             .lanes(sizeof(T) * 8);
  return JitFunction(makeText<T>(conv, nr, isOpen),
                     std::string("graphopt-expand-kernels{cpu=") + cpu + "}");
}

/// Taps [o, c, y, x] to [product, c, o].
template <typename T>
void transform(const Conv &conv, const Array<T> &taps, Array<T> &values) {
  Winograd y = conv.isLine() ? Winograd(1, 1) : conv.directions[0];
  Winograd x = conv.directions.back();
  auto matrixY = y.getFilterMatrix(), matrixX = x.getFilterMatrix();
  int64_t points = x.getPoints(), width = x.getTaps();
  int64_t count = width * y.getTaps();
  for (int64_t i = 0; i < y.getPoints() * points; ++i)
    for (int64_t c = 0; c < conv.channels; ++c)
      for (int64_t o = 0; o < conv.filters; ++o) {
        double sum = 0;
        for (int64_t k = 0; k < count; ++k)
          sum += matrixY[i / points][k / width] *
                 matrixX[i % points][k % width] *
                 taps[(o * conv.channels + c) * count + k];
        values[(i * conv.channels + c) * conv.filters + o] = T(sum);
      }
}

template <typename T>
void check(const JitFunction &function, const Conv &conv, const char *cpu) {
  int64_t products = countProducts(conv.directions);
  int64_t width = conv.tapsX(), count = width * conv.tapsY();
  Array<T> input(conv.input()), taps({conv.filters, conv.channels, count});
  Array<T> values({products, conv.channels, conv.filters});
  Array<T> residual(conv.init()), init(conv.init());
  Array<T> scratch({conv.block, products,
                    graphopt::kernel::getWinogradPitch(conv.channels,
                                                       sizeof(T) * 8)});
  input.fill(1), taps.fill(2), residual.fill(3);
  for (int64_t i = 0; i < init.size(); ++i)
    init[i] = NAN;
  for (int64_t i = 0; i < scratch.size(); ++i)
    scratch[i] = NAN;
  transform(conv, taps, values);
  function(input, values, residual, scratch, init);

  double error = 0, largest = 0;
  int64_t at = 0;
  for (int64_t b = 0; b < conv.batch; ++b)
    for (int64_t y = 0; y < conv.height; ++y)
      for (int64_t x = 0; x < conv.width; ++x)
        for (int64_t o = 0; o < conv.filters; ++o, ++at) {
          double sum = residual[at];
          for (int64_t k = 0; k < count; ++k)
            for (int64_t c = 0; c < conv.channels; ++c)
              sum += double(input[((b * conv.inputHeight() + y + k / width) *
                                       conv.inputWidth() + x + k % width) *
                                      conv.channels + c]) *
                     taps[(o * conv.channels + c) * count + k];
          double difference = std::fabs(sum - init[at]);
          // A value that is no number must not get lost.
          error = difference <= error ? error : difference;
          largest = std::max(largest, std::fabs(sum));
        }
  double most = sizeof(T) == 4 ? 3e-6 : 6e-15;
  EXPECT_LE(error, most * largest)
      << cpu << " " << conv.batch << "x" << conv.height << "x" << conv.width
      << " channels " << conv.channels << " to " << conv.filters << ", tile "
      << listOf(conv.directions, &Winograd::getOutputs) << ", taps "
      << listOf(conv.directions, &Winograd::getTaps) << ", block " << conv.block;
}

/// Fixed sizes on all CPUs, open ones on one.
template <typename T = float>
void checkAll(const Conv &conv) {
  for (const char *cpu : {"avx512", "avx2", "sse4.2", "neon"})
    check<T>(compile<T>(conv, cpu, 2, false), conv, cpu);
  JitFunction open = compile<T>(conv, "avx2", 3, true);
  check<T>(open, conv, "avx2");
  for (Shape sizes : {Shape{1, conv.height + 5, conv.width + 3}, {3, 1, 2},
                      {0, 4, 4}, {1, 0, 4}, {1, 4, 0}}) {
    Conv other = conv;
    other.batch = sizes[0], other.width = sizes[2];
    other.height = conv.isLine() ? 1 : sizes[1];
    check<T>(open, other, "avx2");
  }
}

TEST(Winograd, WholeTiles) {
  checkAll({1, 8, 12, 16, 16, kF23, 100});
  checkAll({1, 8, 12, 16, 16, kF43, 100});
}
TEST(Winograd, TilesThatEndOutside) {
  checkAll({2, 7, 5, 19, 37, kF23, 100});
  checkAll({2, 7, 5, 19, 37, kF43, 100});
  checkAll({1, 9, 10, 33, 5, kF43, 100});
}
TEST(Winograd, Blocks) {
  checkAll({1, 12, 12, 8, 24, kF43, 3}); // equal ones
  checkAll({1, 13, 15, 8, 24, kF43, 7}); // a shorter one
  checkAll({2, 9, 9, 5, 9, kF23, 1});
}
TEST(Winograd, ManyTilesATurn) { checkAll({1, 32, 48, 9, 16, kF43, 96}); }
TEST(Winograd, HeavyEpilogue) {
  checkAll({1, 8, 8, 8, 20, kF43, 100, true});
  checkAll({1, 9, 6, 8, 20, kF43, 100, true});
}
TEST(Winograd, OneDimension) {
  checkAll({1, 1, 24, 16, 16, {{2, 5}}, 100});
  checkAll({2, 1, 37, 19, 37, {{2, 5}}, 7});
  checkAll({2, 1, 23, 19, 37, {{4, 3}}, 100});
  checkAll({1, 1, 18, 8, 20, {{4, 3}}, 100, true});
  checkAll({1, 1, 9, 8, 8, {{2, 3}}, 2});
}
TEST(Winograd, OneOfTwoDimensions) {
  checkAll({1, 5, 14, 19, 24, {{1, 1}, {4, 3}}, 100});
  checkAll({2, 15, 4, 19, 24, {{2, 5}, {1, 1}}, 5});
  checkAll({1, 15, 3, 8, 20, {{2, 5}, {1, 1}}, 5, true});
}
TEST(Winograd, OtherTaps) {
  checkAll({1, 9, 8, 35, 24, {{2, 5}, {2, 5}}, 100});
  checkAll({1, 8, 9, 20, 24, {{2, 5}, {4, 3}}, 100});
  checkAll({1, 8, 9, 20, 24, {{3, 2}, {3, 2}}, 100});
  checkAll({1, 7, 8, 20, 24, {{5, 2}, {3, 4}}, 100});
}
TEST(Winograd, F64) {
  checkAll<double>({1, 9, 8, 11, 13, kF43, 5});
  checkAll<double>({1, 9, 8, 11, 13, kF23, 5});
}
} // namespace
