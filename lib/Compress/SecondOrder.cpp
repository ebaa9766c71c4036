#include "SecondOrder.h"
#include <Eigen/Cholesky>

using namespace graphopt;

Matrix graphopt::toMatrix(const DenseWeights &weights) {
  return MatrixView(weights.elements.data(),
                    weights.elements.size() / weights.columns,
                    weights.columns);
}

std::vector<double> graphopt::toVector(const Matrix &matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

Moments::Moments(const ValueStatistics &input)
    : mean(Eigen::Map<const Eigen::VectorXd>(input.channelSum.data(),
                                             input.channels)),
      covariance(MatrixView(input.gram.data(), input.channels, input.channels)) {
  double rows = double(std::max<int64_t>(input.rows, 1));
  mean /= rows;
  covariance /= rows;
  covariance.noalias() -= mean * mean.transpose();
}

void Moments::scale(llvm::ArrayRef<float> factors) {
  Eigen::VectorXd diagonal =
      Eigen::Map<const Eigen::VectorXf>(factors.data(), factors.size()).cast<double>();
  mean = mean.cwiseProduct(diagonal).eval();
  covariance = (diagonal.asDiagonal() * covariance * diagonal.asDiagonal()).eval();
}

Matrix graphopt::factorInverse(Matrix covariance, double damping) {
  int64_t size = covariance.rows();
  double mean = covariance.trace() / double(std::max<int64_t>(size, 1));
  covariance.diagonal().array() += mean > 0 ? damping * mean : 1;
  Matrix inverse = covariance.llt().solve(Matrix::Identity(size, size));
  return inverse.llt().matrixU();
}

void graphopt::changeRows(
    Matrix &matrix, const Matrix &factor, int64_t step,
    llvm::function_ref<void(int64_t, int64_t)> prepare,
    llvm::function_ref<Eigen::RowVectorXd(int64_t)> replace) {
  int64_t rows = matrix.rows();
  for (int64_t begin = 0; begin < rows; begin += step) {
    int64_t count = std::min(step, rows - begin), behind = rows - begin - count;
    prepare(begin, count);
    Matrix errors(count, matrix.cols());
    for (int64_t k = 0; k < count; ++k) {
      int64_t row = begin + k, rest = count - k - 1;
      Eigen::RowVectorXd now = replace(row);
      errors.row(k) = (matrix.row(row) - now) / factor(row, row);
      matrix.row(row) = now;
      matrix.middleRows(row + 1, rest).noalias() -=
          factor.row(row).segment(row + 1, rest).transpose() * errors.row(k);
    }
    matrix.bottomRows(behind).noalias() -=
        factor.block(begin, begin + count, count, behind).transpose() * errors;
  }
}
