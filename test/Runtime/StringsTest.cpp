#include "Strings.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace {

using Texts = std::vector<std::string>;

/// A run without a model.
struct Lone {
  ~Lone() { graphopt_release_blocks(&run); }

  graphopt_run run = {};
};

std::vector<const char *> pointers(const Texts &texts) {
  std::vector<const char *> result;
  for (const std::string &text : texts)
    result.push_back(text.c_str());
  return result;
}

Texts change(decltype(graphopt_string_upper) function, const Texts &texts) {
  Lone r;
  std::vector<const char *> results(texts.size());
  function(&r.run, texts.size(), pointers(texts).data(), results.data());
  EXPECT_EQ(r.run.status, GRAPHOPT_OK);
  return {results.begin(), results.end()};
}

std::string formatDouble(double number) {
  Lone r;
  const char *result = nullptr;
  graphopt_format_floats(&r.run, 1, &number, 53, -1022, &result);
  return result;
}

std::string formatFloat(float number) {
  Lone r;
  double wide = number;
  const char *result = nullptr;
  graphopt_format_floats(&r.run, 1, &wide, 24, -126, &result);
  return result;
}

graphopt_status parseDouble(const std::string &text, double &result) {
  Lone r;
  const char *in = text.c_str();
  graphopt_parse_floats(&r.run, 1, &in, 53, -1022, &result);
  return graphopt_status(r.run.status);
}

double parsed(const std::string &text) {
  double result;
  EXPECT_EQ(parseDouble(text, result), GRAPHOPT_OK) << text;
  return result;
}

TEST(Strings, caseIsUnicodes) {
  EXPECT_EQ(change(graphopt_string_upper, {"", "straße", "éя", "日本z"}),
            (Texts{"", "STRAßE", "ÉЯ", "日本Z"}));
  EXPECT_EQ(change(graphopt_string_lower, {"ÀΣЯ", "𐐀"}), (Texts{"àσя", "𐐨"}));
  // Another number of bytes.
  EXPECT_EQ(change(graphopt_string_upper, {"ɐı"}), (Texts{"ⱯI"}));
}

TEST(Strings, caseLeavesOtherBytes) {
  for (std::string bad : {"\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xed\xa0\x80",
                          "\xc0\x80", "\xf5\x80\x80\x80", "\x80"})
    EXPECT_EQ(change(graphopt_string_upper, {"a" + bad + "b"}), (Texts{"A" + bad + "B"}));
}

TEST(Strings, numbersAsNumPyWritesThem) {
  EXPECT_EQ(formatDouble(1), "1.0");
  EXPECT_EQ(formatDouble(-0.0), "-0.0");
  EXPECT_EQ(formatDouble(1e-4), "0.0001");
  EXPECT_EQ(formatDouble(9.9e-5), "9.9e-05");
  EXPECT_EQ(formatDouble(1e16), "1e+16");
  EXPECT_EQ(formatDouble(123456789.5), "123456789.5");
  EXPECT_EQ(formatDouble(5e-324), "5e-324");
  EXPECT_EQ(formatDouble(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(formatDouble(-INFINITY), "-inf");
  EXPECT_EQ(formatDouble(NAN), "nan");
  EXPECT_EQ(formatFloat(0.1f), "0.1");
  EXPECT_EQ(formatFloat(16777216), "1.6777216e+07");
  EXPECT_EQ(formatFloat(999999), "999999.0");
}

// The C library's conversions are exact, too.
TEST(Strings, numbersGoThereAndBack) {
  std::mt19937_64 random;
  for (int i = 0; i < 20000; ++i) {
    uint64_t word = random();
    double number;
    std::memcpy(&number, &word, 8);
    if (!std::isfinite(number))
      continue;
    std::string text = formatDouble(number);
    EXPECT_EQ(strtod(text.c_str(), nullptr), number) << text;
    char longer[64];
    snprintf(longer, sizeof longer, "%.30e", number);
    EXPECT_EQ(parsed(longer), number) << longer;
  }
}

// Half-way cases are told apart by their last digit.
TEST(Strings, tiesAreToEven) {
  std::string tie = "9007199254740993"; // 2^53 + 1
  EXPECT_EQ(parsed(tie), 9007199254740992.0);
  EXPECT_EQ(parsed(tie + "." + std::string(5000, '0') + "1"), 9007199254740994.0);
  EXPECT_EQ(parsed("9007199254740995"), 9007199254740996.0);
}

TEST(Strings, refusesWhatIsNoNumber) {
  double result;
  for (const char *text : {"", " ", "x", "1e", "1e+", ".", "-", "1 2", "0x10", "1.5.2",
                           "nanx", "infinit", "--1", "1e5e5"})
    EXPECT_EQ(parseDouble(text, result), GRAPHOPT_BAD_DATA) << text;
  EXPECT_EQ(parsed("1" + std::string(100000, '0')), INFINITY);
  EXPECT_EQ(parsed("0." + std::string(100000, '0') + "1"), 0);
  EXPECT_EQ(parsed("1e99999999999999999999"), INFINITY);
  EXPECT_EQ(parsed("1e-99999999999999999999"), 0);
}

TEST(Strings, integersHaveLimits) {
  auto parse = [](const char *text, int bits, bool isUnsigned) -> std::string {
    Lone r;
    int64_t result;
    graphopt_parse_integers(&r.run, 1, &text, bits, isUnsigned, &result);
    if (r.run.status)
      return "refused";
    const char *back;
    graphopt_format_integers(&r.run, 1, &result, bits, isUnsigned, &back);
    return back;
  };
  for (const char *text : {"-128", "127"})
    EXPECT_EQ(parse(text, 8, false), text);
  for (const char *text : {"-129", "128", "1.0", "", "1e2"})
    EXPECT_EQ(parse(text, 8, false), "refused") << text;
  EXPECT_EQ(parse("18446744073709551615", 64, true), "18446744073709551615");
  EXPECT_EQ(parse("18446744073709551616", 64, true), "refused");
  EXPECT_EQ(parse("-9223372036854775808", 64, false), "-9223372036854775808");
  EXPECT_EQ(parse("9223372036854775808", 64, false), "refused");
  EXPECT_EQ(parse("-1", 32, true), "refused");
  EXPECT_EQ(parse(" true ", 1, true), "True");
}

std::vector<Texts> split(const Texts &texts, const char *delimiter, int64_t most) {
  Lone r;
  std::vector<const char *> in = pointers(texts);
  std::vector<int64_t> counts(texts.size());
  int64_t width = graphopt_string_parts(&r.run, in.size(), in.data(), delimiter,
                                        most, counts.data());
  std::vector<const char *> parts(in.size() * width);
  graphopt_string_split(&r.run, in.size(), in.data(), delimiter, most, width,
                        parts.data());
  std::vector<Texts> result;
  for (size_t i = 0; i < in.size(); ++i) {
    result.emplace_back(parts.begin() + i * width, parts.begin() + i * width + counts[i]);
    for (int64_t k = counts[i]; k < width; ++k)
      EXPECT_STREQ(parts[i * width + k], "");
  }
  return result;
}

TEST(Strings, splitsAsPythonDoes) {
  EXPECT_EQ(split({"a,b,,c", "", ","}, ",", -1),
            (std::vector<Texts>{{"a", "b", "", "c"}, {""}, {"", ""}}));
  EXPECT_EQ(split({" a  b c ", "", "  "}, "", -1),
            (std::vector<Texts>{{"a", "b", "c"}, {}, {}}));
  EXPECT_EQ(split({" a  b c "}, "", 1), (std::vector<Texts>{{"a", "b c "}}));
  EXPECT_EQ(split({"a,b,c"}, ",", 1), (std::vector<Texts>{{"a", "b,c"}}));
  EXPECT_EQ(split({"aaa"}, "aa", -1), (std::vector<Texts>{{"", "a"}}));
  EXPECT_EQ(split({}, ",", -1), std::vector<Texts>());
}

TEST(Strings, ranksAndFinds) {
  Texts texts = {"b", "", "a", "b", "ab", "ä"}, keys = {"", "a", "b"};
  Lone r;
  std::vector<int64_t> ranks(6), places(6);
  graphopt_string_rank(&r.run, 6, pointers(texts).data(), ranks.data());
  EXPECT_EQ(ranks, (std::vector<int64_t>{3, 0, 1, 3, 2, 4}));
  graphopt_string_find(&r.run, 6, pointers(texts).data(), 3, pointers(keys).data(),
                       places.data());
  EXPECT_EQ(places, (std::vector<int64_t>{2, 0, 1, 2, 3, 3}));
}

// One block with the bytes in it, and the run fails if there is none.
TEST(Strings, resultIsOneBlock) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  context.allocate = [](void *allocator, size_t) -> void * { return allocator; };
  context.release = [](void *, void *) {};
  alignas(64) char block[256];
  int64_t extents[2] = {1, 2}, dims[2];
  graphopt_tensor output = {nullptr, dims, 2, GRAPHOPT_STRING};
  graphopt_run run = {&context, &output, nullptr, 0, 0};
  const char *strings[] = {"one", "zwei"};
  graphopt_set_strings(&run, 0, strings, 2, extents);
  EXPECT_EQ(run.status, GRAPHOPT_OUT_OF_MEMORY);
  context.allocator = block;
  run.status = GRAPHOPT_OK;
  graphopt_set_strings(&run, 0, strings, 2, extents);
  EXPECT_EQ(run.status, GRAPHOPT_OK);
  auto **results = static_cast<char **>(output.data);
  EXPECT_EQ(output.data, block);
  EXPECT_EQ(results[0], block + 16);
  EXPECT_STREQ(results[0], "one");
  EXPECT_STREQ(results[1], "zwei");
  EXPECT_EQ(dims[1], 2);
}

} // namespace
