//===- Quantize.cpp - Weights on grids of integers ------------------------===//

#include "graphopt/Compress/Quantize.h"
#include "SecondOrder.h"
#include <cmath>

using namespace graphopt;

static constexpr double leastScale = 1e-30;

namespace {
/// Where one group of one output's weights may be.
struct Grid {
  float scale = 1;
  int zero = 0, low = -127, high = 127;

  int find(double weight) const {
    double integer = std::nearbyint(weight / scale) + zero;
    return int(std::min(std::max(integer, double(low)), double(high)));
  }
  double restore(int integer) const { return double(integer - zero) * scale; }
  double round(double weight) const { return restore(find(weight)); }
};

/// The weights of a group and output; rows that lie `stride` apart.
struct Range {
  const double *first;
  int64_t rows, stride, places;

  template <typename Visit> void visit(Visit &&each) const {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t place = 0; place < places; ++place)
        each(first[row * stride + place]);
  }
};
} // namespace

static Grid makeGrid(WeightType type, double low, double high) {
  Grid grid;
  double levels = 254;
  if (type == WeightType::U4) {
    grid.low = 0;
    grid.high = 15;
    levels = 15;
  } else {
    high = std::max(-low, high);
    low = -high;
    if (type == WeightType::I4) {
      grid.low = -8;
      grid.high = 7;
      levels = 14;
    }
  }
  if (double scale = (high - low) / levels; scale >= leastScale)
    grid.scale = float(scale);
  if (type == WeightType::U4)
    grid.zero = int(std::clamp(std::nearbyint(-low / grid.scale), 0.0, 15.0));
  return grid;
}

/// From the least to the greatest weight; of 4 bits the part of that with the least
/// error.
static Grid fitGrid(WeightType type, const Range &range) {
  double low = 0, high = 0;
  range.visit([&](double weight) {
    low = std::min(low, weight);
    high = std::max(high, weight);
  });
  Grid best = makeGrid(type, low, high);
  if (type == WeightType::S8)
    return best;
  double least = HUGE_VAL;
  for (int percent = 100; percent >= 70; percent -= 3) {
    Grid grid = makeGrid(type, low * percent / 100, high * percent / 100);
    double error = 0;
    range.visit([&](double weight) {
      error += std::pow(grid.round(weight) - weight, 2);
    });
    if (error < least) {
      least = error;
      best = grid;
    }
  }
  return best;
}

namespace {
/// The grids of a matrix, filled group by group.
class Grids {
public:
  Grids(const DenseWeights &weights, const WeightGrid &options)
      : options(options), rows(int64_t(weights.elements.size()) / weights.columns),
        columns(weights.columns), places(weights.places),
        size(options.group > 0 ? std::min(options.group, rows) : rows) {
    size = std::max<int64_t>(size, 1);
    grids.resize(groups() * outputs());
  }

  int64_t groups() const { return (rows + size - 1) / size; }
  int64_t outputs() const { return columns / places; }
  int64_t groupSize() const { return size; }

  /// Fits those of the group that begins with row `begin`.
  void fit(const double *elements, int64_t begin) {
    if (options.perTensor) {
      Grid grid = fitGrid(options.type, {elements, rows, columns, columns});
      std::fill(grids.begin(), grids.end(), grid);
      return;
    }
    int64_t count = std::min(size, rows - begin);
    const double *first = elements + begin * columns;
    for (int64_t output = 0; output < outputs(); ++output)
      grids[begin / size * outputs() + output] = fitGrid(
          options.type, {first + output * places, count, columns, places});
  }
  const Grid &get(int64_t row, int64_t column) const {
    return grids[row / size * outputs() + column / places];
  }

  /// `matrix` has numbers on the grids.
  QuantizedWeights take(const double *matrix) const {
    QuantizedWeights weights;
    weights.groups = groups();
    for (const Grid &grid : grids) {
      weights.scales.push_back(grid.scale);
      if (options.type == WeightType::U4)
        weights.zeros.push_back(int8_t(grid.zero));
    }
    if (options.perTensor)
      weights.scales.resize(std::min<size_t>(weights.scales.size(), 1));
    for (int64_t i = 0; i < rows * columns; ++i) {
      const Grid &grid = get(i / columns, i % columns);
      weights.integers.push_back(int8_t(grid.find(matrix[i])));
      weights.restored.push_back(grid.restore(weights.integers.back()));
    }
    return weights;
  }

private:
  WeightGrid options;
  int64_t rows, columns, places, size;
  std::vector<Grid> grids;
};
} // namespace

QuantizedWeights graphopt::quantizeNearest(const DenseWeights &weights,
                                           const WeightGrid &grid) {
  Grids grids(weights, grid);
  for (int64_t group = 0; group < grids.groups(); ++group)
    grids.fit(weights.elements.data(), group * grids.groupSize());
  return grids.take(weights.elements.data());
}

QuantizedWeights graphopt::quantizeBySecondOrder(const Product &product,
                                                 const DenseWeights &weights,
                                                 const WeightGrid &grid,
                                                 double damping,
                                                 llvm::ArrayRef<float> factors) {
  Moments moments(product.input);
  if (!factors.empty())
    moments.scale(factors);
  Matrix old = toMatrix(weights), matrix = old;
  Matrix factor = factorInverse(moments.covariance, damping);
  Grids grids(weights, grid);
  // Without groups all grids are those of the weights as they were.
  constexpr int64_t atOnce = 128;
  changeRows(
      matrix, factor, grid.group > 0 ? grids.groupSize() : atOnce,
      [&](int64_t begin, int64_t) {
        if (grid.group > 0 || begin == 0)
          grids.fit(matrix.data(), begin);
      },
      [&](int64_t row) {
        Eigen::RowVectorXd rounded = matrix.row(row);
        for (int64_t column = 0; column < rounded.size(); ++column)
          rounded[column] = grids.get(row, column).round(rounded[column]);
        return rounded;
      });
  if (!matrix.allFinite())
    return quantizeNearest(weights, grid);
  QuantizedWeights quantized = grids.take(matrix.data());
  Eigen::RowVectorXd bias = moments.mean.transpose() * (old - matrix);
  quantized.bias.assign(bias.data(), bias.data() + bias.size());
  return quantized;
}

std::vector<float> graphopt::smoothingFactors(llvm::ArrayRef<double> largest,
                                              llvm::ArrayRef<double> weights,
                                              double alpha) {
  constexpr double least = 1e-5;
  std::vector<float> factors;
  for (auto [input, row] : llvm::zip_equal(largest, weights)) {
    double range = std::pow(std::max(input, least), alpha) /
                   std::pow(std::max(row, least), 1 - alpha);
    factors.push_back(float(1 / std::max(range, least)));
  }
  return factors;
}
