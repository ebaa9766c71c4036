#include "graphopt/Compress/Sparsify.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace graphopt;

namespace {
constexpr int64_t inputs = 24, outputs = 40;

/// Rows whose second half of channels nearly follows from the first.
ValueStatistics observe(double noise) {
  std::mt19937 random(0);
  std::normal_distribution<float> normal;
  HostTensor x =
      llvm::cantFail(HostTensor::create("x", DType::Float32, {500, inputs}));
  auto elements = x.elements<float>();
  for (int64_t row = 0; row < 500; ++row)
    for (int64_t i = 0; i < inputs; ++i)
      elements[row * inputs + i] =
          i < inputs / 2 ? normal(random)
                         : 2 * elements[row * inputs + i - inputs / 2] + 1 +
                               float(noise) * normal(random);
  ValueStatistics statistics;
  statistics.kinds = ValueStatistics::Gram;
  llvm::cantFail(statistics.add(x, -1, {}));
  return statistics;
}

std::vector<double> makeWeights() {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> weights(inputs * outputs);
  for (double &weight : weights)
    weight = normal(random);
  return weights;
}

/// A negative zero is a bit that is set.
int64_t countZeros(llvm::ArrayRef<double> weights) {
  return llvm::count_if(weights, [](double weight) {
    return weight == 0 && !std::signbit(weight);
  });
}

TEST(Sparsify, ReadsPatterns) {
  EXPECT_EQ(SparsePattern::parse("2:4")->keep, 2);
  EXPECT_EQ(SparsePattern::parse("2:4")->of, 4);
  EXPECT_EQ(SparsePattern::parse("1x16")->block, 16);
  EXPECT_EQ(SparsePattern::parse("unstructured")->of, 0);
  for (llvm::StringRef wrong : {"", "4:4", "0:4", "1x", "1x0", "2x2", "a:b"})
    EXPECT_FALSE(SparsePattern::parse(wrong)) << wrong.str();
}

TEST(Sparsify, KeepsSoManyOfEach) {
  std::vector<double> weights = makeWeights();
  ValueStatistics x = observe(1);
  DenseWeights dense{weights, outputs};
  SparsePattern pattern = *SparsePattern::parse("3:8");
  for (const std::vector<double> &sparse :
       {sparsifyByMagnitude(dense, pattern, 0),
        sparsifyBySecondOrder({x, weights, outputs}, dense, pattern, 0, 0.01)
            .weights})
    for (int64_t column = 0; column < outputs; ++column)
      for (int64_t row = 0; row < inputs; row += 8) {
        int kept = 0;
        for (int64_t i = 0; i < 8; ++i)
          kept += sparse[(row + i) * outputs + column] != 0;
        EXPECT_EQ(kept, 3);
      }
}

TEST(Sparsify, RemovesTheLeast) {
  const double weights[] = {1, -5, 2, 3, 4, -1};
  const double expected[] = {0, -5, 0, 3, 4, 0};
  EXPECT_EQ(sparsifyByMagnitude({weights, 3}, {}, 0.5),
            std::vector<double>(std::begin(expected), std::end(expected)));
}

TEST(Sparsify, RemovesBlocksOfOutputsAtOnePlace) {
  // Two outputs of two places: blocks are columns 0 and 2, 1 and 3.
  const double weights[] = {1, 9, 1, 9, //
                            8, 1, 8, 1};
  const double expected[] = {0, 9, 0, 9, //
                             8, 0, 8, 0};
  EXPECT_EQ(
      sparsifyByMagnitude({weights, 4, 2}, *SparsePattern::parse("1x2"), 0.5),
      std::vector<double>(std::begin(expected), std::end(expected)));
}

TEST(Sparsify, OthersMakeUpForWhatIsGone) {
  std::vector<double> weights = makeWeights();
  for (llvm::StringRef text : {"unstructured", "4:8", "1x16"}) {
    SparsePattern pattern = *SparsePattern::parse(text);
    ValueStatistics x = observe(0.1);
    Product product{x, weights, outputs};
    DenseWeights dense{weights, outputs};
    RefittedProduct fitted =
        sparsifyBySecondOrder(product, dense, pattern, 0.5, 0.001);
    double plain =
        compareProducts(product, sparsifyByMagnitude(dense, pattern, 0.5), {})
            .sqnrDb;
    double better =
        compareProducts(product, fitted.weights, fitted.bias).sqnrDb;
    EXPECT_GT(better, plain + 2) << text.str();
    EXPECT_NEAR(double(countZeros(fitted.weights)), inputs * outputs / 2.0,
                outputs)
        << text.str();
  }
}

TEST(Sparsify, TellsTheErrorOfTheProduct) {
  // One channel, of which half the weight is left: the error is a quarter.
  HostTensor x = llvm::cantFail(HostTensor::create("x", DType::Float32, {2, 1}));
  x.elements<float>()[0] = 1;
  x.elements<float>()[1] = 3;
  ValueStatistics statistics;
  statistics.kinds = ValueStatistics::Gram;
  llvm::cantFail(statistics.add(x, -1, {}));
  const double weights[] = {2}, half[] = {1}, bias[] = {2};
  ProductAgreement plain = compareProducts({statistics, weights, 1}, half, {});
  EXPECT_NEAR(plain.sqnrDb, 10 * std::log10(4), 1e-9);
  EXPECT_NEAR(plain.cosine, 1, 1e-9);
  // 2, 6 and 3, 5
  ProductAgreement shifted =
      compareProducts({statistics, weights, 1}, half, bias);
  EXPECT_NEAR(shifted.sqnrDb, 10 * std::log10(40.0 / 2), 1e-9);
  EXPECT_NEAR(shifted.cosine, 36 / std::sqrt(40.0 * 34), 1e-9);
}

TEST(Sparsify, CountsBytes) {
  EXPECT_EQ(countSparseBytes(1024, 512, 4, {}), 128 + 2048);
  EXPECT_EQ(countSparseBytes(1024, 512, 4, *SparsePattern::parse("1x16")),
            8 + 2048);
}
} // namespace
