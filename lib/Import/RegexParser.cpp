#include "lib/Import/Regex.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Unicode.h"
#include <map>

using namespace graphopt;
using llvm::StringRef;

static constexpr uint32_t kLastCode = 0x10FFFF;

using Ranges = std::vector<CodeRange>;

/// In order, without overlaps.
static Ranges normalize(Ranges ranges) {
  llvm::sort(ranges, [](CodeRange a, CodeRange b) { return a.first < b.first; });
  Ranges result;
  for (CodeRange range : ranges) {
    if (!result.empty() && range.first <= result.back().last + 1)
      result.back().last = std::max(result.back().last, range.last);
    else
      result.push_back(range);
  }
  return result;
}

static Ranges complement(Ranges ranges) {
  Ranges result;
  uint32_t next = 0;
  for (CodeRange range : normalize(std::move(ranges))) {
    if (range.first > next)
      result.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCode)
    result.push_back({next, kLastCode});
  return result;
}

/// Adds what differs in the size of letters only.
static Ranges addCases(Ranges ranges) {
  constexpr uint32_t kLastLetter = 0x1E943; // of those that fold
  static const std::multimap<uint32_t, uint32_t> alike = [] {
    std::multimap<uint32_t, uint32_t> map;
    for (uint32_t code = 0; code <= kLastLetter; ++code)
      map.emplace(llvm::sys::unicode::foldCharSimple(code), code);
    return map;
  }();
  Ranges result = ranges;
  for (CodeRange range : ranges)
    for (uint32_t code = range.first; code <= std::min(range.last, kLastLetter);
         ++code) {
      auto [begin, end] = alike.equal_range(llvm::sys::unicode::foldCharSimple(code));
      for (auto it = begin; it != end; ++it)
        result.push_back({it->second, it->second});
    }
  return normalize(std::move(result));
}

/// The set of a class of Perl's, as in \d; empty if it is none.
static Ranges perlClass(char name) {
  switch (llvm::toLower(name)) {
  case 'd':
    return {{'0', '9'}};
  case 's':
    return {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
  case 'w':
    return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  default:
    return {};
  }
}

static Ranges posixClass(StringRef name) {
  const std::pair<StringRef, Ranges> classes[] = {
      {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"ascii", {{0, 127}}},
      {"blank", {{'\t', '\t'}, {' ', ' '}}},
      {"cntrl", {{0, 31}, {127, 127}}},
      {"digit", {{'0', '9'}}},
      {"graph", {{'!', '~'}}},
      {"lower", {{'a', 'z'}}},
      {"print", {{' ', '~'}}},
      {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"space", {{'\t', '\r'}, {' ', ' '}}},
      {"upper", {{'A', 'Z'}}},
      {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
      {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
  };
  for (const auto &[known, ranges] : classes)
    if (name == known)
      return ranges;
  return {};
}

/// Code points of a general category of Unicode, as `Lu`, or of all that begin so, as `L`;
/// nothing if there is none of that name.
static std::optional<Ranges> categoryClass(StringRef name) {
  struct Row {
    StringRef category;
    uint32_t first, last, step;
  };
  static constexpr Row rows[] = {
#define ROW(category, first, last, step) {#category, first, last, step},
#include "lib/Import/CategoryTable.def"
  };
  if (name == "Any")
    return Ranges{{0, kLastCode}};
  Ranges ranges;
  if (name.empty() || name.size() > 2)
    return std::nullopt;
  for (const Row &row : rows) {
    if (!row.category.starts_with(name))
      continue;
    if (row.step == 1)
      ranges.push_back({row.first, row.last});
    for (uint32_t code = row.first; row.step > 1 && code <= row.last; code += row.step)
      ranges.push_back({code, code});
  }
  return ranges.empty() ? std::nullopt : std::optional(normalize(std::move(ranges)));
}

namespace {

using Node = std::unique_ptr<Regex>;

/// After the first error nothing more is read.
class Parser {
public:
  explicit Parser(StringRef pattern) : all(pattern), rest(pattern) {}

  llvm::Expected<Node> run() {
    Node node = parseEither();
    if (error.empty() && !rest.empty())
      fail("')' has no '('");
    if (!error.empty())
      return llvm::createStringError(error);
    return std::move(node);
  }

private:
  static constexpr int kMostRepeats = 1000, kDeepest = 200;

  void fail(const llvm::Twine &what) {
    if (error.empty())
      error = (what + " at byte " + llvm::Twine(all.size() - rest.size()) +
               " of the pattern")
                  .str();
    rest = "";
  }

  static Node make(Regex::Kind kind) {
    auto node = std::make_unique<Regex>();
    node->kind = kind;
    return node;
  }

  Node makeSet(Ranges set) {
    Node node = make(Regex::Set);
    node->set = ignoresCase ? addCases(normalize(std::move(set)))
                            : normalize(std::move(set));
    return node;
  }

  Node parseEither() {
    Node node = make(Regex::Either);
    if (++depth > kDeepest)
      fail("groups lie too deep in each other");
    do
      node->parts.push_back(parseConcat());
    while (rest.consume_front("|"));
    --depth;
    return node;
  }

  Node parseConcat() {
    Node node = make(Regex::Concat);
    while (!rest.empty() && rest.front() != '|' && rest.front() != ')')
      if (rest.consume_front("\\Q"))
        parseQuoted(*node);
      else if (Node part = parseRepeated())
        node->parts.push_back(std::move(part));
    return node;
  }

  void parseQuoted(Regex &concat) {
    while (!rest.empty() && !rest.consume_front("\\E"))
      concat.parts.push_back(makeSet(single(takeCode())));
  }

  static Ranges single(uint32_t code) { return {{code, code}}; }

  Node parseRepeated() {
    Node node = parseAtom();
    while (node && !rest.empty()) {
      int least = 0, most = -1;
      StringRef before = rest;
      if (rest.consume_front("+"))
        least = 1;
      else if (rest.consume_front("?"))
        most = 1;
      else if (!rest.consume_front("*") && !takeCounts(least, most))
        break;
      if (most >= 0 && least > most)
        fail("a repetition of more than its limit");
      if (std::max(least, most) > kMostRepeats)
        fail("more than " + llvm::Twine(kMostRepeats) + " repetitions");
      if (before.size() == rest.size())
        break;
      rest.consume_front("?"); // shortest first: no matter for all of a string
      if (!rest.empty() && StringRef("*+?").contains(rest.front())) {
        fail("a repetition of a repetition");
        return {};
      }
      Node repeat = make(Regex::Repeat);
      repeat->least = least;
      repeat->most = most;
      repeat->parts.push_back(std::move(node));
      node = std::move(repeat);
    }
    return node;
  }

  /// {2}, {2,} or {2,5}; other braces stand for themselves.
  bool takeCounts(int &least, int &most) {
    StringRef at = rest;
    if (!at.consume_front("{") || at.consumeInteger(10, least))
      return false;
    most = least;
    if (at.consume_front(",")) {
      most = -1;
      if (!at.starts_with("}") && at.consumeInteger(10, most))
        return false;
    }
    if (!at.consume_front("}") || least < 0)
      return false;
    rest = at;
    return true;
  }

  Node parseAtom() {
    if (rest.consume_front("("))
      return parseGroup();
    if (rest.consume_front("["))
      return parseSet();
    if (rest.consume_front("."))
      return makeSet(dotIsAll ? Ranges{{0, kLastCode}} : complement(single('\n')));
    if (rest.consume_front("^") || rest.consume_front("\\A"))
      return make(Regex::Begin);
    if (rest.consume_front("$") || rest.consume_front("\\z"))
      return make(Regex::End);
    if (rest.consume_front("\\b"))
      return make(Regex::WordEdge);
    if (rest.consume_front("\\B"))
      return make(Regex::NoWordEdge);
    if (rest.starts_with("*") || rest.starts_with("+") || rest.starts_with("?")) {
      fail("nothing to repeat");
      return {};
    }
    if (rest.starts_with("\\"))
      return parseEscape();
    return makeSet(single(takeCode()));
  }

  Node parseGroup() {
    bool outerCase = ignoresCase, outerDot = dotIsAll;
    if (rest.consume_front("?")) {
      if (rest.consume_front("P<") || rest.consume_front("<")) {
        size_t end = rest.find('>');
        if (end == StringRef::npos || end == 0 ||
            !llvm::all_of(rest.take_front(end),
                          [](char c) { return llvm::isAlnum(c) || c == '_'; })) {
          fail("a group (?<...) that is no name is not supported");
          return {};
        }
        rest = rest.drop_front(end + 1);
      } else if (!takeFlags()) {
        return {};
      } else if (rest.consume_front(")")) { // to the end of the group around
        return make(Regex::Empty);
      } else if (!rest.consume_front(":")) {
        fail("a group of an unknown kind");
        return {};
      }
    }
    Node node = parseEither();
    ignoresCase = outerCase;
    dotIsAll = outerDot;
    if (!rest.consume_front(")"))
      fail("a group without ')'");
    return node;
  }

  /// As in (?i-s:...); leaves what ends them.
  bool takeFlags() {
    bool value = true;
    for (; !rest.empty() && rest.front() != ':' && rest.front() != ')';
         rest = rest.drop_front()) {
      char flag = rest.front();
      if (flag == '-')
        value = false;
      else if (flag == 'i')
        ignoresCase = value;
      else if (flag == 's')
        dotIsAll = value;
      else if (flag != 'U') {
        fail("the group (?" + llvm::Twine(flag) + " is not supported");
        return false;
      }
    }
    return true;
  }

  Node parseSet() {
    bool isNegated = rest.consume_front("^");
    Ranges set;
    for (bool isFirst = true; isFirst || !rest.starts_with("]"); isFirst = false) {
      if (rest.empty()) {
        fail("a set without ']'");
        return {};
      }
      if (rest.starts_with("[:")) {
        addPosixClass(set);
        continue;
      }
      if (std::optional<Ranges> ranges = takeClass()) {
        set.insert(set.end(), ranges->begin(), ranges->end());
        continue;
      }
      uint32_t first = takeSetCode(), last = first;
      if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
        rest = rest.drop_front();
        last = takeSetCode();
      }
      if (last < first)
        fail("a range that ends before it begins");
      set.push_back({first, last});
    }
    rest.consume_front("]");
    if (ignoresCase)
      set = addCases(normalize(std::move(set)));
    Node node = make(Regex::Set);
    node->set = isNegated ? complement(std::move(set)) : normalize(std::move(set));
    return node;
  }

  void addPosixClass(Ranges &set) {
    size_t end = rest.find(":]");
    StringRef name = rest.take_front(end).drop_front(2);
    bool isNegated = name.consume_front("^");
    Ranges ranges = posixClass(name);
    if (end == StringRef::npos || ranges.empty())
      return fail("a class [:...:] that is not known");
    rest = rest.drop_front(end + 2);
    if (isNegated)
      ranges = complement(std::move(ranges));
    set.insert(set.end(), ranges.begin(), ranges.end());
  }

  /// As in \d or \pL; absent if there is none, and nothing is taken.
  std::optional<Ranges> takeClass() {
    if (rest.size() < 2 || rest.front() != '\\')
      return std::nullopt;
    bool isNegated = llvm::isUpper(rest[1]);
    Ranges ranges;
    if (llvm::toLower(rest[1]) == 'p')
      ranges = takeCategory(isNegated);
    else if ((ranges = perlClass(rest[1])).empty())
      return std::nullopt;
    else
      rest = rest.drop_front(2);
    return isNegated ? complement(std::move(ranges)) : ranges;
  }

  /// Of one letter, or in braces, with a ^ in front for all other code points.
  Ranges takeCategory(bool &isNegated) {
    StringRef name = rest.substr(2, 1), all = rest.take_front(3);
    if (name == "{") {
      size_t end = rest.find('}');
      name = end == StringRef::npos ? "" : rest.slice(3, end);
      all = rest.take_front(name.size() + 4);
      if (name.consume_front("^"))
        isNegated = !isNegated;
    }
    std::optional<Ranges> ranges = categoryClass(name);
    if (!ranges) {
      fail("'" + all + "' is no general category of Unicode, and other classes are not supported");
      return {};
    }
    rest = rest.drop_front(all.size());
    return *ranges;
  }

  uint32_t takeSetCode() {
    return rest.starts_with("\\") ? takeEscapedCode() : takeCode();
  }

  Node parseEscape() {
    if (std::optional<Ranges> ranges = takeClass())
      return makeSet(std::move(*ranges));
    return makeSet(single(takeEscapedCode()));
  }

  uint32_t takeEscapedCode() {
    rest = rest.drop_front();
    if (rest.empty()) {
      fail("a '\\' at the end");
      return 0;
    }
    if (rest.consume_front("x"))
      return takeHexCode();
    if (!llvm::isAlnum(rest.front()))
      return takeCode();
    constexpr StringRef names = "afnrtv", codes = "\a\f\n\r\t\v";
    size_t known = names.find(rest.front());
    if (known == StringRef::npos) {
      fail("'\\" + llvm::Twine(rest.front()) + "' is not supported");
      return 0;
    }
    rest = rest.drop_front();
    return codes[known];
  }

  /// 41 or {1F600}
  uint32_t takeHexCode() {
    StringRef digits = rest.take_front(2);
    bool hasBraces = rest.consume_front("{");
    if (hasBraces)
      digits = rest.take_until([](char c) { return c == '}'; });
    uint32_t code = 0;
    if (digits.empty() || digits.size() > 8 || digits.getAsInteger(16, code) ||
        code > kLastCode || rest.size() < digits.size() + hasBraces) {
      fail("'\\x' without a code point");
      return 0;
    }
    rest = rest.drop_front(digits.size() + hasBraces);
    return code;
  }

  /// The next code point of the pattern.
  uint32_t takeCode() {
    const llvm::UTF8 *at = rest.bytes_begin();
    llvm::UTF32 code = 0;
    if (rest.empty() || llvm::convertUTF8Sequence(&at, rest.bytes_end(), &code,
                                                  llvm::strictConversion) !=
                            llvm::conversionOK) {
      fail("bytes that are no UTF-8");
      return 0;
    }
    rest = rest.drop_front(at - rest.bytes_begin());
    return code;
  }

  StringRef all, rest;
  std::string error;
  int depth = 0;
  bool ignoresCase = false, dotIsAll = false;
};

} // namespace

llvm::Expected<std::unique_ptr<Regex>> graphopt::parseRegex(StringRef pattern) {
  return Parser(pattern).run();
}
