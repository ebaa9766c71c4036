#include "graphopt/Compress/TaskMetric.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {
HostTensor tensor(std::vector<int64_t> dims, std::vector<float> values) {
  HostTensor result =
      llvm::cantFail(HostTensor::create("y", DType::Float32, dims));
  llvm::copy(values, result.elements<float>().begin());
  return result;
}

std::string problem(llvm::Error error) {
  return error ? llvm::toString(std::move(error)) : "";
}

// Item i and item i + 2 are a pair; the mean leaves out padding.
TEST(TaskScores, ComparesPairs) {
  HostTensor output = tensor({4, 2, 2}, {1, 0, 9, 9, // the second row is padding
                                         1, 0, 0, 1,
                                         1, 0, 1, 0,
                                         1, 1, 1, 1});
  TaskScores scores;
  llvm::cantFail(scores.add(output, tensor({2}, {5, 3}),
                            {1, 0, 1, 1, 1, 1, 1, 1}, {}));
  ASSERT_EQ(scores.predicted.size(), 2u);
  EXPECT_NEAR(scores.predicted[0], 1, 1e-12);
  EXPECT_NEAR(scores.predicted[1], 1, 1e-12);
  EXPECT_EQ(scores.labels, (std::vector<double>{5, 3}));
}

TEST(TaskScores, TakesTheFirstRow) {
  HostTensor output = tensor({2, 2, 2}, {1, 0, 0, 1, 0, 1, 0, 1});
  TaskScores scores;
  llvm::cantFail(scores.add(output, tensor({1}, {1}), {},
                            {MetricOptions::Spearman, MetricOptions::First, ""}));
  EXPECT_NEAR(scores.predicted[0], 0, 1e-12);
}

TEST(TaskScores, TakesScores) {
  TaskScores scores;
  llvm::cantFail(scores.add(tensor({2, 1}, {0.5, 0.25}), tensor({2}, {1, 0}), {},
                            {}));
  EXPECT_EQ(scores.predicted, (std::vector<double>{0.5, 0.25}));
  EXPECT_NEAR(measureTask(scores, MetricOptions::Spearman), 1, 1e-12);
}

TEST(TaskScores, CountsHits) {
  HostTensor output = tensor({1, 4, 2}, {0, 1, 1, 0, 1, 0, 0, 1});
  TaskScores scores;
  MetricOptions accuracy = {MetricOptions::Accuracy};
  llvm::cantFail(scores.add(output, tensor({1, 4}, {1, 1, -100, 0}), {1, 1, 1, 0},
                            accuracy));
  EXPECT_EQ(scores.predicted, (std::vector<double>{1, 0}));
  EXPECT_EQ(measureTask(scores, MetricOptions::Accuracy), 0.5);
  EXPECT_EQ(problem(scores.add(output, tensor({3}, {1, 1, 1}), {}, accuracy)),
            "there are 3 labels, but 4 rows");
}

TEST(TaskScores, RefusesOtherNumbers) {
  TaskScores scores;
  EXPECT_EQ(problem(scores.add(tensor({3, 2}, {1, 2, 3, 4, 5, 6}),
                               tensor({2}, {1, 2}), {}, {})),
            "there are 2 labels, but 3 items of 2 elements: as many scores or "
            "twice as many vectors are needed");
}

// The difference of equal models is certain, their value is not.
TEST(CompareTask, DrawsBothAlike) {
  TaskScores scores;
  for (int i = 0; i < 100; ++i) {
    scores.predicted.push_back(i % 2);
    scores.labels.push_back(1);
  }
  TaskComparison same = compareTask(scores, scores, MetricOptions::Accuracy);
  EXPECT_EQ(same.value.mean, 0.5);
  EXPECT_NEAR(same.value.low, 0.402, 0.02);
  EXPECT_NEAR(same.value.high, 0.598, 0.02);
  EXPECT_EQ(same.difference.low, 0);
  EXPECT_EQ(same.difference.high, 0);
}
} // namespace
