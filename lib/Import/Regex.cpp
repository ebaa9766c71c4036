#include "lib/Import/Regex.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <array>
#include <bitset>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

using namespace graphopt;
using llvm::StringRef;

/// Memory and time for one model's pattern end here.
static constexpr size_t kMostSteps = 50000, kMostStates = 20000, kMostVisits = size_t(1) << 27;

namespace {

/// A state of the automaton that may be in many at once.
struct Step {
  enum Kind { Byte, Fork, Begin, End, WordEdge, NoWordEdge, Accept };
  Kind kind;
  uint8_t first = 0, last = 0;      // of Byte
  std::vector<uint32_t> next = {};
};

/// Thompson's construction, from the end to the begin.
class Steps {
public:
  std::vector<Step> list;
  bool isTooLarge = false;

  uint32_t add(Step step) {
    isTooLarge |= list.size() >= kMostSteps;
    if (isTooLarge)
      return 0;
    list.push_back(std::move(step));
    return list.size() - 1;
  }

  /// Where to begin, to match `node` and then go on at `next`.
  uint32_t build(const Regex &node, uint32_t next) {
    if (isTooLarge)
      return next;
    switch (node.kind) {
    case Regex::Empty:
      return next;
    case Regex::Begin:
      return add({Step::Begin, 0, 0, {next}});
    case Regex::End:
      return add({Step::End, 0, 0, {next}});
    case Regex::WordEdge:
      return add({Step::WordEdge, 0, 0, {next}});
    case Regex::NoWordEdge:
      return add({Step::NoWordEdge, 0, 0, {next}});
    case Regex::Set:
      return buildSet(node, next);
    case Regex::Concat:
      for (const auto &part : llvm::reverse(node.parts))
        next = build(*part, next);
      return next;
    case Regex::Either: {
      Step fork{Step::Fork};
      for (const auto &part : node.parts)
        fork.next.push_back(build(*part, next));
      return add(std::move(fork));
    }
    case Regex::Repeat:
      return buildRepeat(node, next);
    }
    llvm_unreachable("all kinds are above");
  }

private:
  uint32_t buildRepeat(const Regex &node, uint32_t next) {
    const Regex &body = *node.parts.front();
    uint32_t start = next;
    if (node.most < 0) {
      start = add({Step::Fork, 0, 0, {next}});
      if (isTooLarge)
        return next;
      uint32_t again = build(body, start);
      list[start].next.push_back(again);
    }
    for (int i = node.least; i < node.most; ++i)
      start = add({Step::Fork, 0, 0, {next, build(body, start)}});
    for (int i = 0; i < node.least; ++i)
      start = build(body, start);
    return start;
  }

  uint32_t buildSet(const Regex &node, uint32_t next) {
    Step fork{Step::Fork};
    for (CodeRange range : node.set)
      addRange(fork, range.first, range.last, next);
    return add(std::move(fork));
  }

  /// Cuts a range where bytes of UTF-8 other than the last begin anew.
  void addRange(Step &fork, uint32_t first, uint32_t last, uint32_t next) {
    if (first > last)
      return;
    auto cut = [&](uint32_t at) { // a part that ends at `at`
      addRange(fork, first, at, next);
      addRange(fork, at + 1, last, next);
    };
    if (first < 0xD800 && last >= 0xD800)
      return cut(0xD7FF);
    if (first >= 0xD800 && first < 0xE000)
      return addRange(fork, 0xE000, last, next); // surrogates
    for (uint32_t end : {0x7Fu, 0x7FFu, 0xFFFFu})
      if (first <= end && last > end)
        return cut(end);
    for (int bits : {6, 12, 18}) {
      uint32_t low = (1u << bits) - 1;
      if (last <= 0x7F || (first & ~low) == (last & ~low))
        break;
      if (first & low)
        return cut(first | low);
      if ((last & low) != low)
        return cut((last & ~low) - 1);
    }
    std::array<char, 4> from, to;
    char *fromEnd = from.data(), *toEnd = to.data();
    llvm::ConvertCodePointToUTF8(first, fromEnd);
    llvm::ConvertCodePointToUTF8(last, toEnd);
    for (size_t i = fromEnd - from.data(); i-- > 0;)
      next = add({Step::Byte, uint8_t(from[i]), uint8_t(to[i]), {next}});
    fork.next.push_back(next);
  }
};

/// The same automaton with one state at a time: each is a set of steps.
class Determinizer {
public:
  explicit Determinizer(const Steps &steps)
      : steps(steps.list), seen(steps.list.size()) {}

  llvm::Expected<std::vector<int32_t>> run(uint32_t start) {
    findClasses();
    addState({}); // accepts nothing ever
    addState({/*isFirst=*/true, false, close({start}, {/*isBegin=*/true})});
    std::vector<int32_t> rows;
    for (size_t number = 0; number < states.size(); ++number) {
      if (states.size() > kMostStates || visits > kMostVisits)
        return llvm::createStringError("its automaton has too many states");
      State own = states[number];
      rows.push_back(accepts(own));
      for (uint8_t byte : representatives)
        rows.push_back(addState(advance(own, byte)));
    }
    std::vector<int32_t> table = {int32_t(representatives.size())};
    table.insert(table.end(), classOf.begin(), classOf.end());
    table.insert(table.end(), rows.begin(), rows.end());
    return table;
  }

private:
  /// Steps that wait for a byte or for what is known with the next one.
  struct State {
    bool isFirst = false;
    bool isAfterWord = false; // the last byte is of a word, if steps ask
    std::vector<uint32_t> steps = {};

    auto key() const { return std::tie(isFirst, isAfterWord, steps); }
    bool operator<(const State &other) const { return key() < other.key(); }
  };

  /// What is known of a place between two bytes.
  struct Place {
    bool isBegin = false, isEnd = false;
    std::optional<bool> isWordEdge = std::nullopt;
  };

  static bool isWord(uint8_t byte) { return llvm::isAlnum(byte) || byte == '_'; }

  /// Bytes that no step tells apart are one class.
  void findClasses() {
    std::bitset<257> begins;
    begins[0] = true;
    for (const Step &step : steps) {
      if (step.kind == Step::Byte)
        begins[step.first] = begins[step.last + 1] = true;
      hasEdges |= step.kind == Step::WordEdge || step.kind == Step::NoWordEdge;
    }
    for (int byte = 1; byte < 256 && hasEdges; ++byte)
      begins[byte] = begins[byte] || isWord(byte) != isWord(byte - 1);
    for (int byte = 0; byte < 256; ++byte) {
      if (begins[byte])
        representatives.push_back(byte);
      classOf[byte] = representatives.size() - 1;
    }
  }

  /// All that is reached without a byte, in order.
  std::vector<uint32_t> close(std::vector<uint32_t> open, Place place) {
    std::vector<uint32_t> closed;
    ++walk;
    while (!open.empty()) {
      uint32_t at = open.back();
      open.pop_back();
      ++visits;
      if (std::exchange(seen[at], walk) == walk)
        continue;
      const Step &step = steps[at];
      bool passes = step.kind == Step::Fork ||
                    (step.kind == Step::Begin && place.isBegin) ||
                    (step.kind == Step::End && place.isEnd) ||
                    (step.kind == Step::WordEdge && place.isWordEdge == true) ||
                    (step.kind == Step::NoWordEdge && place.isWordEdge == false);
      if (passes)
        open.insert(open.end(), step.next.begin(), step.next.end());
      else if (step.kind != Step::Begin)
        closed.push_back(at);
    }
    llvm::sort(closed);
    return closed;
  }

  State advance(const State &from, uint8_t byte) {
    std::vector<uint32_t> open = from.steps, reached;
    if (hasEdges)
      open = close(open, {from.isFirst, false, from.isAfterWord != isWord(byte)});
    for (uint32_t at : open)
      if (const Step &step = steps[at]; step.kind == Step::Byte &&
                                        step.first <= byte && byte <= step.last)
        reached.push_back(step.next.front());
    if (reached.empty())
      return {};
    return {false, hasEdges && isWord(byte), close(std::move(reached), {})};
  }

  bool accepts(const State &state) {
    return llvm::any_of(
        close(state.steps, {state.isFirst, /*isEnd=*/true, state.isAfterWord}),
        [&](uint32_t at) { return steps[at].kind == Step::Accept; });
  }

  int32_t addState(State state) {
    auto [place, isNew] = numbers.try_emplace(state, states.size());
    if (isNew)
      states.push_back(std::move(state));
    return place->second;
  }

  const std::vector<Step> &steps;
  std::vector<uint64_t> seen; // in which walk last
  uint64_t walk = 0, visits = 0;
  std::vector<uint8_t> representatives;
  std::array<int32_t, 256> classOf;
  bool hasEdges = false;
  std::vector<State> states;
  std::map<State, int32_t> numbers;
};

} // namespace

llvm::Expected<std::vector<int32_t>> graphopt::compileRegex(StringRef pattern) {
  auto regex = parseRegex(pattern);
  if (!regex)
    return regex.takeError();
  Steps steps;
  uint32_t accept = steps.add({Step::Accept});
  uint32_t start = steps.build(**regex, accept);
  if (steps.isTooLarge)
    return llvm::createStringError("it is too large");
  return Determinizer(steps).run(start);
}
