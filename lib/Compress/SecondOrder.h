//===- SecondOrder.h - What weights do about the loss of others -----------===//

#ifndef GRAPHOPT_LIB_COMPRESS_SECONDORDER_H
#define GRAPHOPT_LIB_COMPRESS_SECONDORDER_H

#include "graphopt/Compress/Sparsify.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <Eigen/Core>

namespace graphopt {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

Matrix toMatrix(const DenseWeights &weights);
std::vector<double> toVector(const Matrix &matrix);

/// The average row, and what rows differ from it by.
struct Moments {
  Eigen::VectorXd mean;
  Matrix covariance;

  explicit Moments(const ValueStatistics &input);

  /// As they are if channels are multiplied with the factors.
  void scale(llvm::ArrayRef<float> factors);
};

/// U of inverse(covariance + damping) = U'U: its row k says what the inputs from k
/// on do best when input k is changed.
Matrix factorInverse(Matrix covariance, double damping);

/// Changes the rows of `matrix` one after the other, and the rows behind make up
/// for it.
///
/// \param step     so many rows are looked at together by `prepare(begin, count)`,
///                 when all rows before have changed.
/// \param replace  what the row becomes, which `matrix` has as it is now.
void changeRows(Matrix &matrix, const Matrix &factor, int64_t step,
                llvm::function_ref<void(int64_t, int64_t)> prepare,
                llvm::function_ref<Eigen::RowVectorXd(int64_t)> replace);

} // namespace graphopt

#endif // GRAPHOPT_LIB_COMPRESS_SECONDORDER_H
