#include "Block.h"
#include "Faults.h"
#include <algorithm>
#include <numeric>

using namespace emulator;

Block::Block()
    : fibers([this] {
        launch->run(launch->arguments);
        threads[current].state = State::Ended;
      }) {}

void Block::run(const Launch &which, Size place) {
  launch = &which;
  threads.assign(launch->block.count(), Thread());
  warpPhases.assign((threads.size() + kWarpSize - 1) / kWarpSize, 0);
  warpProducts.assign(warpPhases.size(), GroupProducts());
  tensorCopies = TensorCopies();
  ++blockPhase;
  fibers.reset(threads.size());
  sharedMemory().beginBlock();
  setBlock(place);
  auto ended = [](const Thread &thread) {
    return thread.state == State::Ended;
  };
  while (!std::all_of(threads.begin(), threads.end(), ended)) {
    bool moved = false;
    for (unsigned warp : orderOfWarps())
      moved |= runWarp(warp);
    if (!meetInBlock() && !moved)
      failAsStuck();
  }
}

std::vector<unsigned> Block::orderOfWarps() const {
  std::vector<unsigned> order(warpPhases.size());
  std::iota(order.begin(), order.end(), 0);
  if (isRandomSchedule())
    for (unsigned i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[chooseBelow(i)]);
  return order;
}

/// As far as it comes without other warps, or less in a random schedule.
bool Block::runWarp(unsigned warp) {
  bool moved = runLanes(warp);
  while (meetInWarp(warp)) {
    moved = true;
    if (isRandomSchedule() && chooseBelow(2))
      break;
    runLanes(warp);
  }
  return moved;
}

bool Block::runLanes(unsigned warp) {
  bool moved = false;
  unsigned first = warp * kWarpSize;
  unsigned count = std::min<size_t>(kWarpSize, threads.size() - first),
           shift = chooseBelow(count);
  for (unsigned i = 0; i < count; ++i) {
    current = first + (i + shift) % count;
    setThread(launch->block.at(current));
    Thread &thread = threads[current];
    if (thread.state == State::Waiting && thread.operation->untilThread(thread.operands))
      thread.state = State::Ready;
    if (thread.state != State::Ready)
      continue;
    fibers.resume(current);
    moved = true;
  }
  return moved;
}

uint32_t Block::lanesOf(unsigned warp) const {
  size_t count = std::min<size_t>(kWarpSize, threads.size() - warp * kWarpSize);
  return count == kWarpSize ? ~0u : (1u << count) - 1;
}

void Block::meet(const Site &site, const Operation &operation,
                 const Operands &operands) {
  Thread &thread = threads[current];
  thread.site = &site;
  thread.operation = &operation;
  thread.operands = operands;
  thread.state = operation.ofWarp ? State::InWarp : State::InBlock;
  if (operation.ofWarp) {
    unsigned warp = current / kWarpSize;
    thread.members = lanesOf(warp);
    if (operation.maskOperand >= 0)
      thread.members &= operands.get<uint32_t>(operation.maskOperand);
    if (!(thread.members >> current % kWarpSize & 1))
      fail("is not among the lanes of its " + std::string(site.name));
  }
  fibers.pause();
}

void Block::wait(const Site &site, const Operation &operation, const Operands &operands) {
  Thread &thread = threads[current];
  thread.site = &site;
  thread.operation = &operation;
  thread.operands = operands;
  thread.state = State::Waiting;
  fibers.pause();
}

/// Executes what all its members have come to, in one group of the warp.
bool Block::meetInWarp(unsigned warp) {
  unsigned first = warp * kWarpSize;
  for (unsigned i = first;
       i < std::min<size_t>(first + kWarpSize, threads.size()); ++i) {
    const Thread &thread = threads[i];
    if (thread.state != State::InWarp)
      continue;
    Meeting meeting = {thread.members, first, {}};
    bool complete = true;
    meeting.forEach([&](unsigned lane, const Operands &) {
      const Thread &other = threads[first + lane];
      complete &= other.state == State::InWarp &&
                  other.operation == thread.operation &&
                  other.members == thread.members &&
                  (!thread.operation->aligned || other.site == thread.site);
      meeting.lanes[lane] = other.operands;
    });
    if (!complete)
      continue;
    current = i;
    setThread(launch->block.at(current));
    thread.operation->ofWarp(meeting);
    ++warpPhases[warp];
    meeting.forEach([&](unsigned lane, const Operands &) {
      threads[first + lane].state = State::Ready;
    });
    return true;
  }
  return false;
}

/// Executes the barrier that all threads have come to.
bool Block::meetInBlock() {
  const Thread &first = threads.front();
  std::vector<Operands> operands;
  for (const Thread &thread : threads) {
    const Thread &leader = threads[operands.size() / kWarpSize * kWarpSize];
    if (thread.state != State::InBlock || thread.operation != first.operation ||
        thread.operands.get<uint32_t>(0) != first.operands.get<uint32_t>(0) ||
        (thread.operation->aligned && thread.site != leader.site))
      return false;
    operands.push_back(thread.operands);
  }
  first.operation->ofBlock(operands);
  ++blockPhase;
  for (Thread &thread : threads)
    thread.state = State::Ready;
  return true;
}

std::string Block::describe(unsigned i) const {
  Size at = launch->block.at(i);
  std::string text = "thread (" + std::to_string(at.x) + ", " +
                     std::to_string(at.y) + ", " + std::to_string(at.z) + ")";
  if (threads[i].state == State::Ended)
    return text + " has ended";
  return text + " waits in " + threads[i].site->name;
}

void Block::failAsStuck() {
  auto waiting =
      std::find_if(threads.begin(), threads.end(), [](const Thread &thread) {
        return thread.state != State::Ended;
      });
  current = waiting - threads.begin();
  setThread(launch->block.at(current));
  std::string text = "waits in vain: " + describe(current);
  for (unsigned i = 0; i < threads.size(); ++i)
    if (threads[i].state != waiting->state || threads[i].site != waiting->site)
      fail(text + ", " + describe(i) +
           (threads[i].state != State::Ended
                ? " at another place or with other lanes"
                : ""));
  fail(text + ", and so do all, with other operands");
}

Access Block::access() const {
  return {int32_t(current), blockPhase, warpPhases[current / kWarpSize]};
}
