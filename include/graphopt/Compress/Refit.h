//===- Refit.h - Weights that make up for channels that are gone ----------===//

#ifndef GRAPHOPT_COMPRESS_REFIT_H
#define GRAPHOPT_COMPRESS_REFIT_H

#include "graphopt/Compress/Statistics.h"

namespace graphopt {

/// A product X W, X with a channel a column.
struct Product {
  const ValueStatistics &input; ///< X, with its Gram matrix
  llvm::ArrayRef<double> weights; ///< W, row-major, X's channels x `columns`
  int64_t columns;
};

/// What takes the place of W, and what to add to the product.
struct RefittedProduct {
  std::vector<double> weights; ///< kept channels x columns
  std::vector<double> bias;    ///< columns
};

/// The W' and b for which X' W' + b, X' the kept channels of X, is nearest to X W,
/// in closed form: least |X'W' + b - XW|^2 + mu tr(G)/n |W' - W_kept|^2, where G is
/// the Gram matrix of the n kept channels. The second term keeps W' near to W
/// where the data say little; b is free.
RefittedProduct refit(const Product &product, llvm::ArrayRef<int64_t> kept,
                      double mu);

/// Root mean square, over the rows, of |X_c W_c|, what the channels `channels`
/// add to the product.
double contribution(const Product &product, llvm::ArrayRef<int64_t> channels);

/// What a product misses without channels when the others make up for it, as
/// refit() lets them; each channel is looked at by itself, without another refit.
class RefitLoss {
public:
  /// Takes a time like that of one refit.
  RefitLoss(const Product &product, double mu);

  /// Root mean square over the rows, as contribution() is.
  double operator()(llvm::ArrayRef<int64_t> channels) const;

private:
  const Product product;
  std::vector<double> inverse; ///< of what refit() solves with, all channels kept
};

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_REFIT_H
