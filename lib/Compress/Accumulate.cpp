//===- Accumulate.cpp - From the tensors of a run to statistics -----------===//

#include "graphopt/Compress/Statistics.h"
#include <Eigen/Core>
#include <cmath>
#include <fmt/format.h>

using namespace graphopt;

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

//===----------------------------------------------------------------------===//
// Histogram
//===----------------------------------------------------------------------===//

void Histogram::grow(double magnitude) {
  if (limit == 0)
    limit = std::exp2(std::ceil(std::log2(std::max(magnitude, 1e-30))));
  constexpr size_t half = binCount / 2;
  while (magnitude >= limit) {
    std::vector<double> wider(binCount, 0.0);
    for (size_t i = 0; i < binCount; ++i)
      wider[half / 2 + i / 2] += bins[i];
    bins = std::move(wider);
    limit *= 2;
  }
}

void Histogram::add(double value) {
  if (double magnitude = std::abs(value); limit == 0 || magnitude >= limit)
    grow(magnitude);
  bins[size_t((value + limit) / (2 * limit) * binCount)] += 1;
}

double Histogram::percentile(double p) const {
  double total = 0;
  for (double bin : bins)
    total += bin;
  double wanted = p * total, below = 0, width = 2 * limit / binCount;
  for (size_t i = 0; i < binCount; ++i) {
    if (bins[i] > 0 && below + bins[i] >= wanted)
      return -limit + (double(i) + (wanted - below) / bins[i]) * width;
    below += bins[i];
  }
  return limit;
}

//===----------------------------------------------------------------------===//
// Rows and channels
//===----------------------------------------------------------------------===//

namespace {
/// A tensor as rows of channels: element (o, c, i) of outer x channels x inner is
/// channel c of row o * inner + i.
struct RowView {
  int64_t outer = 1, channels = 1, inner = 1;

  RowView(llvm::ArrayRef<int64_t> dims, int64_t axis) {
    if (dims.empty())
      return;
    if (axis < 0)
      axis += int64_t(dims.size());
    for (int64_t i = 0; i < int64_t(dims.size()); ++i)
      (i < axis ? outer : i == axis ? channels : inner) *= dims[i];
  }
  int64_t rows() const { return outer * inner; }
};
} // namespace

/// The rows that are kept, as doubles.
static Matrix toRows(const HostTensor &tensor, const RowView &view,
                     llvm::ArrayRef<uint8_t> keep) {
  if (int64_t(keep.size()) != view.rows())
    keep = {};
  int64_t kept = keep.empty() ? view.rows() : llvm::count_if(keep, [](uint8_t flag) { return flag; });
  Matrix rows(kept, view.channels);
  visitDType(tensor.dtype(), [&](auto type) {
    auto elements = tensor.elements<decltype(type)>();
    int64_t to = 0;
    for (int64_t row = 0; row < view.rows(); ++row) {
      if (!keep.empty() && !keep[row])
        continue;
      int64_t from = row / view.inner * view.channels * view.inner +
                     row % view.inner;
      for (int64_t c = 0; c < view.channels; ++c)
        rows(to, c) = toDouble(elements[from + c * view.inner]);
      ++to;
    }
  });
  return rows;
}

static void summarize(ValueStatistics &to, const Matrix &rows) {
  for (double value : llvm::ArrayRef(rows.data(), rows.size())) {
    if (!std::isfinite(value)) {
      ++to.nonFinite;
      continue;
    }
    to.min = to.count == 0 ? value : std::min(to.min, value);
    to.max = to.count == 0 ? value : std::max(to.max, value);
    ++to.count;
    to.sum += value;
    to.histogram.add(value);
  }
}

static void addChannels(ValueStatistics &to, const Matrix &rows) {
  to.channelSum.resize(to.channels, 0);
  to.channelSquares.resize(to.channels, 0);
  to.channelMin.resize(to.channels, HUGE_VAL);
  to.channelMax.resize(to.channels, -HUGE_VAL);
  for (int64_t r = 0; r < rows.rows(); ++r)
    for (int64_t c = 0; c < to.channels; ++c) {
      double value = rows(r, c);
      to.channelSum[c] += value;
      to.channelSquares[c] += value * value;
      to.channelMin[c] = std::min(to.channelMin[c], value);
      to.channelMax[c] = std::max(to.channelMax[c], value);
    }
}

/// to += a' a: half of it, then the mirror image.
static void addSquare(std::vector<double> &to, const Matrix &a) {
  to.resize(a.cols() * a.cols(), 0);
  Eigen::Map<Matrix> sum(to.data(), a.cols(), a.cols());
  sum.selfadjointView<Eigen::Lower>().rankUpdate(a.transpose());
  sum.triangularView<Eigen::StrictlyUpper>() = sum.transpose();
}

/// to += a' b
static void addProduct(std::vector<double> &to, const Matrix &a,
                       const Matrix &b) {
  to.resize(a.cols() * b.cols(), 0);
  Eigen::Map<Matrix>(to.data(), a.cols(), b.cols()).noalias() +=
      a.transpose() * b;
}

llvm::Error ValueStatistics::add(const HostTensor &tensor, int64_t channelAxis,
                                 llvm::ArrayRef<uint8_t> keep) {
  RowView view(tensor.dims(), channelAxis);
  Matrix values = toRows(tensor, view, keep);
  if (kinds & Summary)
    summarize(*this, values);
  if (!(kinds & (Channels | Gram)))
    return llvm::Error::success();
  if (rows > 0 && channels != view.channels)
    return llvm::createStringError(
        fmt::format("it has {} channels in one run and {} in another",
                    channels, view.channels));
  channels = view.channels;
  rows += values.rows();
  addChannels(*this, values);
  if (kinds & Gram)
    addSquare(gram, values);
  return llvm::Error::success();
}

llvm::Error ValueStatistics::addCross(const HostTensor &x, const HostTensor &y,
                                      llvm::StringRef name,
                                      llvm::ArrayRef<uint8_t> keep) {
  Matrix xRows = toRows(x, RowView(x.dims(), -1), keep);
  Matrix yRows = toRows(y, RowView(y.dims(), -1), keep);
  if (xRows.rows() != yRows.rows())
    return llvm::createStringError(
        fmt::format("it has {} rows, but '{}' has {}", xRows.rows(), name.str(),
                    yRows.rows()));
  channels = xRows.cols();
  addProduct(cross[name.str()], xRows, yRows);
  return llvm::Error::success();
}

llvm::Error ValueStatistics::addCosines(const HostTensor &x, const HostTensor &y,
                                        int64_t channelAxis, llvm::StringRef name,
                                        llvm::ArrayRef<uint8_t> keep) {
  if (x.dims() != y.dims())
    return llvm::createStringError("it has another shape than '" + name + "'");
  Matrix xRows = toRows(x, RowView(x.dims(), channelAxis), keep);
  Matrix yRows = toRows(y, RowView(y.dims(), channelAxis), keep);
  RowCosines &to = cosines[name.str()];
  for (int64_t row = 0; row < xRows.rows(); ++row) {
    double norms = xRows.row(row).norm() * yRows.row(row).norm();
    to.sum += norms > 0 ? xRows.row(row).dot(yRows.row(row)) / norms : 0;
  }
  to.rows += double(xRows.rows());
  return llvm::Error::success();
}
