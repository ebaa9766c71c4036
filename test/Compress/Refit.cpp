#include "graphopt/Compress/Refit.h"
#include <gtest/gtest.h>
#include <random>

using namespace graphopt;

namespace {
/// Rows of which the last of three channels is 2 x the first + 1.
HostTensor dependentRows() {
  std::mt19937 random(0);
  std::normal_distribution<float> normal;
  HostTensor x =
      llvm::cantFail(HostTensor::create("x", DType::Float32, {50, 3}));
  auto elements = x.elements<float>();
  for (size_t row = 0; row < 50; ++row) {
    elements[3 * row] = normal(random);
    elements[3 * row + 1] = normal(random);
    elements[3 * row + 2] = 2 * elements[3 * row] + 1;
  }
  return x;
}

ValueStatistics observe(const HostTensor &x) {
  ValueStatistics statistics;
  statistics.kinds = ValueStatistics::Gram;
  llvm::cantFail(statistics.add(x, -1, {}));
  return statistics;
}

const double weights[] = {1, 2, //
                          3, 4, //
                          5, 6};

TEST(Refit, FindsWhatTheOthersKnow) {
  ValueStatistics x = observe(dependentRows());
  RefittedProduct fitted = refit({x, weights, 2}, {0, 1}, 0);
  // x2 w2 = (2 x0 + 1) w2
  const double expected[] = {11, 14, 3, 4};
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(fitted.weights[i], expected[i], 1e-6);
  EXPECT_NEAR(fitted.bias[0], 5, 1e-6);
  EXPECT_NEAR(fitted.bias[1], 6, 1e-6);
}

TEST(Refit, StaysNearTheWeightsThatWereThere) {
  ValueStatistics x = observe(dependentRows());
  RefittedProduct fitted = refit({x, weights, 2}, {0, 1}, 1e9);
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(fitted.weights[i], weights[i], 1e-5);
}

TEST(Refit, KeepsTheMeanWhenNothingIsLeft) {
  ValueStatistics x = observe(dependentRows());
  RefittedProduct fitted = refit({x, weights, 2}, {}, 1e-2);
  double expected = 0;
  for (int c = 0; c < 3; ++c)
    expected += x.channelSum[c] / 50 * weights[2 * c];
  EXPECT_TRUE(fitted.weights.empty());
  EXPECT_NEAR(fitted.bias[0], expected, 1e-9);
}

TEST(Refit, SurvivesSamplesOfZeros) {
  HostTensor x = llvm::cantFail(HostTensor::create("x", DType::Float32, {4, 3}));
  for (float &value : x.elements<float>())
    value = 0;
  ValueStatistics statistics = observe(x);
  RefittedProduct fitted = refit({statistics, weights, 2}, {0, 2}, 1e-2);
  const double expected[] = {1, 2, 5, 6};
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(fitted.weights[i], expected[i]);
}

// What refit() really misses without channel 1; channel 2 follows from channel 0.
TEST(RefitLoss, IsWhatARefitMisses) {
  HostTensor x = dependentRows();
  ValueStatistics statistics = observe(x);
  RefittedProduct fitted = refit({statistics, weights, 2}, {0, 2}, 1e-6);
  double squares = 0;
  auto elements = std::as_const(x).elements<float>();
  for (int row = 0; row < 50; ++row)
    for (int n = 0; n < 2; ++n) {
      const float *values = &elements[3 * row];
      double error = values[0] * (fitted.weights[n] - weights[n]) -
                     values[1] * weights[2 + n] +
                     values[2] * (fitted.weights[2 + n] - weights[4 + n]) +
                     fitted.bias[n];
      squares += error * error;
    }
  RefitLoss loss({statistics, weights, 2}, 1e-6);
  double expected = std::sqrt(squares / 50);
  EXPECT_GT(expected, 1);
  EXPECT_NEAR(loss({1}), expected, 1e-3 * expected);
  EXPECT_LT(loss({2}), 0.05 * contribution({statistics, weights, 2}, {2}));
}

TEST(Contribution, IsTheNormOfThePart) {
  HostTensor x = dependentRows();
  ValueStatistics statistics = observe(x);
  double squares = 0;
  auto elements = std::as_const(x).elements<float>();
  for (int row = 0; row < 50; ++row)
    for (int n = 0; n < 2; ++n) {
      double part = elements[3 * row + 1] * weights[2 + n];
      squares += part * part;
    }
  EXPECT_NEAR(contribution({statistics, weights, 2}, {1}),
              std::sqrt(squares / 50), 1e-9);
}
} // namespace
