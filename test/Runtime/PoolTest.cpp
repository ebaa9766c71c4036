#include "Run.h"
#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace {

struct Pool {
  explicit Pool(int threads) {
    EXPECT_EQ(graphopt_pool_create(&context, threads), GRAPHOPT_OK);
  }
  ~Pool() { graphopt_pool_destroy(&context); }
  void loop(graphopt_body body, void *captures, int64_t count) {
    context.parallel_for(context.pool, body, captures, count);
  }
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
};

using Counts = std::vector<std::atomic<int>>;

void countRange(void *captures, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    ++(*static_cast<Counts *>(captures))[i];
}

bool allAre(const Counts &counts, int value) {
  for (const std::atomic<int> &count : counts)
    if (count != value)
      return false;
  return true;
}

// Every iteration is done once, whatever the sizes.
TEST(Pool, coversEachIterationOnce) {
  for (int threads : {2, 3, 8}) {
    Pool pool(threads);
    for (int64_t count : {1, 2, 3, 7, 31, 32, 33, 1000}) {
      Counts counts(count);
      pool.loop(countRange, &counts, count);
      EXPECT_TRUE(allAre(counts, 1)) << threads << " threads, " << count;
    }
  }
}

TEST(Pool, emptyLoopCallsNothing) {
  Pool pool(2);
  Counts counts(1);
  pool.loop(countRange, &counts, 0);
  EXPECT_TRUE(allAre(counts, 0));
}

// Short loops back to back: late workers must not take the next loop's items.
TEST(Pool, manyShortLoops) {
  Pool pool(4);
  Counts counts(5);
  const int loops = 20000;
  for (int i = 0; i < loops; ++i)
    pool.loop(countRange, &counts, 5);
  EXPECT_TRUE(allAre(counts, loops));
}

// A thread has the same part of each loop: what it wrote in the last one is near.
TEST(Pool, threadsKeepTheirParts) {
  struct Loop {
    std::atomic<int> started{0};
    std::thread::id parts[3];
  };
  // Nobody is done before all have begun, so nobody takes from another.
  auto wait = [](void *captures, int64_t begin, int64_t end) {
    auto *loop = static_cast<Loop *>(captures);
    EXPECT_EQ(end, begin + 1);
    loop->parts[begin] = std::this_thread::get_id();
    for (++loop->started; loop->started < 3;)
      std::this_thread::yield();
  };
  Pool pool(3);
  Loop first, second;
  pool.loop(wait, &first, 3);
  pool.loop(wait, &second, 3);
  EXPECT_EQ(first.parts[0], std::this_thread::get_id());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(first.parts[i], second.parts[i]);
}

// Workers that went to sleep are woken.
TEST(Pool, wakesSleepers) {
  Pool pool(3);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    Counts counts(100);
    pool.loop(countRange, &counts, 100);
    EXPECT_TRUE(allAre(counts, 1));
  }
}

// The caller may sleep while a worker finishes a long item.
TEST(Pool, joinsLongItems) {
  Pool pool(2);
  Counts counts(2);
  auto slow = [](void *captures, int64_t begin, int64_t end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    countRange(captures, begin, end);
  };
  for (int i = 0; i < 5; ++i)
    pool.loop(slow, &counts, 2);
  EXPECT_TRUE(allAre(counts, 5));
}

// Several callers, each with loops of its own, share one pool.
TEST(Pool, callersShare) {
  Pool pool(3);
  std::vector<Counts> counts(4);
  std::vector<std::thread> callers;
  for (Counts &mine : counts) {
    mine = Counts(50);
    callers.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        pool.loop(countRange, &mine, 50);
    });
  }
  for (std::thread &caller : callers)
    caller.join();
  for (const Counts &mine : counts)
    EXPECT_TRUE(allAre(mine, 500));
}

// A loop inside a loop runs where it is.
TEST(Pool, nests) {
  struct Nest {
    Pool *pool;
    Counts counts = Counts(8);
  };
  Pool pool(2);
  Nest nest{&pool};
  pool.loop(
      [](void *captures, int64_t begin, int64_t end) {
        auto *nest = static_cast<Nest *>(captures);
        for (int64_t i = begin; i < end; ++i)
          nest->pool->loop(countRange, &nest->counts, 8);
      },
      &nest, 6);
  EXPECT_TRUE(allAre(nest.counts, 6));
}

TEST(Pool, oneThreadNeedsNoPool) {
  Pool pool(1);
  EXPECT_EQ(pool.context.parallel_for, nullptr);
}

TEST(Pool, zeroThreadsMeansAllCpus) {
  Pool pool(0);
  EXPECT_EQ(pool.context.parallel_for != nullptr,
            std::thread::hardware_concurrency() > 1);
}

TEST(Pool, refusesBadArguments) {
  EXPECT_EQ(graphopt_pool_create(nullptr, 2), GRAPHOPT_NULL_POINTER);
  graphopt_context other = GRAPHOPT_CONTEXT_INIT;
  other.abi = 99;
  EXPECT_EQ(graphopt_pool_create(&other, 2), GRAPHOPT_ABI_MISMATCH);
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  EXPECT_EQ(graphopt_pool_create(&context, 1 << 20), GRAPHOPT_NO_THREADS);
  Pool pool(2);
  EXPECT_EQ(graphopt_pool_create(&pool.context, 2), GRAPHOPT_NOT_NULL);
  graphopt_pool_destroy(nullptr);
  graphopt_pool_destroy(&context);
}

} // namespace
