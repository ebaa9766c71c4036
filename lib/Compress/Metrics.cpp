#include "graphopt/Compress/Metrics.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace graphopt;
using llvm::StringRef;
namespace json = llvm::json;

static std::vector<double> toDoubles(const HostTensor &tensor) {
  std::vector<double> values;
  values.reserve(tensor.elementCount());
  visitDType(tensor.dtype(), [&](auto type) {
    for (auto value : tensor.elements<decltype(type)>())
      values.push_back(toDouble(value));
  });
  return values;
}

static double dot(llvm::ArrayRef<double> x, llvm::ArrayRef<double> y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

double graphopt::cosine(llvm::ArrayRef<double> x, llvm::ArrayRef<double> y) {
  double norms = std::sqrt(dot(x, x)) * std::sqrt(dot(y, y));
  if (!std::isfinite(norms))
    return x == y;
  if (norms > 0)
    return dot(x, y) / norms;
  return dot(x, x) == dot(y, y) ? 1 : 0;
}

/// Calls `visit` with each row that is kept.
static void forEachRow(llvm::ArrayRef<double> values, size_t width,
                       llvm::ArrayRef<uint8_t> keep,
                       llvm::function_ref<void(llvm::ArrayRef<double>)> visit) {
  size_t rows = width > 0 ? values.size() / width : 0;
  bool isMasked = keep.size() == rows;
  for (size_t row = 0; row < rows; ++row)
    if (!isMasked || keep[row])
      visit(values.slice(row * width, width));
}

static size_t rowWidth(const HostTensor &tensor) {
  return tensor.dims().empty() ? 1 : size_t(tensor.dims().back());
}

static std::vector<llvm::ArrayRef<double>>
listRows(llvm::ArrayRef<double> values, size_t width,
         llvm::ArrayRef<uint8_t> keep) {
  std::vector<llvm::ArrayRef<double>> rows;
  forEachRow(values, width, keep,
             [&](llvm::ArrayRef<double> row) { rows.push_back(row); });
  return rows;
}

/// 0 where both are the same infinity or NaN, infinite where only one is.
static double difference(double value, double original) {
  if (value == original || (std::isnan(value) && std::isnan(original)))
    return 0;
  double result = std::abs(value - original);
  return std::isnan(result) ? HUGE_VAL : result;
}

OutputAgreement graphopt::compareRows(const HostTensor &value,
                                      const HostTensor &original,
                                      llvm::ArrayRef<uint8_t> keep) {
  OutputAgreement result;
  std::vector<double> left = toDoubles(value), right = toDoubles(original);
  if (left.size() != right.size()) {
    result.noise = result.maxAbs = HUGE_VAL;
    return result;
  }
  size_t width = rowWidth(original);
  auto leftRows = listRows(left, width, keep);
  auto rightRows = listRows(right, width, keep);
  for (auto [x, y] : llvm::zip_equal(leftRows, rightRows)) {
    ++result.rows;
    result.cosine += cosine(x, y);
    result.signal += dot(y, y);
    for (auto [a, b] : llvm::zip_equal(x, y)) {
      double error = difference(a, b);
      result.noise += error * error;
      result.maxAbs = std::max(result.maxAbs, error);
    }
    result.sameTop1 += std::max_element(x.begin(), x.end()) - x.begin() ==
                       std::max_element(y.begin(), y.end()) - y.begin();
  }
  return result;
}

/// Logarithms of the probabilities; of nothing at least `least` of 1.
static std::vector<double> logProbabilities(llvm::ArrayRef<double> row,
                                            RowKind kind) {
  constexpr double least = 1e-12;
  std::vector<double> logs(row);
  if (kind == RowKind::Probabilities)
    for (double &number : logs)
      number = std::log(std::max(number, least));
  double most = *llvm::max_element(logs), sum = 0;
  for (double number : logs)
    sum += std::exp(number - most);
  for (double &number : logs)
    number -= most + std::log(sum);
  return logs;
}

double graphopt::measureDivergence(const HostTensor &value,
                                   const HostTensor &original, RowKind kind,
                                   llvm::ArrayRef<uint8_t> keep) {
  std::vector<double> left = toDoubles(value), right = toDoubles(original);
  if (left.size() != right.size())
    return HUGE_VAL;
  size_t width = rowWidth(original);
  auto leftRows = listRows(left, width, keep);
  auto rightRows = listRows(right, width, keep);
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(leftRows, rightRows)) {
    std::vector<double> now = logProbabilities(x, kind);
    std::vector<double> before = logProbabilities(y, kind);
    for (auto [a, b] : llvm::zip_equal(now, before))
      if (double share = std::exp(b); share > 0 && a != b)
        sum += share * (b - a);
      else if (std::isnan(share))
        return HUGE_VAL;
  }
  return std::isnan(sum) ? HUGE_VAL : sum;
}

Estimate graphopt::bootstrap(llvm::ArrayRef<double> numerators,
                             llvm::ArrayRef<double> denominators) {
  size_t count = numerators.size();
  double above = std::accumulate(numerators.begin(), numerators.end(), 0.0);
  double below = std::accumulate(denominators.begin(), denominators.end(), 0.0);
  if (count == 0 || below == 0)
    return {};
  constexpr int drawings = 1000;
  std::mt19937_64 random(0);
  std::vector<double> means;
  for (int i = 0; i < drawings; ++i) {
    double n = 0, d = 0;
    for (size_t j = 0; j < count; ++j) {
      size_t drawn = random() % count;
      n += numerators[drawn];
      d += denominators[drawn];
    }
    means.push_back(d > 0 ? n / d : 0);
  }
  std::sort(means.begin(), means.end());
  return {above / below, means[drawings * 25 / 1000],
          means[drawings * 975 / 1000 - 1]};
}

/// 1-based ranks; equal values have the mean of theirs.
static std::vector<double> rank(llvm::ArrayRef<double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin; end < order.size() &&
                      values[order[end]] == values[order[begin]];)
      ++end;
    for (size_t i = begin; i < end; ++i)
      ranks[order[i]] = double(begin + end + 1) / 2;
  }
  return ranks;
}

double graphopt::spearman(llvm::ArrayRef<double> x, llvm::ArrayRef<double> y) {
  auto centredRanks = [](llvm::ArrayRef<double> values) {
    std::vector<double> ranks = rank(values);
    for (double &value : ranks)
      value -= double(values.size() + 1) / 2;
    return ranks;
  };
  std::vector<double> rankX = centredRanks(x), rankY = centredRanks(y);
  double norms = std::sqrt(dot(rankX, rankX)) * std::sqrt(dot(rankY, rankY));
  return norms > 0 ? dot(rankX, rankY) / norms : 0;
}

/// Rows of all samples, at most `most`.
static std::vector<std::vector<double>>
collectRows(llvm::ArrayRef<const HostTensor *> tensors,
            llvm::ArrayRef<std::vector<uint8_t>> keep, size_t most) {
  std::vector<std::vector<double>> rows;
  for (auto [tensor, flags] : llvm::zip_equal(tensors, keep)) {
    if (rows.size() >= most)
      break;
    std::vector<double> values = toDoubles(*tensor);
    forEachRow(values, rowWidth(*tensor),
               flags,
               [&](llvm::ArrayRef<double> row) {
                 if (rows.size() < most)
                   rows.push_back(row.vec());
               });
  }
  return rows;
}

static std::vector<double>
similarities(llvm::ArrayRef<std::vector<double>> rows) {
  std::vector<double> result;
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      result.push_back(rows[i].size() == rows[j].size()
                           ? cosine(rows[i], rows[j])
                           : 0);
  return result;
}

OutputMetrics
graphopt::summarizeSamples(llvm::ArrayRef<OutputAgreement> samples) {
  std::vector<double> cosines, top1, rows;
  OutputMetrics metrics;
  double signal = 0, noise = 0, total = 0;
  for (const OutputAgreement &sample : samples) {
    cosines.push_back(sample.cosine);
    top1.push_back(sample.sameTop1);
    rows.push_back(sample.rows);
    signal += sample.signal;
    noise += sample.noise;
    total += sample.rows;
    metrics.maxAbs = std::max(metrics.maxAbs, sample.maxAbs);
  }
  metrics.cosine = bootstrap(cosines, rows);
  metrics.top1 = bootstrap(top1, rows);
  metrics.sqnrDb = std::isinf(noise) ? -HUGE_VAL
                   : noise > 0       ? 10 * std::log10(signal / noise)
                                     : HUGE_VAL;
  metrics.samples = int64_t(samples.size());
  metrics.rows = int64_t(total);
  return metrics;
}

OutputMetrics
graphopt::measureOutput(llvm::ArrayRef<const HostTensor *> values,
                        llvm::ArrayRef<const HostTensor *> originals,
                        llvm::ArrayRef<std::vector<uint8_t>> keep) {
  std::vector<OutputAgreement> samples;
  for (auto [value, original, flags] :
       llvm::zip_equal(values, originals, keep))
    samples.push_back(compareRows(*value, *original, flags));
  OutputMetrics metrics = summarizeSamples(samples);
  constexpr size_t mostRows = 400;
  metrics.spearman = spearman(similarities(collectRows(values, keep, mostRows)),
                              similarities(collectRows(originals, keep, mostRows)));
  return metrics;
}

json::Object Estimate::toJson() const {
  return json::Object{{"mean", mean}, {"low", low}, {"high", high}};
}

static json::Value finiteOrNull(double value) {
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

json::Object OutputMetrics::toJson() const {
  return json::Object{{"samples", samples},
                      {"rows", rows},
                      {"cosine", cosine.toJson()},
                      {"top1", top1.toJson()},
                      {"spearman", spearman},
                      {"sqnr_db", finiteOrNull(sqnrDb)},
                      {"max_abs", finiteOrNull(maxAbs)}};
}

static Estimate readEstimate(const json::Object *object) {
  auto get = [&](StringRef name) {
    return object ? object->getNumber(name).value_or(NAN) : NAN;
  };
  return {get("mean"), get("low"), get("high")};
}

OutputMetrics OutputMetrics::fromJson(const json::Object &object) {
  OutputMetrics metrics;
  metrics.samples = object.getInteger("samples").value_or(0);
  metrics.rows = object.getInteger("rows").value_or(0);
  metrics.cosine = readEstimate(object.getObject("cosine"));
  metrics.top1 = readEstimate(object.getObject("top1"));
  metrics.spearman = object.getNumber("spearman").value_or(0);
  metrics.maxAbs = object.getNumber("max_abs").value_or(HUGE_VAL);
  metrics.sqnrDb = object.getNumber("sqnr_db").value_or(
      std::isinf(metrics.maxAbs) ? -HUGE_VAL : HUGE_VAL);
  return metrics;
}
