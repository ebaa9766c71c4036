#include "graphopt/Compress/Sparsify.h"
#include "SecondOrder.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cmath>
#include <numeric>

using namespace graphopt;

std::optional<SparsePattern> SparsePattern::parse(llvm::StringRef text) {
  SparsePattern pattern;
  if (text == "unstructured")
    return pattern;
  if (text.consume_front("1x"))
    return text.getAsInteger(10, pattern.block) || pattern.block < 1
               ? std::nullopt
               : std::optional(pattern);
  auto [keep, of] = text.split(':');
  if (keep.getAsInteger(10, pattern.keep) || of.getAsInteger(10, pattern.of) ||
      pattern.keep < 1 || pattern.of <= pattern.keep)
    return std::nullopt;
  return pattern;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// Sets `kept` to 1 where each column has its greatest of each `of` rows.
static void keepOfEach(const Matrix &scores, const SparsePattern &pattern,
                       Matrix &kept) {
  for (int64_t column = 0; column < scores.cols(); ++column)
    for (int64_t begin = 0; begin < scores.rows(); begin += pattern.of) {
      int64_t size = std::min(pattern.of, scores.rows() - begin);
      std::vector<int64_t> rows(size);
      std::iota(rows.begin(), rows.end(), begin);
      llvm::sort(rows, [&](int64_t a, int64_t b) {
        return std::pair(-scores(a, column), a) <
               std::pair(-scores(b, column), b);
      });
      for (int64_t row : llvm::ArrayRef(rows).take_front(pattern.keep))
        kept(row, column) = 1;
    }
}

/// Sets `kept` to 1 but for the least share `ratio` of all blocks.
static void keepMost(const Matrix &scores, const SparsePattern &pattern,
                     int64_t places, double ratio, Matrix &kept) {
  int64_t outputs = scores.cols() / places;
  int64_t across = (outputs + pattern.block - 1) / pattern.block;
  // Block b of a row: outputs from b / places * block on, at place b % places.
  Matrix sums = Matrix::Zero(scores.rows(), across * places);
  auto blockOf = [&](int64_t column) {
    return column / places / pattern.block * places + column % places;
  };
  for (int64_t row = 0; row < scores.rows(); ++row)
    for (int64_t column = 0; column < scores.cols(); ++column)
      sums(row, blockOf(column)) += scores(row, column);
  std::vector<int64_t> order(sums.size());
  std::iota(order.begin(), order.end(), 0);
  int64_t gone = std::llround(ratio * double(order.size()));
  auto isLess = [&](int64_t a, int64_t b) {
    return std::pair(sums.data()[a], a) < std::pair(sums.data()[b], b);
  };
  std::nth_element(order.begin(), order.begin() + gone, order.end(), isLess);
  Matrix keep = Matrix::Ones(sums.rows(), sums.cols());
  for (int64_t block : llvm::ArrayRef(order).take_front(gone))
    keep.data()[block] = 0;
  for (int64_t row = 0; row < scores.rows(); ++row)
    for (int64_t column = 0; column < scores.cols(); ++column)
      kept(row, column) = keep(row, blockOf(column));
}

/// 1 for each weight that stays, else 0.
static Matrix chooseKept(const Matrix &scores, const SparsePattern &pattern,
                         int64_t places, double ratio) {
  Matrix kept = Matrix::Zero(scores.rows(), scores.cols());
  if (pattern.of > 0)
    keepOfEach(scores, pattern, kept);
  else
    keepMost(scores, pattern, places, ratio, kept);
  return kept;
}

/// What stays, and zeros, of which none is negative.
template <typename Kept, typename Weights>
static Matrix select(const Kept &kept, const Weights &weights) {
  return (kept.array() > 0).select(weights.array(), 0.0);
}

std::vector<double>
graphopt::sparsifyByMagnitude(const DenseWeights &weights,
                              const SparsePattern &pattern, double ratio) {
  Matrix matrix = toMatrix(weights);
  Matrix kept = chooseKept(matrix.cwiseAbs2(), pattern, weights.places, ratio);
  return toVector(select(kept, matrix));
}

//===----------------------------------------------------------------------===//
// Second order
//===----------------------------------------------------------------------===//

RefittedProduct graphopt::sparsifyBySecondOrder(const Product &product,
                                                const DenseWeights &weights,
                                                const SparsePattern &pattern,
                                                double ratio, double damping) {
  Moments moments(product.input);
  Matrix old = toMatrix(weights), matrix = old;
  Matrix factor = factorInverse(moments.covariance, damping);
  // Masks see what the rows before did to the weights.
  int64_t step = pattern.of > 0 ? pattern.of : 128, first = 0;
  Matrix kept;
  changeRows(
      matrix, factor, step,
      [&](int64_t begin, int64_t count) {
        Eigen::ArrayXd losses =
            factor.diagonal().segment(begin, count).array().square().inverse();
        Matrix squares = matrix.middleRows(begin, count).cwiseAbs2();
        kept = chooseKept(losses.matrix().asDiagonal() * squares, pattern,
                          weights.places, ratio);
        first = begin;
      },
      [&](int64_t row) -> Eigen::RowVectorXd {
        return select(kept.row(row - first), matrix.row(row));
      });
  if (!matrix.allFinite())
    return {sparsifyByMagnitude(weights, pattern, ratio),
            std::vector<double>(weights.columns, 0.0)};
  Eigen::RowVectorXd bias = moments.mean.transpose() * (old - matrix);
  return {toVector(matrix), {bias.data(), bias.data() + bias.size()}};
}

//===----------------------------------------------------------------------===//
// What it costs
//===----------------------------------------------------------------------===//

ProductAgreement graphopt::compareProducts(const Product &product,
                                           llvm::ArrayRef<double> weights,
                                           llvm::ArrayRef<double> bias) {
  Moments moments(product.input);
  int64_t rows = product.input.channels;
  MatrixView old(product.weights.data(), rows, product.columns);
  MatrixView now(weights.data(), rows, product.columns);
  Eigen::RowVectorXd oldMean = moments.mean.transpose() * old;
  Eigen::RowVectorXd nowMean = moments.mean.transpose() * now;
  if (!bias.empty())
    nowMean += Eigen::Map<const Eigen::RowVectorXd>(bias.data(), bias.size());
  // Sums of y z over outputs, of the average row.
  auto dot = [&](const auto &y, const auto &z, const Eigen::RowVectorXd &yMean,
                 const Eigen::RowVectorXd &zMean) {
    return (moments.covariance * y).cwiseProduct(z).sum() + yMean.dot(zMean);
  };
  Matrix difference = old - now;
  Eigen::RowVectorXd differenceMean = oldMean - nowMean;
  double signal = dot(old, old, oldMean, oldMean);
  double noise = dot(difference, difference, differenceMean, differenceMean);
  double norms = std::sqrt(signal * dot(now, now, nowMean, nowMean));
  return {norms > 0 ? dot(old, now, oldMean, nowMean) / norms : 1,
          noise > 0 ? 10 * std::log10(signal / noise) : HUGE_VAL};
}

int64_t graphopt::countSparseBytes(int64_t elements, int64_t zeros,
                                   int64_t width,
                                   const SparsePattern &pattern) {
  int64_t blocks = (elements + pattern.block - 1) / pattern.block;
  return (blocks + 7) / 8 + (elements - zeros) * width;
}
