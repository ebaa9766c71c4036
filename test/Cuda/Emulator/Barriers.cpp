// PTX ISA, "Parallel Synchronization and Communication Instructions: barrier",
// of all threads of a block.
#include "Faults.h"
#include "Launch.h"
#include "Operations.h"
#include <string>

using namespace emulator;

/// (barrier, [count], [predicate])
static void reduce(std::string_view how, const std::vector<Operands> &threads,
                   unsigned predicate) {
  uint32_t count = 0;
  for (const Operands &operands : threads)
    count += operands.get<uint32_t>(predicate) & 1;
  if (how == "and")
    count = count == threads.size();
  else if (how == "or")
    count = count > 0;
  for (const Operands &operands : threads)
    operands.set(0, count);
}

/// barrier.cta.{sync, red.<how>}[.aligned].{all, count}
Operation emulator::findBarrier(std::string_view name) {
  Operation operation;
  auto parts = splitName(name);
  if (parts.size() < 4 || parts[0] != "barrier" || parts[1] != "cta" ||
      (parts[2] != "sync" && parts[2] != "red"))
    return operation;
  bool counts = parts.back() == "count";
  std::string how(parts[2] == "red" ? parts[3] : "");
  operation.aligned = parts[parts.size() - 2] == "aligned";
  operation.ofBlock = [=](const std::vector<Operands> &threads) {
    if (counts && threads.front().get<uint32_t>(1) != threads.size())
      fail("waits in a barrier of a part of its block, which is not emulated");
    if (!how.empty())
      reduce(how, threads, counts ? 2 : 1);
  };
  return operation;
}
