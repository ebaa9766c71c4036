#include "Launch.h"
#include "Block.h"
#include "Faults.h"
#include "SharedMemory.h"
#include <cstdlib>
#include <memory>
#include <mutex>
#include <numeric>
#include <vector>

using namespace emulator;

// Of this thread's launch.
static thread_local Position position;
static thread_local Size blockSize, gridSize;
static thread_local uint32_t randomState; ///< 0 in schedule 0
static thread_local Block *block;         ///< null if threads never meet

const Position &emulator::currentPosition() { return position; }
Block *emulator::currentBlock() { return block; }
void emulator::setThread(Size index) { position.thread = index; }
void emulator::setBlock(Size index) { position.block = index; }

bool emulator::isRandomSchedule() { return randomState; }
uint32_t emulator::chooseBelow(uint32_t end) {
  if (!randomState)
    return 0;
  randomState ^= randomState << 13; // xorshift, by Marsaglia
  randomState ^= randomState >> 17;
  randomState ^= randomState << 5;
  return randomState % end;
}

static void beginSchedule() {
  const char *text = getenv("GRAPHOPT_EMULATOR_SCHEDULE");
  randomState = text ? uint32_t(atoi(text)) * 2654435761u : 0;
}

/// 0 .. count-1, from a random one on, in steps that meet each once.
template <typename Function>
static void forEachIn(uint32_t count, Function function) {
  uint32_t start = chooseBelow(count), step = 1;
  if (isRandomSchedule())
    do
      step = 1 + chooseBelow(count);
    while (std::gcd(step, count) != 1);
  for (uint64_t i = 0; i < count; ++i)
    function(uint32_t((start + i * step) % count));
}

static void runAlone(const Launch &launch) {
  forEachIn(launch.grid.count(), [&](uint32_t i) {
    setBlock(launch.grid.at(i));
    forEachIn(launch.block.count(), [&](uint32_t j) {
      setThread(launch.block.at(j));
      launch.run(launch.arguments);
    });
  });
}

/// One launch at a time: there is one shared memory.
static std::string runTogether(const Launch &launch) {
  static std::mutex mutex;
  static std::unique_ptr<Block> threads;
  std::lock_guard<std::mutex> lock(mutex);
  if (!threads)
    threads = std::make_unique<Block>();
  block = threads.get();
  sharedMemory().beginLaunch(launch.facts, launch.dynamicShared);
  std::string failure = runGuarded([&] {
    forEachIn(launch.grid.count(),
              [&](uint32_t i) { block->run(launch, launch.grid.at(i)); });
  });
  block = nullptr;
  return failure;
}

static std::string describe(Size at) {
  return "(" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " +
         std::to_string(at.z) + ")";
}

std::string emulator::runLaunch(const Launch &launch) {
  beginSchedule();
  blockSize = launch.block;
  gridSize = launch.grid;
  std::string failure = launch.facts.needsFibers
                            ? runTogether(launch)
                            : runGuarded([&] { runAlone(launch); });
  if (failure.empty())
    return "";
  return "kernel " + std::string(launch.name) + ", block " +
         describe(position.block) + ", thread " + describe(position.thread) +
         ": " + failure;
}

// What kernels call, see EmulatedModule.cpp
// -------------------------------------

extern "C" {
int32_t simt_tid_x() { return int32_t(position.thread.x); }
int32_t simt_tid_y() { return int32_t(position.thread.y); }
int32_t simt_tid_z() { return int32_t(position.thread.z); }
int32_t simt_ctaid_x() { return int32_t(position.block.x); }
int32_t simt_ctaid_y() { return int32_t(position.block.y); }
int32_t simt_ctaid_z() { return int32_t(position.block.z); }
int32_t simt_ntid_x() { return int32_t(blockSize.x); }
int32_t simt_ntid_y() { return int32_t(blockSize.y); }
int32_t simt_ntid_z() { return int32_t(blockSize.z); }
int32_t simt_nctaid_x() { return int32_t(gridSize.x); }
int32_t simt_nctaid_y() { return int32_t(gridSize.y); }
int32_t simt_nctaid_z() { return int32_t(gridSize.z); }
int32_t simt_warpsize() { return kWarpSize; }
static uint32_t threadNumber() {
  const Size &at = position.thread;
  return at.x + blockSize.x * (at.y + blockSize.y * at.z);
}
int32_t simt_laneid() { return int32_t(threadNumber() % kWarpSize); }
int32_t simt_warpid() { return int32_t(threadNumber() / kWarpSize); }

uint64_t simt_shared() { return sharedMemory().staticBase(); }
uint64_t simt_dynamic_shared() { return sharedMemory().dynamicBase(); }
void simt_access_shared(uint64_t address, uint64_t bytes, bool writes) {
  if (writes)
    sharedMemory().write(address, bytes, block->access());
  else
    sharedMemory().read(address, bytes, block->access());
}

void simt_execute(Site *site, const uint64_t *arguments, uint64_t *results) {
  if (!site->operation)
    site->operation = findOperation(site->name);
  auto *operation = static_cast<const Operation *>(site->operation);
  if (!operation)
    fail("executes " + std::string(site->name) + ", which is not emulated");
  Operands operands = {arguments, results};
  if (operation->ofThread)
    operation->ofThread(operands);
  else if (operation->untilThread)
    block->wait(*site, *operation, operands);
  else
    block->meet(*site, *operation, operands);
}
}
