// Whatever the child does, this process lives and knows how the child ended.
#include "ChildProcess.h"
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr graphopt::ChildLimits generous = {60000, int64_t(1) << 30};

std::string messageOf(llvm::Expected<int> result) {
  return result ? "returned " + std::to_string(*result)
                : llvm::toString(result.takeError());
}

TEST(ChildProcess, returnsNumber) {
  EXPECT_EQ(messageOf(graphopt::runInChild([] { return 0; }, generous)),
            "returned 0");
  EXPECT_EQ(messageOf(graphopt::runInChild([] { return 200; }, generous)),
            "returned 200");
  // No child is left behind.
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(ChildProcess, sharesOnlySharedMemory) {
  auto *shared = static_cast<int *>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(shared, MAP_FAILED);
  int own = 1;
  EXPECT_EQ(messageOf(graphopt::runInChild(
                [&] {
                  *shared = own = 7;
                  return 0;
                },
                generous)),
            "returned 0");
  EXPECT_EQ(*shared, 7);
  EXPECT_EQ(own, 1);
  munmap(shared, 4096);
}

TEST(ChildProcess, tellsSignal) {
  EXPECT_EQ(messageOf(graphopt::runInChild(
                [] {
                  std::raise(SIGFPE);
                  return 0;
                },
                generous)),
            "it ends by a signal: Floating point exception");
  EXPECT_EQ(messageOf(graphopt::runInChild([]() -> int { std::abort(); },
                                           generous)),
            "it ends by a signal: Aborted");
}

TEST(ChildProcess, limitsTime) {
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(messageOf(graphopt::runInChild(
                [] {
                  while (true)
                    pause();
                  return 0;
                },
                {50, generous.memoryBytes})),
            "it runs longer than 50 ms");
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::seconds(30));
}

TEST(ChildProcess, limitsMemory) {
  auto allocate = [](size_t bytes) {
    return mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
  };
  graphopt::ChildLimits limits = {60000, int64_t(64) << 20};
  EXPECT_EQ(messageOf(graphopt::runInChild(
                [&] { return allocate(size_t(32) << 20); }, limits)),
            "returned 0");
  EXPECT_EQ(messageOf(graphopt::runInChild(
                [&] { return allocate(size_t(128) << 20); }, limits)),
            "returned 1");
}

} // namespace
