#include "SharedMemory.h"
#include "Faults.h"
#include "Operations.h"
#include <cstring>

using namespace emulator;

static constexpr uint32_t kAlignment = 1024, kMostThreads = 1024;
alignas(kAlignment) static unsigned char memory[kMostShared + 2 * kAlignment];

static uint64_t windowBegin() {
  return reinterpret_cast<uint64_t>(memory) + kAddressTag;
}

SharedMemory &emulator::sharedMemory() {
  static SharedMemory shared;
  return shared;
}

SharedMemory::SharedMemory() : cells(sizeof memory) {}

void SharedMemory::beginLaunch(const Facts &facts, uint32_t dynamicBytes) {
  staticBegin = facts.sharedBegin;
  dynamicBegin = (facts.sharedEnd - facts.sharedBegin + kAlignment - 1) /
                 kAlignment * kAlignment;
  bytes = dynamicBegin + dynamicBytes;
}

void SharedMemory::beginBlock() {
  memset(memory, 0xFF, bytes);
  ++blockNumber;
  fencePhases.assign(kMostThreads, {});
  deliveries.assign(1, {});
}

uint64_t SharedMemory::staticBase() const {
  return windowBegin() - staticBegin;
}
uint64_t SharedMemory::dynamicBase() const {
  return windowBegin() + dynamicBegin;
}

static std::string describe(uint32_t place) {
  return "byte " + std::to_string(place) + " of shared memory";
}

SharedMemory::Cell *SharedMemory::cellsOf(uint64_t address, size_t count) {
  uint64_t place = address - windowBegin();
  if (place > bytes || count > bytes - place)
    fail("an address is outside of the block's " + std::to_string(bytes) +
         " bytes of shared memory");
  return &cells[place];
}

/// Whether a barrier of the block, or of the warp of both, lies between them.
static bool isOrdered(const Access &before, const Access &now) {
  if (before.thread < 0 || before.thread == now.thread ||
      before.blockPhase != now.blockPhase)
    return true;
  bool sameWarp = before.thread / int(kWarpSize) == now.thread / int(kWarpSize);
  return sameWarp && before.warpPhase != now.warpPhase;
}

static void checkOrder(const Access &before, const Access &now,
                       const char *what, size_t place) {
  if (!isOrdered(before, now))
    fail(std::string(what) + " " + describe(place) +
         " without a barrier after thread " + std::to_string(before.thread));
}

/// Whether what a delivery wrote may be touched.
void SharedMemory::checkDelivery(const Cell &cell, Access access) const {
  if (cell.writtenIn != blockNumber || !cell.delivery)
    return;
  const Delivery &delivery = deliveries[cell.delivery];
  if (!delivery.ended || !delivery.seen ||
      (!delivery.by[access.thread] && delivery.seenIn == access.blockPhase))
    fail("touches " + describe(&cell - cells.data()) +
         ", which a tensor is copied to, without a wait for its mbarrier");
}

void SharedMemory::read(uint64_t address, size_t count, Access access) {
  Cell *cell = cellsOf(address, count);
  for (size_t i = 0; i < count; ++i, ++cell) {
    size_t place = cell - cells.data();
    if (cell->heldIn == blockNumber)
      fail("reads " + describe(place) + " before cp.async is waited for");
    checkDelivery(*cell, access);
    if (!cell->delivery)
      checkOrder(cell->writer, access, "reads what was written to", place);
    if (!isOrdered(cell->reader, access))
      cell->otherReader = cell->reader;
    cell->reader = access;
  }
}

void SharedMemory::write(uint64_t address, size_t count, Access access) {
  Cell *cell = cellsOf(address, count);
  for (size_t i = 0; i < count; ++i, ++cell) {
    size_t place = cell - cells.data();
    if (cell->heldIn == blockNumber)
      fail("writes to " + describe(place) + " before cp.async is waited for");
    checkDelivery(*cell, access);
    if (!cell->delivery)
      checkOrder(cell->writer, access, "overwrites what was written to", place);
    checkOrder(cell->reader, access, "overwrites what was read from", place);
    checkOrder(cell->otherReader, access, "overwrites what was read from",
               place);
    setWriter(*cell, access);
  }
}

void SharedMemory::setWriter(Cell &cell, Access access) {
  cell.writer = access;
  cell.writtenIn = blockNumber;
  cell.delivery = 0;
  cell.fences = fencePhases[access.thread].size();
}

void SharedMemory::fenceProxy(Access access) {
  fencePhases[access.thread].push_back(access.blockPhase);
}

void SharedMemory::readByOtherProxy(uint64_t address, size_t count, Access access) {
  read(address, count, access);
  Cell *cell = cellsOf(address, count);
  for (size_t i = 0; i < count; ++i, ++cell) {
    if (cell->writtenIn != blockNumber || cell->delivery)
      continue;
    const std::vector<uint32_t> &phases = fencePhases[cell->writer.thread];
    bool sameWarp = cell->writer.thread / int(kWarpSize) == access.thread / int(kWarpSize);
    if (cell->fences >= phases.size() ||
        (!sameWarp && phases[cell->fences] == access.blockPhase))
      fail("multiplies " + describe(cell - cells.data()) +
           " without a fence.proxy.async of thread " + std::to_string(cell->writer.thread) +
           ", which wrote it, and a barrier after that");
  }
}

uint64_t SharedMemory::expand(uint32_t low) const {
  constexpr uint64_t kWindow = 1 << 18;
  uint64_t begin = windowBegin();
  uint64_t address = (begin & ~(kWindow - 1)) | low;
  return address < begin ? address + kWindow : address;
}

void SharedMemory::hold(uint64_t address, size_t count, Access access) {
  write(address, count, access);
  Cell *cell = cellsOf(address, count);
  for (size_t i = 0; i < count; ++i)
    cell[i].heldIn = blockNumber;
  memset(reinterpret_cast<void *>(address - kAddressTag), 0xFF, count);
}

/// The thread that waited is the writer: others may read after a barrier.
void SharedMemory::release(uint64_t address, size_t count, Access access) {
  Cell *cell = cellsOf(address, count);
  for (size_t i = 0; i < count; ++i) {
    cell[i].heldIn = 0;
    setWriter(cell[i], access);
  }
}

uint32_t SharedMemory::beginDelivery() {
  deliveries.emplace_back();
  return uint32_t(deliveries.size() - 1);
}

void SharedMemory::holdFor(uint32_t delivery, uint64_t address, size_t count, Access access) {
  write(address, count, access);
  Cell *cell = cellsOf(address, count);
  for (size_t i = 0; i < count; ++i)
    cell[i].delivery = delivery;
  memset(reinterpret_cast<void *>(address - kAddressTag), 0xFF, count);
}

void SharedMemory::endDelivery(uint32_t delivery) { deliveries[delivery].ended = true; }

void SharedMemory::seeDelivery(uint32_t number, Access access) {
  Delivery &delivery = deliveries[number];
  if (!delivery.seen)
    delivery.seenIn = access.blockPhase;
  delivery.seen = true;
  delivery.by.set(access.thread);
}
