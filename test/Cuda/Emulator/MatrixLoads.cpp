// PTX ISA, "Warp-level matrix load instruction: ldmatrix" and "... store
// instruction: stmatrix" of 8x8 matrices of 16 bits.
#include "Abi.h"
#include "Block.h"
#include "Faults.h"
#include "Launch.h"
#include "Operations.h"

using namespace emulator;

static constexpr unsigned kSide = 8, kRowBytes = 16;

static Access accessOf(unsigned lane) {
  Access access = currentBlock()->access();
  access.thread += int32_t(lane) - access.thread % int32_t(kWarpSize);
  return access;
}

/// Lane 8 m + r says where row r of matrix m lies.
static uint16_t *rowOf(const Meeting &meeting, unsigned matrix, unsigned row,
                       bool writes) {
  unsigned lane = matrix * kSide + row;
  auto address = meeting.lanes[lane].get<uint64_t>(0);
  if (address % kRowBytes)
    fail("a row of a matrix is not aligned to 16 bytes");
  if (writes)
    sharedMemory().write(address, kRowBytes, accessOf(lane));
  else
    sharedMemory().read(address, kRowBytes, accessOf(lane));
  return reinterpret_cast<uint16_t *>(address - kAddressTag);
}

/// A lane holds two elements of each matrix: those at 2 (lane % 4) of row lane
/// / 4, or of that column if it is transposed.
static void move(unsigned count, bool transposed, bool stores,
                 const Meeting &meeting) {
  if (meeting.members != ~0u)
    fail("moves matrices in a warp of fewer than 32 lanes");
  for (unsigned matrix = 0; matrix < count; ++matrix) {
    uint16_t *rows[kSide];
    for (unsigned row = 0; row < kSide; ++row)
      rows[row] = rowOf(meeting, matrix, row, stores);
    meeting.forEach([&](unsigned lane, const Operands &operands) {
      uint16_t pair[2];
      if (stores) {
        auto bits = operands.get<uint32_t>(1 + matrix);
        memcpy(pair, &bits, sizeof pair);
      }
      for (unsigned i = 0; i < 2; ++i) {
        unsigned major = lane / 4, minor = lane % 4 * 2 + i;
        uint16_t &element =
            transposed ? rows[minor][major] : rows[major][minor];
        if (stores)
          element = pair[i];
        pair[i] = element;
      }
      uint32_t bits;
      memcpy(&bits, pair, sizeof bits);
      if (!stores)
        operands.set(matrix, bits);
    });
  }
}

/// {ldmatrix, stmatrix}.sync.aligned.m8n8.x<count>[.trans].b16.p3
Operation emulator::findMatrixLoad(std::string_view name) {
  Operation operation;
  auto parts = splitName(name);
  if (parts.size() < 6 || (parts[0] != "ldmatrix" && parts[0] != "stmatrix") ||
      parts[3] != "m8n8")
    return operation;
  unsigned count = unsigned(parts[4][1] - '0');
  bool transposed = parts[5] == "trans", stores = parts[0] == "stmatrix";
  if (parts[transposed ? 6 : 5] != "b16")
    return operation;
  operation.ofWarp = [=](const Meeting &meeting) {
    move(count, transposed, stores, meeting);
  };
  return operation;
}
