//===- Quantize.h - Grids of integers for inputs and weights --------------===//

#ifndef GRAPHOPT_COMPRESS_QUANTIZE_H
#define GRAPHOPT_COMPRESS_QUANTIZE_H

#include "graphopt/Compress/QuantizeOptions.h"
#include "graphopt/Compress/Sparsify.h"

namespace graphopt {

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Unsigned bytes that stand for (byte - zero) * scale; 0 is one of them.
struct ByteGrid {
  float scale = 1;
  int64_t zero = 0;

  /// The nearest number on the grid.
  double round(double value) const;
};

/// The grid from `low` to `high`, widened to contain 0.
ByteGrid makeByteGrid(double low, double high);

/// The scale of signed words, 0 being 0, that reach as far as `bytes`.
float makeWordScale(const ByteGrid &bytes);

/// The grid for what `seen` tells of a tensor, with its Summary.
ByteGrid calibrate(const ValueStatistics &seen, Calibrator calibrator,
                   double percentile);

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

struct WeightGrid {
  WeightType type = WeightType::S8;
  int64_t group = 0;      ///< rows that share a scale; 0: all
  bool perTensor = false; ///< outputs share a scale, too
};

/// Integers that stand for (integer - zero) * scale.
struct QuantizedWeights {
  std::vector<int8_t> integers; ///< as the weights, row-major
  /// One for each group and output; one for all if they share it.
  std::vector<float> scales;
  std::vector<int8_t> zeros; ///< as scales; empty: 0
  int64_t groups = 1;
  std::vector<double> restored; ///< what the integers stand for
  /// What to add to the product's columns; empty: nothing.
  std::vector<double> bias;
};

/// Each weight becomes the nearest on its grid, of s8 over the whole range, of 4
/// bits over the part of it with the least squared error.
QuantizedWeights quantizeNearest(const DenseWeights &weights,
                                 const WeightGrid &grid);

/// The same, inputs one after the other, and the inputs behind make up for what is
/// lost as well as they can, the bias for the mean: GPTQ (Frantar et al., 2023).
///
/// \param product  the weights' own, with its input's Gram matrix.
/// \param factors  what the input's channels are multiplied with; empty: nothing.
QuantizedWeights quantizeBySecondOrder(const Product &product,
                                       const DenseWeights &weights,
                                       const WeightGrid &grid, double damping,
                                       llvm::ArrayRef<float> factors = {});

//===----------------------------------------------------------------------===//
// Between the two
//===----------------------------------------------------------------------===//

/// What each channel of an input is multiplied with, and the weights' row divided
/// by, so that both are easier to put on a grid (SmoothQuant, Xiao et al., 2023).
///
/// \param largest  of each channel's magnitudes; `weights` of each row's.
/// \param alpha    how much of the input's range the weights take.
std::vector<float> smoothingFactors(llvm::ArrayRef<double> largest,
                                    llvm::ArrayRef<double> weights,
                                    double alpha);

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_QUANTIZE_H
