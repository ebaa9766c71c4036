//===- Calibrate.cpp - From what was seen of a tensor to a grid of bytes --===//

#include "graphopt/Compress/Quantize.h"
#include <cmath>

using namespace graphopt;

double ByteGrid::round(double value) const {
  double byte = std::nearbyint(value / scale) + double(zero);
  return (std::min(std::max(byte, 0.0), 255.0) - double(zero)) * scale;
}

ByteGrid graphopt::makeByteGrid(double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  ByteGrid grid;
  if (float scale = float((high - low) / 255); scale >= 1e-30f)
    grid.scale = scale;
  grid.zero = std::clamp<int64_t>(std::llround(-low / grid.scale), 0, 255);
  return grid;
}

float graphopt::makeWordScale(const ByteGrid &bytes) {
  return float(std::max(bytes.zero, 255 - bytes.zero)) * bytes.scale / 32767;
}

/// The shares at both ends, or at the upper one if nothing is negative.
static ByteGrid cutShares(const ValueStatistics &seen, double percentile) {
  double cut = 1 - percentile / 100;
  double low = 0, high = seen.histogram.percentile(1 - cut);
  if (seen.min < 0) {
    low = seen.histogram.percentile(cut / 2);
    high = seen.histogram.percentile(1 - cut / 2);
  }
  return makeByteGrid(std::max(low, seen.min), std::min(high, seen.max));
}

/// Of numbers spread evenly over each bin; what is at 0 is taken to be 0.
static double sumSquaredErrors(const Histogram &histogram, const ByteGrid &grid) {
  constexpr int points = 4;
  constexpr size_t half = Histogram::binCount / 2;
  double width = histogram.limit / half, sum = 0;
  for (size_t i = 0; i < Histogram::binCount; ++i) {
    if (histogram.bins[i] == 0 || i == half)
      continue;
    double square = 0;
    for (int point = 0; point < points; ++point) {
      double value = (double(i) - double(half) + (point + 0.5) / points) * width;
      square += std::pow(grid.round(value) - value, 2);
    }
    sum += histogram.bins[i] * square / points;
  }
  return sum;
}

static ByteGrid minimizeError(const ValueStatistics &seen) {
  ByteGrid best;
  double least = HUGE_VAL;
  for (int percent = 100; percent >= 10; percent -= 2) {
    double share = percent / 100.0;
    ByteGrid grid = makeByteGrid(seen.min * share, seen.max * share);
    double error = sumSquaredErrors(seen.histogram, grid);
    if (error < least) {
      least = error;
      best = grid;
    }
  }
  return best;
}

/// How far the distribution of magnitudes cut at bin `end` is from itself in 128
/// levels, as Kullback and Leibler measure it.
static double measureDivergence(llvm::ArrayRef<double> magnitudes, size_t end) {
  constexpr size_t levels = 128;
  std::vector<double> cut(magnitudes.begin(), magnitudes.begin() + end);
  for (double beyond : magnitudes.drop_front(end))
    cut.back() += beyond;
  std::vector<double> coarse(end, 0);
  double total = 0, coarseTotal = 0;
  for (size_t level = 0; level < levels; ++level) {
    size_t from = level * end / levels, to = (level + 1) * end / levels;
    double sum = 0, used = 0;
    for (size_t i = from; i < to; ++i) {
      sum += magnitudes[i];
      used += magnitudes[i] > 0;
    }
    for (size_t i = from; i < to; ++i)
      if (magnitudes[i] > 0)
        coarse[i] = sum / used;
    coarseTotal += sum;
  }
  for (double count : cut)
    total += count;
  double divergence = 0;
  for (size_t i = 0; i < end; ++i)
    if (double p = cut[i] / total; p > 0)
      divergence +=
          p * std::log(p / std::max(coarse[i] / std::max(coarseTotal, 1e-30), 1e-9));
  return divergence;
}

static ByteGrid minimizeDivergence(const ValueStatistics &seen) {
  constexpr size_t half = Histogram::binCount / 2, least = 128, step = 8;
  double width = seen.histogram.limit / half;
  std::vector<double> magnitudes(half);
  for (size_t i = 0; i < half; ++i)
    magnitudes[i] =
        seen.histogram.bins[half + i] + seen.histogram.bins[half - 1 - i];
  double largest = std::max(-seen.min, seen.max), best = HUGE_VAL;
  size_t used = std::min(half, size_t(largest / width) + 1);
  double limit = largest;
  for (size_t end = least; end <= used; end += step) {
    double divergence = measureDivergence(llvm::ArrayRef(magnitudes).take_front(used), end);
    if (divergence < best) {
      best = divergence;
      limit = double(end) * width;
    }
  }
  return makeByteGrid(std::max(seen.min, -limit), std::min(seen.max, limit));
}

ByteGrid graphopt::calibrate(const ValueStatistics &seen, Calibrator calibrator,
                             double percentile) {
  if (seen.count == 0)
    return {};
  switch (calibrator) {
  case Calibrator::MinMax:
    return makeByteGrid(seen.min, seen.max);
  case Calibrator::Percentile:
    return cutShares(seen, percentile);
  case Calibrator::Mse:
    return minimizeError(seen);
  case Calibrator::Entropy:
    return minimizeDivergence(seen);
  }
  return {};
}
