#include "graphopt/Compress/Statistics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {
TEST(Histogram, GrowsByPowersOfTwo) {
  Histogram histogram;
  for (int i = 0; i < 1000; ++i)
    histogram.add(i * 0.001);
  EXPECT_EQ(histogram.limit, 1);
  for (int i = 0; i < 1000; ++i)
    histogram.add(-3);
  EXPECT_EQ(histogram.limit, 4);
  double bin = histogram.limit / 1024;
  EXPECT_NEAR(histogram.percentile(0.25), -3, bin);
  EXPECT_NEAR(histogram.percentile(0.75), 0.5, bin);
  EXPECT_NEAR(histogram.percentile(1), 1, bin);
}

/// [1, 2, 2]: two channels in the middle.
HostTensor image() {
  HostTensor tensor =
      llvm::cantFail(HostTensor::create("x", DType::Float32, {1, 2, 2}));
  float value = 1;
  for (float &element : tensor.elements<float>())
    element = value++;
  return tensor;
}

TEST(ValueStatistics, ChannelsOfAnyDimension) {
  ValueStatistics statistics;
  statistics.kinds = ValueStatistics::Channels | ValueStatistics::Gram;
  llvm::cantFail(statistics.add(image(), 1, {}));
  EXPECT_EQ(statistics.rows, 2);
  EXPECT_EQ(statistics.channelSum, (std::vector<double>{3, 7}));
  EXPECT_EQ(statistics.channelMax, (std::vector<double>{2, 4}));
  EXPECT_EQ(statistics.gram, (std::vector<double>{5, 11, 11, 25}));
}

TEST(ValueStatistics, LeavesOutWhatIsNotFinite) {
  HostTensor tensor = image();
  tensor.elements<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  tensor.elements<float>()[1] = std::numeric_limits<float>::infinity();
  ValueStatistics statistics;
  statistics.kinds = ValueStatistics::Summary;
  llvm::cantFail(statistics.add(tensor, -1, {}));
  EXPECT_EQ(statistics.nonFinite, 2);
  EXPECT_EQ(statistics.count, 2);
  EXPECT_EQ(statistics.mean(), 3.5);
}

TEST(ValueStatistics, RefusesAnotherNumberOfChannels) {
  ValueStatistics statistics;
  statistics.kinds = ValueStatistics::Channels;
  llvm::cantFail(statistics.add(image(), -1, {}));
  HostTensor wide =
      llvm::cantFail(HostTensor::create("x", DType::Float32, {1, 3}));
  EXPECT_EQ(llvm::toString(statistics.add(wide, -1, {})),
            "it has 2 channels in one run and 3 in another");
}

TEST(Statistics, AsFiles) {
  Statistics statistics;
  statistics.model = "digest";
  statistics.samples = 3;
  ValueStatistics &value = statistics.values["a/b"];
  value.kinds = ValueStatistics::Summary | ValueStatistics::Gram;
  llvm::cantFail(value.add(image(), -1, {}));
  llvm::cantFail(value.addCross(image(), image(), "c", {}));
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("statistics", folder));
  std::string base = (folder + "/s").str();
  llvm::cantFail(statistics.save(base));
  Statistics read = llvm::cantFail(Statistics::load(base + ".json"));
  const ValueStatistics *same =
      llvm::cantFail(read.find("a/b", ValueStatistics::Gram));
  EXPECT_EQ(read.model, "digest");
  EXPECT_EQ(same->gram, value.gram);
  EXPECT_EQ(same->cross, value.cross);
  EXPECT_EQ(same->histogram.bins, value.histogram.bins);
  EXPECT_EQ(llvm::toString(read.find("z", 1).takeError()),
            "there are no statistics of 'z'");
  EXPECT_EQ(llvm::toString(
                read.find("a/b", ValueStatistics::Channels).takeError()),
            "the statistics of 'a/b' lack what is asked for");
  llvm::sys::fs::remove_directories(folder);
}
} // namespace
