#include "graphopt/Compress/Quantize.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace graphopt;

namespace {
constexpr int64_t inputs = 12, outputs = 7, group = 4;

using Rows = std::vector<std::vector<double>>;

/// Numbers that depend on each other.
Rows makeInputs() {
  std::mt19937 random(0);
  std::normal_distribution<float> normal;
  Rows rows(300, std::vector<double>(inputs));
  for (auto &row : rows)
    for (int64_t i = 0; i < inputs; ++i)
      row[i] = float(normal(random) + (i > 0 ? 0.9 * row[i - 1] : 0.5));
  return rows;
}

ValueStatistics observe(const Rows &rows) {
  HostTensor x = llvm::cantFail(HostTensor::create(
      "x", DType::Float32, {int64_t(rows.size()), int64_t(rows[0].size())}));
  auto to = x.elements<float>().begin();
  for (auto &row : rows)
    to = llvm::copy(row, to);
  ValueStatistics seen;
  seen.kinds = ValueStatistics::Summary | ValueStatistics::Gram;
  llvm::cantFail(seen.add(x, -1, {}));
  return seen;
}

std::vector<double> makeWeights() {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> weights(inputs * outputs);
  for (double &weight : weights)
    weight = normal(random);
  return weights;
}

/// x of a x = b, by elimination.
std::vector<double> solve(Rows a, std::vector<double> b) {
  size_t size = b.size();
  for (size_t k = 0; k < size; ++k)
    for (size_t i = k + 1; i < size; ++i) {
      double factor = a[i][k] / a[k][k];
      for (size_t j = k; j < size; ++j)
        a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  for (size_t k = size; k-- > 0;) {
    for (size_t j = k + 1; j < size; ++j)
      b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

/// What the rows have in common beside their mean, and something on the diagonal.
Rows covariance(const Rows &rows, double damping) {
  std::vector<double> mean(inputs, 0);
  for (auto &row : rows)
    for (int64_t i = 0; i < inputs; ++i)
      mean[i] += row[i] / double(rows.size());
  Rows matrix(inputs, std::vector<double>(inputs, 0));
  double trace = 0;
  for (int64_t i = 0; i < inputs; ++i) {
    for (int64_t j = 0; j < inputs; ++j)
      for (auto &row : rows)
        matrix[i][j] +=
            (row[i] - mean[i]) * (row[j] - mean[j]) / double(rows.size());
    trace += matrix[i][i];
  }
  for (int64_t i = 0; i < inputs; ++i)
    matrix[i][i] += damping * trace / inputs;
  return matrix;
}

// After each input the ones behind are fitted anew, on the grids that were found.
TEST(Quantize, MakesUpForWhatIsLost) {
  Rows rows = makeInputs();
  ValueStatistics seen = observe(rows);
  std::vector<double> weights = makeWeights(), now = weights;
  WeightGrid grid{WeightType::U4, group};
  QuantizedWeights made = quantizeBySecondOrder({seen, weights, outputs},
                                                {weights, outputs}, grid, 0.01);
  ASSERT_EQ(made.groups, inputs / group);
  Rows matrix = covariance(rows, 0.01);
  for (int64_t column = 0; column < outputs; ++column)
    for (int64_t k = 0; k < inputs; ++k) {
      double scale = made.scales[k / group * outputs + column];
      double zero = made.zeros[k / group * outputs + column];
      double &weight = now[k * outputs + column], before = weight;
      double integer = std::nearbyint(weight / scale) + zero;
      integer = std::min(std::max(integer, 0.0), 15.0);
      EXPECT_EQ(made.integers[k * outputs + column], integer);
      weight = (integer - zero) * scale;
      EXPECT_NEAR(made.restored[k * outputs + column], weight, 1e-6);
      Rows behind;
      std::vector<double> lost;
      for (int64_t i = k + 1; i < inputs; ++i) {
        behind.emplace_back(matrix[i].begin() + k + 1, matrix[i].end());
        lost.push_back(matrix[i][k] * (before - weight));
      }
      for (auto [i, change] : llvm::enumerate(solve(behind, lost)))
        now[(k + 1 + int64_t(i)) * outputs + column] += change;
    }
  // The mean of what the product loses.
  for (int64_t column = 0; column < outputs; ++column) {
    double lost = 0;
    for (auto &row : rows)
      for (int64_t k = 0; k < inputs; ++k)
        lost += row[k] * (weights[k * outputs + column] - now[k * outputs + column]);
    EXPECT_NEAR(made.bias[column], lost / double(rows.size()), 1e-5);
  }
}

// Factors of channels are as if the input had been multiplied with them before.
TEST(Quantize, MakesUpBehindFactors) {
  Rows rows = makeInputs(), scaled = rows;
  std::vector<float> factors;
  for (int64_t i = 0; i < inputs; ++i)
    factors.push_back(float(1 << (i % 5)));
  for (auto &row : scaled)
    for (int64_t i = 0; i < inputs; ++i)
      row[i] *= factors[i];
  std::vector<double> weights = makeWeights();
  ValueStatistics seen = observe(rows), after = observe(scaled);
  DenseWeights dense{weights, outputs};
  WeightGrid grid{WeightType::S8, /*group=*/0};
  QuantizedWeights made =
      quantizeBySecondOrder({seen, weights, outputs}, dense, grid, 0.01, factors);
  QuantizedWeights same =
      quantizeBySecondOrder({after, weights, outputs}, dense, grid, 0.01);
  EXPECT_EQ(made.groups, 1);
  EXPECT_EQ(made.integers, same.integers);
  EXPECT_NE(made.integers, quantizeNearest(dense, grid).integers);
  for (int64_t column = 0; column < outputs; ++column)
    EXPECT_NEAR(made.bias[column], same.bias[column], 1e-6);
}

// A grid of 4 bits gives up ends of the range where that costs less.
TEST(Quantize, FitsFourBits) {
  std::vector<double> weights = makeWeights();
  for (WeightType type : {WeightType::I4, WeightType::U4}) {
    QuantizedWeights made = quantizeNearest({weights, outputs}, {type, group});
    for (int64_t begin = 0; begin < inputs; begin += group)
      for (int64_t column = 0; column < outputs; ++column) {
        double low = 0, high = 0, error = 0, whole = 0;
        for (int64_t k = begin; k < begin + group; ++k) {
          double weight = weights[k * outputs + column];
          low = std::min(low, weight);
          high = std::max(high, weight);
          error += std::pow(made.restored[k * outputs + column] - weight, 2);
        }
        bool isSigned = type == WeightType::I4;
        double most = std::max(-low, high);
        double scale = isSigned ? most / 7 : (high - low) / 15;
        double zero = isSigned ? 0 : std::nearbyint(-low / scale);
        for (int64_t k = begin; k < begin + group; ++k) {
          double weight = weights[k * outputs + column];
          double integer = std::nearbyint(weight / scale) + zero;
          integer = std::min(std::max(integer, isSigned ? -8.0 : 0.0),
                             isSigned ? 7.0 : 15.0);
          whole += std::pow((integer - zero) * scale - weight, 2);
        }
        EXPECT_LE(error, whole * 1.0001);
      }
  }
}

// One scale for each output, whatever its places; or one for all.
TEST(Quantize, ScalesOutputs) {
  std::vector<double> weights = {1, 254, -127, 2, 0, 0};
  QuantizedWeights made =
      quantizeNearest({weights, /*columns=*/6, /*places=*/2}, {});
  EXPECT_EQ(made.scales, (std::vector<float>{2, 1, 1}));
  EXPECT_EQ(made.integers, (std::vector<int8_t>{0, 127, -127, 2, 0, 0}));
  made = quantizeNearest({weights, 6, 2}, {WeightType::S8, 0, /*perTensor=*/true});
  EXPECT_EQ(made.scales, (std::vector<float>{2}));
  EXPECT_EQ(made.integers, (std::vector<int8_t>{0, 127, -64, 1, 0, 0}));
}

// 0 is on each grid, and nothing is NaN.
TEST(Quantize, KeepsZero) {
  ByteGrid positive = makeByteGrid(2, 5.1), none = makeByteGrid(0, 0);
  EXPECT_EQ(positive.zero, 0);
  EXPECT_FLOAT_EQ(positive.scale, 0.02f);
  EXPECT_EQ(none.round(0), 0);
  for (double low : {-0.3, -1e-3, -7.7}) {
    ByteGrid grid = makeByteGrid(low, 1.23);
    EXPECT_EQ(grid.round(0), 0);
    EXPECT_NEAR(grid.round(low), low, grid.scale);
    EXPECT_NEAR(grid.round(1.23), 1.23, grid.scale);
  }
}

TEST(Quantize, Smooths) {
  std::vector<float> factors = smoothingFactors({4, 0, 16}, {1, 2, 0}, 0.5);
  EXPECT_FLOAT_EQ(factors[0], 0.5f);
  EXPECT_FLOAT_EQ(factors[1], float(std::sqrt(2 / 1e-5)));
  EXPECT_FLOAT_EQ(factors[2], float(1 / std::sqrt(16 / 1e-5)));
}
} // namespace
