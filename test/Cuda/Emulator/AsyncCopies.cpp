#include "AsyncCopies.h"
#include "Abi.h"
#include "Block.h"
#include "Faults.h"
#include "Launch.h"
#include <algorithm>
#include <charconv>
#include <string>

using namespace emulator;

static void execute(const AsyncCopy &copy) {
  auto *to = reinterpret_cast<unsigned char *>(copy.to - kAddressTag);
  memcpy(to, reinterpret_cast<void *>(copy.from - kAddressTag), copy.given);
  memset(to + copy.given, 0, copy.bytes - copy.given);
}

/// It is done when it is waited for; in half of the random schedules' copies,
/// at once, though nobody may look.
void AsyncCopies::add(const AsyncCopy &copy) {
  sharedMemory().hold(copy.to, copy.bytes, currentBlock()->access());
  pending.push_back(copy);
  if (chooseBelow(2))
    execute(copy);
}

void AsyncCopies::commit() {
  groups.push_back(std::move(pending));
  pending.clear();
}

void AsyncCopies::wait(size_t rest) {
  for (; groups.size() > rest; groups.pop_front())
    for (const AsyncCopy &copy : groups.front()) {
      execute(copy);
      sharedMemory().release(copy.to, copy.bytes, currentBlock()->access());
    }
}

void AsyncCopies::waitForAll() {
  commit();
  wait(0);
}

/// cp.async.ca.shared.global.16(to, from) and, with ".s", (to, from, bytes
/// given)
static void add(const Operands &operands, uint32_t bytes, bool partly) {
  AsyncCopy copy = {operands.get<uint64_t>(0), operands.get<uint64_t>(1), bytes,
                    bytes};
  if (partly)
    copy.given = std::min(bytes, operands.get<uint32_t>(2));
  if (copy.to % bytes || copy.from % bytes)
    fail("copies " + std::to_string(bytes) +
         " bytes by cp.async that are not aligned to as many");
  currentBlock()->copies().add(copy);
}

Operation emulator::findAsyncCopy(std::string_view name) {
  Operation operation;
  auto parts = splitName(name);
  if (parts.size() < 4 || parts[0] != "cp" || parts[1] != "async")
    return operation;
  if (parts[2] == "commit")
    operation.ofThread = [](const Operands &) {
      currentBlock()->copies().commit();
    };
  else if (parts[2] == "wait" && parts[3] == "group")
    operation.ofThread = [](const Operands &operands) {
      currentBlock()->copies().wait(operands.get<uint32_t>(0));
    };
  else if (parts[2] == "wait" && parts[3] == "all")
    operation.ofThread = [](const Operands &) {
      currentBlock()->copies().waitForAll();
    };
  else if (parts.size() >= 6 && parts[3] == "shared" && parts[4] == "global") {
    uint32_t bytes = 0;
    std::from_chars(parts[5].data(), parts[5].data() + parts[5].size(), bytes);
    bool partly = parts.size() > 6;
    operation.ofThread = [=](const Operands &operands) {
      add(operands, bytes, partly);
    };
  }
  return operation;
}
