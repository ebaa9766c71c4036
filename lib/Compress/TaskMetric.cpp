#include "graphopt/Compress/TaskMetric.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <random>

using namespace graphopt;

llvm::StringRef graphopt::metricName(MetricOptions::Kind kind) {
  return kind == MetricOptions::Spearman ? "spearman" : "accuracy";
}

namespace {
/// A tensor as rows along its last dimension, several of them an item of its first.
struct Rows {
  explicit Rows(const HostTensor &tensor, llvm::ArrayRef<uint8_t> flags) {
    visitDType(tensor.dtype(), [&](auto type) {
      for (auto value : tensor.elements<decltype(type)>())
        values.push_back(toDouble(value));
    });
    llvm::ArrayRef<int64_t> dims = tensor.dims();
    items = dims.empty() ? 1 : dims.front();
    width = dims.size() < 2 ? 1 : dims.back();
    count = width > 0 ? int64_t(values.size()) / width : 0;
    if (int64_t(flags.size()) == count)
      keep = flags;
  }
  llvm::ArrayRef<double> row(int64_t i) const {
    return llvm::ArrayRef(values).slice(i * width, width);
  }
  bool isKept(int64_t i) const { return keep.empty() || keep[i]; }

  /// One row for each item.
  std::vector<std::vector<double>> pool(MetricOptions::Pool kind) const {
    std::vector<std::vector<double>> pooled;
    int64_t each = items > 0 ? count / items : 0;
    for (int64_t item = 0; item < items; ++item) {
      std::vector<double> sum(width, 0.0);
      int64_t last = kind == MetricOptions::First ? std::min<int64_t>(each, 1) : each;
      double rows = 0;
      for (int64_t i = item * each; i < item * each + last; ++i) {
        if (kind == MetricOptions::Mean && !isKept(i))
          continue;
        for (auto [to, value] : llvm::zip_equal(sum, row(i)))
          to += value;
        ++rows;
      }
      for (double &value : sum)
        value /= std::max(rows, 1.0);
      pooled.push_back(std::move(sum));
    }
    return pooled;
  }

  std::vector<double> values;
  int64_t items, width, count;
  llvm::ArrayRef<uint8_t> keep;
};
} // namespace

static llvm::Error addSimilarities(TaskScores &to, const Rows &output,
                                   llvm::ArrayRef<double> labels,
                                   MetricOptions::Pool pool) {
  size_t count = labels.size(), items = size_t(output.items);
  bool isScore = items == count && output.width == 1;
  if (!isScore && items != 2 * count)
    return llvm::createStringError(
        fmt::format("there are {} labels, but {} items of {} elements: as many "
                    "scores or twice as many vectors are needed",
                    count, items, output.width));
  std::vector<std::vector<double>> vectors = output.pool(pool);
  for (size_t i = 0; i < count; ++i)
    to.predicted.push_back(isScore ? vectors[i].front()
                                   : cosine(vectors[i], vectors[i + count]));
  llvm::append_range(to.labels, labels);
  return llvm::Error::success();
}

static llvm::Error addHits(TaskScores &to, const Rows &output,
                           llvm::ArrayRef<double> labels) {
  if (output.count != int64_t(labels.size()))
    return llvm::createStringError(fmt::format(
        "there are {} labels, but {} rows", labels.size(), output.count));
  for (int64_t i = 0; i < output.count; ++i) {
    if (labels[i] < 0 || !output.isKept(i) || output.width == 0)
      continue;
    llvm::ArrayRef<double> row = output.row(i);
    to.predicted.push_back(double(llvm::max_element(row) - row.begin()));
    to.labels.push_back(labels[i]);
  }
  return llvm::Error::success();
}

llvm::Error TaskScores::add(const HostTensor &output, const HostTensor &labels,
                            llvm::ArrayRef<uint8_t> keep,
                            const MetricOptions &options) {
  Rows given(labels, {}), rows(output, keep);
  return options.kind == MetricOptions::Spearman
             ? addSimilarities(*this, rows, given.values, options.pool)
             : addHits(*this, rows, given.values);
}

double graphopt::measureTask(const TaskScores &scores, MetricOptions::Kind kind) {
  if (kind == MetricOptions::Spearman)
    return spearman(scores.predicted, scores.labels);
  double hits = 0;
  for (auto [predicted, label] : llvm::zip_equal(scores.predicted, scores.labels))
    hits += predicted == label;
  return scores.labels.empty() ? 0 : hits / double(scores.labels.size());
}

static TaskScores draw(const TaskScores &from, llvm::ArrayRef<size_t> chosen) {
  TaskScores drawn;
  for (size_t i : chosen) {
    drawn.predicted.push_back(from.predicted[i]);
    drawn.labels.push_back(from.labels[i]);
  }
  return drawn;
}

static Estimate summarize(double mean, std::vector<double> drawings) {
  llvm::sort(drawings);
  size_t count = drawings.size();
  return {mean, drawings[count * 25 / 1000], drawings[count * 975 / 1000 - 1]};
}

TaskComparison graphopt::compareTask(const TaskScores &scores,
                                     const TaskScores &original,
                                     MetricOptions::Kind kind) {
  double value = measureTask(scores, kind);
  double difference = value - measureTask(original, kind);
  size_t count = scores.labels.size();
  if (count == 0)
    return {};
  constexpr int drawings = 1000;
  std::mt19937_64 random(0);
  std::vector<double> values, differences;
  for (int i = 0; i < drawings; ++i) {
    std::vector<size_t> chosen(count);
    for (size_t &index : chosen)
      index = random() % count;
    values.push_back(measureTask(draw(scores, chosen), kind));
    differences.push_back(values.back() -
                          measureTask(draw(original, chosen), kind));
  }
  return {summarize(value, std::move(values)),
          summarize(difference, std::move(differences))};
}
