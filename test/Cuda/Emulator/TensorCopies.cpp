#include "TensorCopies.h"
#include "Abi.h"
#include "Block.h"
#include "Faults.h"
#include "Launch.h"
#include "SharedMemory.h"
#include <charconv>
#include <cstring>
#include <string>

using namespace emulator;
using driver::TensorMap;

static constexpr uint32_t kBarrierBytes = 8;

uint32_t TensorCopies::Copy::bytes() const {
  uint32_t bytes = map.elementBytes;
  for (unsigned i = 0; i < map.rank; ++i)
    bytes *= map.box[i];
  return bytes;
}

/// Zeros come of what is outside. "Shared Memory Layout": bits 4 to 6 of an address are turned
/// by bits 7 to 9.
void TensorCopies::Copy::execute() const {
  uint32_t elements = bytes() / map.elementBytes;
  for (uint32_t number = 0; number < elements; ++number) {
    uint64_t from = map.address;
    bool isInside = true;
    for (uint32_t i = 0, rest = number; i < map.rank; rest /= map.box[i++]) {
      int64_t place = int64_t(at[i]) + rest % map.box[i];
      isInside &= place >= 0 && place < int64_t(map.extents[i]);
      from += uint64_t(place) * map.strides[i];
    }
    uint64_t place = to + uint64_t(number) * map.elementBytes;
    auto *target = reinterpret_cast<char *>((place ^ (place >> 7 & 7) << 4) - kAddressTag);
    if (isInside)
      memcpy(target, reinterpret_cast<const char *>(from - kAddressTag), map.elementBytes);
    else
      memset(target, 0, map.elementBytes);
  }
}

TensorCopies::Barrier &TensorCopies::find(uint64_t address) {
  auto found = barriers.find(address);
  if (found == barriers.end())
    fail("uses an mbarrier that is not initialized");
  return found->second;
}

void TensorCopies::init(uint64_t barrier, uint32_t count) {
  if (barrier % kBarrierBytes || !count)
    fail("initializes an mbarrier wrongly");
  sharedMemory().write(barrier, kBarrierBytes, currentBlock()->access());
  barriers[barrier] = {count, count, 0, 0, sharedMemory().beginDelivery(), 0, {}};
}

void TensorCopies::expect(uint64_t address, uint32_t bytes) {
  sharedMemory().read(address, kBarrierBytes, currentBlock()->access());
  Barrier &barrier = find(address);
  if (!barrier.missing)
    fail("arrives at an mbarrier at which all have arrived");
  barrier.bytes += bytes;
  --barrier.missing;
  finish(barrier);
}

void TensorCopies::copy(uint64_t to, uint64_t address, uint64_t place, const int32_t *at) {
  constexpr uint64_t kPatternBytes = 1024, kMapAlignment = 64;
  Access now = currentBlock()->access();
  sharedMemory().readByOtherProxy(address, kBarrierBytes, now);
  Barrier &barrier = find(address);
  Copy copy = {to, {}, {}};
  memcpy(&copy.map, reinterpret_cast<const void *>(place - kAddressTag), sizeof copy.map);
  if (place % kMapAlignment || copy.map.mark != TensorMap::kMark)
    fail("copies a tensor that is not described");
  if (to % kPatternBytes)
    fail("copies a box to an address that is no multiple of 1024");
  memcpy(copy.at, at, copy.map.rank * sizeof *at);
  sharedMemory().holdFor(barrier.delivery, to, copy.bytes(), now);
  barrier.pending.push_back(copy);
  if (chooseBelow(2))
    deliver(barrier);
}

void TensorCopies::deliver(Barrier &barrier) {
  for (const Copy &copy : barrier.pending) {
    copy.execute();
    barrier.bytes -= copy.bytes();
  }
  barrier.pending.clear();
  finish(barrier);
}

void TensorCopies::finish(Barrier &barrier) {
  if (barrier.missing || barrier.bytes || !barrier.pending.empty())
    return;
  ++barrier.phase;
  barrier.missing = barrier.count;
  barrier.lastDelivery = barrier.delivery;
  sharedMemory().endDelivery(barrier.lastDelivery);
  barrier.delivery = sharedMemory().beginDelivery();
}

bool TensorCopies::isComplete(uint64_t address, bool parity) {
  Barrier &barrier = find(address);
  auto isPast = [&] { return (barrier.phase & 1) != parity; };
  if (!isPast())
    deliver(barrier);
  return isPast();
}

void TensorCopies::see(uint64_t barrier) {
  Access now = currentBlock()->access();
  sharedMemory().read(barrier, kBarrierBytes, now);
  sharedMemory().seeDelivery(find(barrier).lastDelivery, now);
}

/// (to, barrier, map, coordinates..., multicast mask, cache hint, whether there are such)
static Operation findCopy(std::string_view name) {
  Operation operation;
  constexpr std::string_view kStart = "cp.async.bulk.tensor.g2s.tile.";
  if (name.substr(0, kStart.size()) != kStart)
    return operation;
  unsigned rank = 0;
  std::from_chars(name.data() + kStart.size(), name.data() + name.size(), rank);
  if (!rank || rank > TensorMap::kMostRank)
    return operation;
  operation.ofThread = [=](const Operands &operands) {
    int32_t at[TensorMap::kMostRank];
    for (unsigned i = 0; i < rank; ++i)
      at[i] = operands.get<int32_t>(3 + i);
    if (operands.get<uint8_t>(5 + rank))
      fail("copies a box to several blocks, which is not emulated");
    currentBlock()->tensors().copy(operands.get<uint64_t>(0), operands.get<uint64_t>(1),
                                   operands.get<uint64_t>(2), at);
  };
  return operation;
}

/// mbarrier.*: those that wait are loops, as text.
Operation emulator::findTensorCopy(std::string_view name) {
  constexpr std::string_view kInit = "mbarrier.init.shared",
                             kExpect = "mbarrier.arrive.expect.tx.";
  Operation operation;
  if (name == kInit)
    operation.ofThread = [](const Operands &operands) {
      currentBlock()->tensors().init(operands.get<uint64_t>(0), operands.get<uint32_t>(1));
    };
  else if (name.substr(0, kExpect.size()) == kExpect)
    operation.ofThread = [](const Operands &operands) {
      currentBlock()->tensors().expect(operands.get<uint64_t>(0), operands.get<uint32_t>(1));
    };
  else if (name.substr(0, 4) == "asm." &&
           name.find("mbarrier.try_wait.parity") != name.npos)
    operation.untilThread = [](const Operands &operands) {
      uint64_t barrier = operands.get<uint64_t>(0);
      bool isOver =
          currentBlock()->tensors().isComplete(barrier, operands.get<uint32_t>(1) & 1);
      if (isOver)
        currentBlock()->tensors().see(barrier);
      return isOver;
    };
  else
    return findCopy(name);
  return operation;
}
