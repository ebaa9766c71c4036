//===- Attention.cpp - kernel.attention against sums in f64 ---------------===//

#include "JitFunction.h"
#include <gtest/gtest.h>
#include <limits>

namespace {
enum class Causal { None, FromStart, FromEnd };

struct Attention {
  int64_t batch, heads, keyHeads, queries, keys, depth, width;
  Causal causal = Causal::None;
  double softcap = 0;
  /// Dimensions of the scores that a mask has; 1 for others.
  std::string mask = "";
  bool headsLast = false; // [b, s, h, d] in memory
  bool isOpen = false;

  Shape order(Shape sizes) const {
    if (headsLast)
      std::swap(sizes[1], sizes[2]);
    return sizes;
  }
  Shape query() const { return order({batch, heads, queries, depth}); }
  Shape key() const { return order({batch, keyHeads, keys, depth}); }
  Shape value() const { return order({batch, keyHeads, keys, width}); }
  Shape init() const { return order({batch, heads, queries, width}); }
  Shape maskShape() const {
    Shape scores{batch, heads, queries, keys};
    for (int64_t i = 0; i < 4; ++i)
      if (mask.find("bhmn"[i]) == std::string::npos)
        scores[i] = 1;
    return scores;
  }
  int64_t panelKeys() const {
    int64_t size = 16;
    while (size < 64 && (isOpen || size < keys))
      size *= 2;
    return size;
  }
  Shape scratch() const {
    int64_t panel = panelKeys();
    return {batch, keyHeads, (keys + panel - 1) / panel, depth, panel};
  }
  /// The `opened` dimensions of a shape as -1, if they are.
  Shape open(Shape shape, Shape opened) const {
    for (int64_t dim : opened)
      if (isOpen && shape[dim] != 1)
        shape[dim] = -1;
    return shape;
  }
};

template <typename T>
std::string makeText(const Attention &a) {
  std::string name = TypeInfo<T>::name;
  using Sum = typename TypeInfo<T>::Sum;
  std::string sum = TypeInfo<Sum>::name;
  Shape batchAndRows{0, a.headsLast ? 1 : 2};
  std::string q = memrefOf<T>(a.open(a.query(), batchAndRows));
  std::string k = memrefOf<T>(a.open(a.key(), batchAndRows));
  std::string v = memrefOf<T>(a.open(a.value(), batchAndRows));
  std::string y = memrefOf<T>(a.open(a.init(), batchAndRows));
  std::string m = memrefOf<T>(a.open(a.maskShape(), {0, 2, 3}));
  Shape scratch = a.scratch();
  if (a.isOpen)
    scratch[0] = scratch[2] = -1;
  std::string s = memrefOf<Sum>(scratch);
  std::string map = "affine_map<(b, h, m, n) -> (";
  for (char dim : std::string("bhmn")) {
    map += a.mask.find(dim) == std::string::npos ? std::string("0")
                                                 : std::string(1, dim);
    map += dim == 'n' ? ")>" : ", ";
  }
  std::string layout = a.headsLast ? "affine_map<(b, h, s, d) -> (b, s, h, d)>"
                                   : "affine_map<(b, h, s, d) -> (b, h, s, d)>";
  bool isNarrow = sizeof(T) < sizeof(Sum);
  return "func.func @f(%q: " + q + ", %k: " + k + ", %v: " + v + ", %m: " + m +
         ", %s: " + s + ", %y: " + y +
         ") attributes {llvm.emit_c_interface} {\n"
         "  kernel.attention ins(%q, %k, %v : " + q + ", " + k + ", " + v +
         ") layouts [" + layout + ", " + layout + ", " + layout + ", " + layout +
         "] scale = 0.5" +
         (a.softcap ? " softcap = " + std::to_string(a.softcap) : "") +
         (a.causal != Causal::None ? " causal" : "") +
         (a.causal == Causal::FromEnd ? " from_end" : "") +
         (a.mask.empty() ? "" : " mask(%m : " + m + ") mask_map = " + map) +
         (!a.isOpen && a.queries <= 2 ? "" : " scratch(%s : " + s + ")") +
         " outs(%y : " + y + ") {\n"
         "  ^bb0(%x: " + sum + "):\n" +
         (isNarrow ? "    %0 = arith.truncf %x : " + sum + " to " + name + "\n"
                   : "") +
         "    kernel.yield " + (isNarrow ? "%0" : "%x") + " : " + name +
         "\n  }\n  return\n}\n";
}

/// Where (b, h, s, d) is in an array of `shape`.
int64_t at(const Attention &a, const Shape &shape, int64_t b, int64_t h,
           int64_t s, int64_t d) {
  Shape index = a.order({b, h, s, d});
  int64_t position = 0;
  for (int i = 0; i < 4; ++i)
    position = position * shape[i] + index[i];
  return position;
}

template <typename T>
void check(const JitFunction &function, const Attention &a, const char *cpu) {
  Array<T> q(a.query()), k(a.key()), v(a.value()), y(a.init());
  Array<T> mask(a.maskShape());
  Array<typename TypeInfo<T>::Sum> scratch(a.scratch());
  q.fill(1), k.fill(2), v.fill(3), mask.fill(4);
  for (int64_t i = 0; i < mask.size(); i += 3)
    mask[i] = T(-std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < y.size(); ++i)
    y[i] = T(7);
  function(q, k, v, mask, scratch, y);

  double most = sizeof(T) == 8 ? 1e-14 : sizeof(T) == 4 ? 2e-6 : 3e-3;
  const Shape &m = mask.shape;
  int64_t wrong = 0;
  for (int64_t b = 0; b < a.batch; ++b)
    for (int64_t h = 0; h < a.heads; ++h)
      for (int64_t i = 0; i < a.queries; ++i) {
        int64_t g = h / (a.heads / a.keyHeads);
        std::vector<double> scores;
        double greatest = -INFINITY, sum = 0;
        for (int64_t n = 0; n < a.keys; ++n) {
          double score = 0;
          for (int64_t d = 0; d < a.depth; ++d)
            score += double(q[at(a, q.shape, b, h, i, d)]) *
                     double(k[at(a, k.shape, b, g, n, d)]);
          score *= 0.5;
          if (a.softcap)
            score = a.softcap * std::tanh(score / a.softcap);
          if (!a.mask.empty())
            score += double(mask[((b % m[0] * m[1] + h % m[1]) * m[2] + i % m[2]) *
                                     m[3] + n % m[3]]);
          int64_t last = a.causal == Causal::None        ? a.keys
                         : a.causal == Causal::FromStart ? i
                                                         : i + a.keys - a.queries;
          if (n > last)
            score = -INFINITY;
          scores.push_back(score);
          greatest = std::max(greatest, score);
        }
        for (double &score : scores)
          sum += score = std::exp(score - greatest);
        for (int64_t e = 0; e < a.width; ++e) {
          double expected = 0;
          for (int64_t n = 0; n < a.keys; ++n)
            expected += scores[n] / sum * double(v[at(a, v.shape, b, g, n, e)]);
          double actual = double(y[at(a, y.shape, b, h, i, e)]);
          bool isRight = std::isnan(expected)
                             ? std::isnan(actual)
                             : std::fabs(expected - actual) <= most;
          wrong += !isRight;
        }
      }
  EXPECT_EQ(wrong, 0) << cpu << " " << a.batch << "x" << a.heads << "/"
                      << a.keyHeads << " queries " << a.queries << " keys "
                      << a.keys << " depth " << a.depth << " width " << a.width
                      << " mask " << a.mask;
}

/// Fixed sizes on all CPUs.
template <typename T = float>
void checkAll(const Attention &a) {
  for (const char *cpu : {"avx512", "avx2", "sse4.2", "neon"})
    check<T>(JitFunction(makeText<T>(a), std::string("graphopt-expand-kernels{cpu=") +
                                             cpu + "}"),
             a, cpu);
}

TEST(Attention, WholePanels) { checkAll({1, 4, 4, 24, 64, 32, 32}); }
TEST(Attention, RaggedSizes) {
  checkAll({2, 2, 2, 13, 37, 19, 21});
  checkAll({1, 1, 1, 3, 5, 3, 1});
}
TEST(Attention, FewQueries) {
  checkAll({1, 2, 2, 1, 37, 64, 24});
  checkAll({1, 2, 1, 2, 9, 5, 7, Causal::FromEnd});
}
TEST(Attention, GroupsOfHeads) { checkAll({2, 6, 2, 9, 20, 16, 16}); }
TEST(Attention, HeadsLast) {
  Attention a{2, 4, 2, 9, 20, 16, 24};
  a.headsLast = true;
  checkAll(a);
  a.queries = 1;
  checkAll(a);
}
TEST(Attention, BlocksOfKeys) {
  checkAll({1, 1, 1, 7, 600, 8, 20});
  checkAll({1, 1, 1, 70, 1100, 4, 9, Causal::FromEnd});
  checkAll<double>({1, 1, 1, 5, 300, 8, 9, Causal::FromStart});
}
TEST(Attention, CausalForms) {
  checkAll({1, 2, 2, 30, 30, 8, 8, Causal::FromStart});
  checkAll({1, 2, 2, 30, 17, 8, 8, Causal::FromStart});
  checkAll({1, 2, 2, 17, 30, 8, 8, Causal::FromEnd});
  checkAll({1, 2, 2, 30, 17, 8, 8, Causal::FromEnd}); // rows without keys
}
TEST(Attention, Masks) {
  for (const char *mask : {"bhmn", "bn", "mn", "m", "h", "hn", "b"})
    checkAll({2, 2, 2, 9, 21, 8, 8, Causal::None, 0, mask});
}
TEST(Attention, Softcap) {
  checkAll({1, 2, 2, 9, 21, 8, 8, Causal::None, 1.5, "mn"});
}
TEST(Attention, OtherTypes) {
  checkAll<double>({1, 2, 2, 9, 21, 10, 12, Causal::None, 0, "mn"});
  checkAll<_Float16>({1, 2, 2, 9, 21, 10, 12, Causal::None, 0, "mn"});
  checkAll<_Float16>({1, 2, 2, 1, 21, 10, 12});
}
TEST(Attention, OpenSizes) {
  Attention a{2, 4, 2, 9, 40, 12, 20, Causal::FromEnd, 0, "mn"};
  a.isOpen = true;
  for (bool headsLast : {false, true}) {
    a.headsLast = headsLast;
    JitFunction function(makeText<float>(a),
                         "graphopt-expand-kernels{cpu=avx2}");
    for (Shape sizes : {Shape{2, 9, 40}, {1, 1, 40}, {1, 2, 600}, {1, 70, 513},
                        {3, 5, 2}, {0, 3, 4}, {1, 0, 4}}) {
      Attention other = a;
      other.batch = sizes[0], other.queries = sizes[1], other.keys = sizes[2];
      check<float>(function, other, "avx2");
    }
  }
}
TEST(Attention, NoKeys) {
  Attention a{1, 2, 2, 3, 8, 4, 5};
  a.isOpen = true;
  JitFunction function(makeText<float>(a), "graphopt-expand-kernels{cpu=avx2}");
  a.keys = 0;
  Array<float> q(a.query()), k(a.key()), v(a.value()), mask(a.maskShape()),
      scratch(a.scratch()), y(a.init());
  q.fill(1);
  for (int64_t i = 0; i < y.size(); ++i)
    y[i] = 7;
  function(q, k, v, mask, scratch, y);
  for (int64_t i = 0; i < y.size(); ++i)
    EXPECT_EQ(y[i], 0);
}
} // namespace
