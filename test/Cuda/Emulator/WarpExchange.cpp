// What lanes of a warp tell each other: PTX ISA, "Parallel Synchronization and
// Communication Instructions".
#include "Operations.h"
#include <algorithm>
#include <string>

using namespace emulator;

static constexpr uint32_t kPoison = 0xFFFFFFFF; // a NaN as f32

/// "shfl.sync": of the lanes of a segment, whose values the lane may read, and
/// whether it is in range.
static std::pair<int, bool> sourceLane(std::string_view mode, int lane,
                                       uint32_t b, uint32_t c) {
  int offset = b & 31, clamp = c & 31, segment = c >> 8 & 31;
  int last = (lane & segment) | (clamp & ~segment), first = lane & segment;
  int source = mode == "up"     ? lane - offset
               : mode == "down" ? lane + offset
               : mode == "bfly" ? lane ^ offset
                                : first | (offset & ~segment);
  bool inRange = mode == "up" ? source >= last : source <= last;
  return {inRange ? source : lane, inRange};
}

/// (members, value, b, c) -> value or (value, in range)
static void shuffle(std::string_view mode, bool tells, const Meeting &meeting) {
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    auto [source, inRange] = sourceLane(
        mode, int(lane), operands.get<uint32_t>(2), operands.get<uint32_t>(3));
    bool there = meeting.has(unsigned(source));
    operands.set(0, there ? meeting.lanes[source].get<uint32_t>(1) : kPoison);
    if (tells)
      operands.set(1, uint32_t(inRange));
  });
}

/// "vote.sync": (members, predicate) -> of all members
static void vote(std::string_view mode, const Meeting &meeting) {
  uint32_t ballot = 0;
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    ballot |= (operands.get<uint32_t>(1) & 1) << lane;
  });
  bool all = ballot == meeting.members;
  uint32_t result = mode == "ballot" ? ballot
                    : mode == "all"  ? all
                    : mode == "any"  ? ballot != 0
                                     : all || !ballot;
  meeting.forEach(
      [&](unsigned, const Operands &operands) { operands.set(0, result); });
}

/// "match.sync": (members, value) -> members with the same
static void match(bool wide, bool all, const Meeting &meeting) {
  auto valueOf = [&](const Operands &operands) {
    return wide ? operands.get<uint64_t>(1) : operands.get<uint32_t>(1);
  };
  meeting.forEach([&](unsigned, const Operands &operands) {
    uint32_t same = 0;
    meeting.forEach([&](unsigned lane, const Operands &other) {
      same |= uint32_t(valueOf(other) == valueOf(operands)) << lane;
    });
    bool one = same == meeting.members;
    operands.set(0, all && !one ? 0 : same);
    if (all)
      operands.set(1, uint32_t(one));
  });
}

/// "redux.sync": (value, members) -> of all members
static void reduce(std::string_view how, const Meeting &meeting) {
  bool begun = false;
  uint32_t sum = 0;
  meeting.forEach([&](unsigned, const Operands &operands) {
    uint32_t value = operands.get<uint32_t>(0);
    sum = !begun          ? value
          : how == "add"  ? sum + value
          : how == "and"  ? sum & value
          : how == "or"   ? sum | value
          : how == "xor"  ? sum ^ value
          : how == "umin" ? std::min(sum, value)
          : how == "umax" ? std::max(sum, value)
          : how == "min"  ? uint32_t(std::min(int32_t(sum), int32_t(value)))
                          : uint32_t(std::max(int32_t(sum), int32_t(value)));
    begun = true;
  });
  meeting.forEach(
      [&](unsigned, const Operands &operands) { operands.set(0, sum); });
}

/// "elect.sync": (members) -> the lane chosen, whether it is this one
static void elect(const Meeting &meeting) {
  uint32_t chosen = __builtin_ctz(meeting.members);
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    operands.set(0, chosen);
    operands.set(1, uint32_t(lane == chosen));
  });
}

Operation emulator::findWarpExchange(std::string_view name) {
  Operation operation;
  auto parts = splitName(name);
  operation.maskOperand = 0;
  operation.aligned = false;
  if (name == "bar.warp.sync") {
    operation.ofWarp = [](const Meeting &) {};
  } else if (parts.size() == 4 && parts[0] == "shfl" && parts[1] == "sync") {
    std::string mode(parts[2]);
    bool tells = parts[3].back() == 'p';
    operation.ofWarp = [=](const Meeting &meeting) {
      shuffle(mode, tells, meeting);
    };
  } else if (parts.size() == 3 && parts[0] == "vote" && parts[2] == "sync") {
    std::string mode(parts[1]);
    operation.ofWarp = [=](const Meeting &meeting) { vote(mode, meeting); };
  } else if (parts.size() == 4 && parts[0] == "match" && parts[2] == "sync") {
    bool wide = parts[3].substr(0, 3) == "i64", all = parts[1] == "all";
    operation.ofWarp = [=](const Meeting &meeting) {
      match(wide, all, meeting);
    };
  } else if (parts.size() == 3 && parts[0] == "redux" && parts[2][0] != 'f') {
    std::string how(parts[2]);
    operation.maskOperand = 1;
    operation.ofWarp = [=](const Meeting &meeting) { reduce(how, meeting); };
  } else if (name == "elect.sync") {
    operation.ofWarp = elect;
  }
  return operation;
}
