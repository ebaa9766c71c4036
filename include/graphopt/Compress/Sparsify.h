//===- Sparsify.h - Weights of which many are zero ------------------------===//

#ifndef GRAPHOPT_COMPRESS_SPARSIFY_H
#define GRAPHOPT_COMPRESS_SPARSIFY_H

#include "graphopt/Compress/Refit.h"
#include <optional>

namespace graphopt {

/// Which weights may be zero together.
struct SparsePattern {
  /// Of each `of` neighbouring inputs of an output, `keep` stay; 0: no such rule.
  int64_t keep = 0, of = 0;
  /// So many neighbouring outputs have an input or lack it together.
  int64_t block = 1;

  /// "unstructured", "1xB" or "N:M"; nothing for other texts.
  static std::optional<SparsePattern> parse(llvm::StringRef text);
};

/// The matrix that is to have zeros, a row an input.
struct DenseWeights {
  llvm::ArrayRef<double> elements;
  int64_t columns;
  int64_t places = 1; ///< neighbouring columns that are of one output
};

/// The weights of least magnitude become zero.
///
/// \param ratio  the share that does, unless the pattern has a rule.
std::vector<double> sparsifyByMagnitude(const DenseWeights &weights,
                                        const SparsePattern &pattern,
                                        double ratio);

/// Those become zero whose loss does least to the outputs, inputs one after the
/// other, and the inputs behind make up for it as well as they can: the optimal
/// brain surgeon in the order of SparseGPT (Frantar and Alistarh, 2023), with the
/// bias free.
///
/// \param product  the weights' own, with its input's Gram matrix.
/// \param damping  what is added to the diagonal, in parts of its mean.
RefittedProduct sparsifyBySecondOrder(const Product &product,
                                      const DenseWeights &weights,
                                      const SparsePattern &pattern,
                                      double ratio, double damping);

/// A product and one that takes its place, over the rows of its input.
struct ProductAgreement {
  double cosine, sqnrDb; ///< infinite if there is no difference
};

/// \param bias  what is added to the other product's columns; empty: nothing.
ProductAgreement compareProducts(const Product &product,
                                 llvm::ArrayRef<double> weights,
                                 llvm::ArrayRef<double> bias);

/// Bytes of a matrix of `elements` weights of `width` bytes, `zeros` of them zero,
/// as a bit for each block and the blocks that are not all zero.
int64_t countSparseBytes(int64_t elements, int64_t zeros, int64_t width,
                         const SparsePattern &pattern);

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_SPARSIFY_H
