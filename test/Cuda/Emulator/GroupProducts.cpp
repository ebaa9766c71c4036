#include "GroupProducts.h"
#include "Abi.h"
#include "Block.h"
#include "Faults.h"
#include "Launch.h"
#include "SharedMemory.h"
#include <charconv>
#include <cmath>
#include <string>

using namespace emulator;

static constexpr unsigned kDepth = 16, kRows = 16, kLineHalves = 64;
static constexpr uint32_t kName = 0x7FC00000, kMostNames = 0x3FFFFF;

/// "Shared Memory Matrix Layout", of 128 bytes' swizzle: bits 4 to 6 of an address
/// are turned by bits 7 to 9.
uint64_t GroupMatrix::at(unsigned line, unsigned k) const {
  constexpr unsigned kLineBytes = 128, kPatternLines = 8, kHalf = 2;
  uint64_t address = begin;
  if (alongDepth)
    address += line / kPatternLines * stride + line % kPatternLines * kLineBytes +
               k * kHalf;
  else
    address += line / kLineHalves * leading + k / kPatternLines * stride +
               k % kPatternLines * kLineBytes + line % kLineHalves * kHalf;
  return address ^ (address >> 7 & 7) << 4;
}

static uint16_t halfAt(uint64_t address) {
  return *reinterpret_cast<const uint16_t *>(address - kAddressTag);
}

static float toFloat(uint16_t bits, bool bfloat16) {
  if (bfloat16) {
    uint32_t word = uint32_t(bits) << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
  }
  _Float16 value;
  memcpy(&value, &bits, sizeof value);
  return float(value);
}

/// What the warp reads of both sides.
template <typename Function>
static void forEachHalf(const GroupProducts::Product &product, Function function) {
  for (unsigned k = 0; k < kDepth; ++k) {
    for (unsigned row = 0; row < kRows; ++row)
      function(product.left.at(product.firstRow + row, k));
    for (unsigned column = 0; column < product.columns; ++column)
      function(product.right.at(column, k));
  }
}

void GroupProducts::fence() { fencedIn = currentBlock()->access().blockPhase; }

std::shared_ptr<GroupProducts::Sums>
GroupProducts::sumsOf(const Meeting &meeting, unsigned count) {
  auto first = known.find(meeting.lanes[0].get<uint32_t>(0));
  if (first != known.end() && first->second->values.size() == kWarpSize * count)
    return first->second;
  auto sums = std::make_shared<Sums>();
  sums->values.resize(kWarpSize * count);
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    for (unsigned i = 0; i < count; ++i)
      sums->values[lane * count + i] = operands.get<float>(i);
  });
  names = names % kMostNames + 1;
  known[kName + names] = sums;
  return sums;
}

void GroupProducts::add(const Product &product, const Meeting &meeting) {
  if (meeting.members != ~0u)
    fail("multiplies matrices in a warp of fewer than 32 lanes");
  Access now = currentBlock()->access();
  if (fencedIn != now.blockPhase)
    fail("multiplies what lies in shared memory without a wgmma.fence after the barrier");
  forEachHalf(product, [&](uint64_t address) {
    sharedMemory().readByOtherProxy(address, sizeof(uint16_t), now);
  });
  unsigned count = product.columns / 2;
  auto sums = sumsOf(meeting, count);
  ++sums->unfinished;
  uint32_t name = 0;
  for (auto &[key, value] : known)
    if (value == sums)
      name = key;
  meeting.forEach([&](unsigned, const Operands &operands) {
    for (unsigned i = 0; i < count; ++i)
      operands.set(i, name);
  });
  pending.push_back({product, sums});
  if (chooseBelow(2))
    executeAll();
}

/// Lane l has columns 2 (l % 4) and the next of each eight, in rows l / 4 and l / 4 + 8.
void GroupProducts::execute(Pending &pending) {
  if (pending.executed)
    return;
  pending.executed = true;
  const Product &product = pending.product;
  Access now = currentBlock()->access();
  forEachHalf(product, [&](uint64_t address) {
    sharedMemory().read(address, sizeof(uint16_t), now);
  });
  static thread_local float left[kRows][kDepth], right[256][kDepth];
  for (unsigned k = 0; k < kDepth; ++k) {
    for (unsigned row = 0; row < kRows; ++row)
      left[row][k] = toFloat(halfAt(product.left.at(product.firstRow + row, k)),
                             product.bfloat16);
    for (unsigned column = 0; column < product.columns; ++column)
      right[column][k] =
          toFloat(halfAt(product.right.at(column, k)), product.bfloat16);
  }
  unsigned count = product.columns / 2;
  for (unsigned lane = 0; lane < kWarpSize; ++lane)
    for (unsigned i = 0; i < count; ++i) {
      unsigned row = lane / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + lane % 4 * 2 + i % 2;
      float &value = pending.sums->values[lane * count + i];
      double sum = value;
      for (unsigned k = 0; k < kDepth; ++k)
        sum += double(left[row][k]) * right[column][k];
      value = float(sum);
    }
}

void GroupProducts::executeAll() {
  for (auto &group : groups)
    for (Pending &each : group)
      execute(each);
  for (Pending &each : pending)
    execute(each);
}

void GroupProducts::commit() {
  groups.push_back(std::move(pending));
  pending.clear();
}

void GroupProducts::wait(size_t rest) {
  for (; groups.size() > rest; groups.pop_front())
    for (Pending &each : groups.front()) {
      execute(each);
      --each.sums->unfinished;
    }
}

void GroupProducts::resolve(const Meeting &meeting) {
  auto found = known.find(meeting.lanes[0].get<uint32_t>(0));
  if (found == known.end())
    fail("waits for registers that are sums of no product");
  if (found->second->unfinished)
    return;
  const std::vector<float> &values = found->second->values;
  unsigned count = values.size() / kWarpSize;
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    for (unsigned i = 0; i < count; ++i)
      operands.set(i, values[lane * count + i]);
  });
  known.erase(found);
}

/// "Matrix Descriptor Format"
static GroupMatrix describe(uint64_t bits, bool alongDepth) {
  auto field = [&](unsigned first) { return uint32_t(bits >> first & 0x3FFF) << 4; };
  constexpr unsigned kLeading = 16, kStride = 32, kLayout = 62;
  constexpr uint64_t kTurnedBy128 = 1;
  if (bits >> kLayout != kTurnedBy128 || (bits >> 49 & 7))
    fail("multiplies a matrix whose layout is not emulated");
  return {sharedMemory().expand(field(0)), field(kLeading), field(kStride), alongDepth};
}

/// (sums..., left, right, adds, signs of both, whether each lies across the depth)
static void multiply(unsigned columns, bool bfloat16, const Meeting &meeting) {
  const Operands &first = meeting.lanes[0];
  unsigned count = columns / 2;
  auto flag = [&](unsigned i) { return first.get<int32_t>(count + 2 + i); };
  if (flag(0) != 1 || flag(1) != 1 || flag(2) != 1)
    fail("multiplies matrices in a way that is not emulated");
  meeting.forEach([&](unsigned, const Operands &operands) {
    for (unsigned i = 0; i < 2; ++i)
      if (operands.get<uint64_t>(count + i) != first.get<uint64_t>(count + i))
        fail("multiplies matrices that differ from lane to lane");
  });
  currentBlock()->products().add(
      {describe(first.get<uint64_t>(count), !flag(3)),
       describe(first.get<uint64_t>(count + 1), !flag(4)), bfloat16, columns,
       meeting.firstThread / kWarpSize % 4 * kRows},
      meeting);
}

static Operation findProduct(std::string_view name) {
  Operation operation;
  constexpr std::string_view kStart = "wgmma.mma_async.sync.aligned.m64n";
  size_t place = name.find(kStart);
  if (place == name.npos)
    return operation;
  name.remove_prefix(place + kStart.size());
  unsigned columns = 0;
  const char *rest =
      std::from_chars(name.data(), name.data() + name.size(), columns).ptr;
  name.remove_prefix(rest - name.data());
  bool bfloat16 = name.substr(0, 18) == "k16.f32.bf16.bf16 ";
  if (columns % 8 || columns > 256 ||
      (!bfloat16 && name.substr(0, 16) != "k16.f32.f16.f16 "))
    return operation;
  operation.ofWarp = [=](const Meeting &meeting) {
    multiply(columns, bfloat16, meeting);
  };
  return operation;
}

/// wgmma.*, as intrinsics or as text: with registers, these wait for sums.
Operation emulator::findGroupProduct(std::string_view name) {
  constexpr std::string_view kText = "asm.",
                             kWait = "wgmma.wait_group.sync.aligned";
  Operation operation;
  if (name == "wgmma.fence.sync.aligned")
    operation.ofWarp = [](const Meeting &) { currentBlock()->products().fence(); };
  else if (name == "wgmma.commit_group.sync.aligned")
    operation.ofWarp = [](const Meeting &) { currentBlock()->products().commit(); };
  else if (name == kWait)
    operation.ofWarp = [](const Meeting &meeting) {
      currentBlock()->products().wait(meeting.lanes[0].get<uint64_t>(0));
    };
  else if (name == std::string(kText) + std::string(kWait) + " 0;")
    operation.ofWarp = [](const Meeting &meeting) {
      currentBlock()->products().wait(0);
      currentBlock()->products().resolve(meeting);
    };
  else if (name.substr(0, kText.size()) == kText)
    return findProduct(name);
  else if (name.substr(0, 17) == "fence.proxy.async")
    operation.ofThread = [](const Operands &) {
      sharedMemory().fenceProxy(currentBlock()->access());
    };
  return operation;
}
