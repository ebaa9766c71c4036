#include "graphopt/Driver/Compare.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

using namespace graphopt;

static std::string describe(const HostTensor &tensor) {
  return fmt::format("{} {}", dtypeName(tensor.dtype()).str(),
                     formatDims(tensor.dims()));
}

/// Calls `visitor(i, double)` for each element.
template <typename Visitor>
static void forEachValue(const HostTensor &tensor, Visitor &&visitor) {
  visitDType(tensor.dtype(), [&](auto element) {
    size_t i = 0;
    for (auto value : tensor.elements<decltype(element)>())
      visitor(i++, toDouble(value));
  });
}

static std::vector<double> toDoubles(const HostTensor &tensor) {
  std::vector<double> values(tensor.elementCount());
  forEachValue(tensor, [&](size_t i, double value) { values[i] = value; });
  return values;
}

/// The exact largest difference, which doubles cannot tell for 64 bits.
static double maxIntegerDifference(const HostTensor &value,
                                   const HostTensor &reference) {
  return visitDType(value.dtype(), [&](auto element) -> double {
    using T = decltype(element);
    uint64_t largest = 0;
    if constexpr (std::is_integral_v<T>) {
      auto lhs = value.elements<T>(), rhs = reference.elements<T>();
      for (size_t i = 0; i < lhs.size(); ++i) {
        auto [low, high] = std::minmax(lhs[i], rhs[i]);
        largest = std::max(largest, uint64_t(high) - uint64_t(low));
      }
    }
    return double(largest);
  });
}

static double difference(double value, double reference) {
  if (value == reference || (std::isnan(value) && std::isnan(reference)))
    return 0;
  double result = std::abs(value - reference);
  return std::isnan(result) ? HUGE_VAL : result;
}

static Comparison compareStrings(const HostTensor &value,
                                 const HostTensor &reference) {
  Comparison result;
  auto actual = value.elements<Text>(), expected = reference.elements<Text>();
  for (size_t i = 0; i < actual.size() && result.passed; ++i)
    if (std::strcmp(actual[i].bytes, expected[i].bytes) != 0) {
      result.passed = false;
      result.problem = fmt::format("has '{}' as element {}, but the reference has '{}'",
                                   actual[i].bytes, i, expected[i].bytes);
    }
  return result;
}

Comparison graphopt::compareTensors(const HostTensor &value,
                                    const HostTensor &reference,
                                    Tolerance tolerance) {
  Comparison result;
  bool bothFloat = isFloat(value.dtype()) && isFloat(reference.dtype());
  if ((value.dtype() != reference.dtype() && !bothFloat) ||
      value.dims() != reference.dims()) {
    result.passed = false;
    result.problem = fmt::format("is {}, but the reference is {}",
                                 describe(value), describe(reference));
    return result;
  }
  if (value.dtype() == DType::String)
    return compareStrings(value, reference);
  std::vector<double> expected = toDoubles(reference);
  double scale = 0, dot = 0, valueNorm = 0, expectedNorm = 0;
  forEachValue(value, [&](size_t i, double actual) {
    result.maxAbs = std::max(result.maxAbs, difference(actual, expected[i]));
    if (!std::isfinite(expected[i]))
      return;
    scale = std::max(scale, std::abs(expected[i]));
    if (!std::isfinite(actual))
      return;
    dot += actual * expected[i];
    valueNorm += actual * actual;
    expectedNorm += expected[i] * expected[i];
  });
  if (!bothFloat && dtypeBytes(value.dtype()) == 8)
    result.maxAbs = maxIntegerDifference(value, reference);
  result.maxRel = scale > 0 ? result.maxAbs / scale : result.maxAbs;
  if (valueNorm > 0 && expectedNorm > 0)
    result.cosine = dot / (std::sqrt(valueNorm) * std::sqrt(expectedNorm));
  else
    result.cosine = valueNorm == expectedNorm ? 1 : 0;
  result.passed = bothFloat ? result.maxRel <= tolerance.relative
                            : result.maxAbs <= double(tolerance.integer);
  return result;
}

Summary graphopt::summarize(const HostTensor &tensor) {
  Summary result;
  double sum = 0;
  size_t count = 0;
  result.min = std::numeric_limits<double>::infinity();
  result.max = -result.min;
  forEachValue(tensor, [&](size_t, double value) {
    if (std::isnan(value)) {
      ++result.nans;
      return;
    }
    ++count;
    sum += value;
    result.min = std::min(result.min, value);
    result.max = std::max(result.max, value);
  });
  if (count == 0)
    result.min = result.max = 0;
  else
    result.mean = sum / double(count);
  return result;
}
