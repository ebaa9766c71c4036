#include "graphopt/Compress/Metrics.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {
HostTensor rows(std::vector<int64_t> dims, std::vector<float> values) {
  HostTensor tensor =
      llvm::cantFail(HostTensor::create("y", DType::Float32, dims));
  llvm::copy(values, tensor.elements<float>().begin());
  return tensor;
}

TEST(CompareRows, DropsPadding) {
  HostTensor original = rows({1, 3, 2}, {1, 0, 0, 1, 5, 5});
  HostTensor value = rows({1, 3, 2}, {1, 0, 1, 0, 9, 0});
  OutputAgreement agreement = compareRows(value, original, {1, 1, 0});
  EXPECT_EQ(agreement.rows, 2);
  EXPECT_NEAR(agreement.cosine, 1, 1e-12); // 1 and 0
  EXPECT_EQ(agreement.signal, 2);
  EXPECT_EQ(agreement.noise, 2);
  EXPECT_EQ(agreement.maxAbs, 1);
  EXPECT_EQ(agreement.sameTop1, 1);
}

TEST(MeasureDivergence, OfDistributions) {
  // 1/4 : 3/4 from 1/2 : 1/2, and a row of padding.
  double expected = 0.5 * std::log(0.5 / 0.25) + 0.5 * std::log(0.5 / 0.75);
  HostTensor original = rows({1, 2, 2}, {3, 3, 0, 1});
  HostTensor value = rows({1, 2, 2}, {7, 7 + std::log(3.0f), 5, 0});
  EXPECT_NEAR(measureDivergence(value, original, RowKind::Logits, {1, 0}), expected,
              1e-6);
  HostTensor half = rows({1, 3}, {0.5, 0.5, 0}), quarter = rows({1, 3}, {0.25, 0.75, 0});
  EXPECT_NEAR(measureDivergence(quarter, half, RowKind::Probabilities, {}), expected,
              1e-6);
  EXPECT_EQ(measureDivergence(half, half, RowKind::Probabilities, {}), 0);
}

TEST(MeasureDivergence, OfNumbersThatAreNone) {
  HostTensor y = rows({1, 2}, {1, -HUGE_VALF}), nan = rows({1, 2}, {NAN, -HUGE_VALF});
  EXPECT_EQ(measureDivergence(y, y, RowKind::Logits, {}), 0);
  EXPECT_EQ(measureDivergence(nan, y, RowKind::Logits, {}), HUGE_VAL);
  EXPECT_EQ(measureDivergence(y, nan, RowKind::Logits, {}), HUGE_VAL);
}

TEST(Spearman, CountsRanksOnly) {
  EXPECT_NEAR(spearman({1, 2, 3, 4}, {1, 10, 100, 1000}), 1, 1e-12);
  EXPECT_NEAR(spearman({1, 2, 3, 4}, {4, 3, 2, 1}), -1, 1e-12);
  // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4])
  EXPECT_NEAR(spearman({1, 2, 2, 3}, {1, 3, 2, 4}), 0.9486832980505138, 1e-12);
  EXPECT_EQ(spearman({1, 1}, {1, 2}), 0);
}

TEST(Bootstrap, HoldsTheMean) {
  std::vector<double> above, below;
  for (int i = 0; i < 100; ++i) {
    above.push_back(i % 2);
    below.push_back(1);
  }
  Estimate estimate = bootstrap(above, below);
  EXPECT_EQ(estimate.mean, 0.5);
  // 1.96 x sqrt(0.25 / 100)
  EXPECT_NEAR(estimate.low, 0.402, 0.02);
  EXPECT_NEAR(estimate.high, 0.598, 0.02);
}

TEST(MeasureOutput, OfEqualOutputs) {
  HostTensor y = rows({2, 2}, {1, 2, 3, -1});
  OutputMetrics metrics = measureOutput({&y, &y}, {&y, &y}, {{}, {}});
  EXPECT_NEAR(metrics.cosine.mean, 1, 1e-12);
  EXPECT_EQ(metrics.top1.mean, 1);
  EXPECT_EQ(metrics.sqnrDb, HUGE_VAL);
  EXPECT_EQ(metrics.rows, 4);
}

TEST(MeasureOutput, OfNumbersThatAreNone) {
  HostTensor y = rows({1, 2}, {1, HUGE_VALF}), nan = rows({1, 2}, {NAN, HUGE_VALF});
  // The same infinity is no difference, a NaN in one is the largest.
  OutputMetrics same = measureOutput({&y}, {&y}, {{}});
  EXPECT_EQ(same.sqnrDb, HUGE_VAL);
  OutputMetrics metrics = measureOutput({&nan}, {&y}, {{}});
  EXPECT_EQ(metrics.sqnrDb, -HUGE_VAL);
  EXPECT_EQ(OutputMetrics::fromJson(metrics.toJson()).sqnrDb, -HUGE_VAL);
  EXPECT_EQ(OutputMetrics::fromJson(same.toJson()).sqnrDb, HUGE_VAL);
}
} // namespace
