#include "graphopt/Compress/Refit.h"
#include <Eigen/Cholesky>
#include <Eigen/Core>

using namespace graphopt;

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

namespace {
/// The sums over X that the equations need, a row the average one.
struct Moments {
  Matrix gram;          ///< X'X / rows
  Eigen::VectorXd mean; ///< of each channel
  MatrixView weights;

  explicit Moments(const Product &product)
      : gram(MatrixView(product.input.gram.data(), product.input.channels,
                        product.input.channels)),
        mean(Eigen::Map<const Eigen::VectorXd>(product.input.channelSum.data(),
                                               product.input.channels)),
        weights(product.weights.data(), product.input.channels,
                product.columns) {
    double rows = double(std::max<int64_t>(product.input.rows, 1));
    gram /= rows;
    mean /= rows;
  }
};
} // namespace

RefittedProduct graphopt::refit(const Product &product,
                                llvm::ArrayRef<int64_t> kept, double mu) {
  Moments moments(product);
  std::vector<int64_t> index(kept.begin(), kept.end());
  Eigen::VectorXd mean = moments.mean(index);
  Eigen::RowVectorXd target = moments.mean.transpose() * moments.weights;
  Matrix prior = moments.weights(index, Eigen::all);
  Matrix gram = moments.gram(index, index);
  double pull = index.empty() ? 0 : mu * gram.trace() / double(index.size());
  // The best bias for any W' is the mean of what is left over: without it, both
  // sides are centred.
  gram.noalias() -= mean * mean.transpose();
  gram.diagonal().array() += pull;
  Matrix right = moments.gram(index, Eigen::all) * moments.weights;
  right.noalias() -= mean * target;
  right += pull * prior;
  Matrix weights = prior;
  if (gram.trace() > 0) // else there are no data, or always the same
    weights = gram.ldlt().solve(right);
  if (!weights.allFinite())
    weights = prior;
  Eigen::RowVectorXd bias = target - mean.transpose() * weights;
  return {{weights.data(), weights.data() + weights.size()},
          {bias.data(), bias.data() + bias.size()}};
}

double graphopt::contribution(const Product &product,
                              llvm::ArrayRef<int64_t> channels) {
  int64_t count = product.input.channels;
  std::vector<int64_t> index(channels.begin(), channels.end());
  Matrix gram = MatrixView(product.input.gram.data(), count, count)(index, index);
  Matrix weights = MatrixView(product.weights.data(), count,
                              product.columns)(index, Eigen::all);
  // trace(W' G W), of the average row
  double squares = (gram * weights).cwiseProduct(weights).sum() /
                   double(std::max<int64_t>(product.input.rows, 1));
  return std::sqrt(std::max(0.0, squares));
}

RefitLoss::RefitLoss(const Product &product, double mu) : product(product) {
  Moments moments(product);
  int64_t count = product.input.channels;
  Matrix gram = moments.gram;
  double pull = count > 0 ? mu * gram.trace() / double(count) : 0;
  gram.noalias() -= moments.mean * moments.mean.transpose();
  // What is never seen costs nothing.
  gram.diagonal().array() += std::max(pull, 1e-30);
  Matrix solved = gram.ldlt().solve(Matrix::Identity(count, count));
  inverse.assign(solved.data(), solved.data() + solved.size());
}

double RefitLoss::operator()(llvm::ArrayRef<int64_t> channels) const {
  int64_t count = product.input.channels;
  std::vector<int64_t> index(channels.begin(), channels.end());
  Matrix weights = MatrixView(product.weights.data(), count,
                              product.columns)(index, Eigen::all);
  Matrix part = MatrixView(inverse.data(), count, count)(index, index);
  // The least change of all rows that makes these 0: trace(W' inv(part) W).
  double squares = part.ldlt().solve(weights).cwiseProduct(weights).sum();
  return std::sqrt(std::max(0.0, squares));
}
