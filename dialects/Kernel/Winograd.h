//===- Winograd.h - Minimal filtering with three taps ---------------------===//

#ifndef GRAPHOPT_DIALECTS_KERNEL_WINOGRAD_H
#define GRAPHOPT_DIALECTS_KERNEL_WINOGRAD_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <array>
#include <optional>

namespace graphopt::kernel {

/// Winograd's F(m, 3): m neighbouring outputs of a filter with three taps from
/// m + 2 inputs and m + 2 products. Inputs, filter and products are values of
/// polynomials at the points 0, p, -p, ... and at infinity, in this order; M(x)
/// is the product of (x - point) over the finite points.
///
/// A tile of m x m outputs is F(m, 3) in both directions: (m + 2)^2 products
/// take the place of 9 m^2.
class Winograd {
public:
  static constexpr int64_t kTaps = 3;

  /// F(2, 3) or F(4, 3).
  explicit Winograd(int64_t outputs);
  /// The one with tiles of so many products.
  static std::optional<Winograd> ofProducts(int64_t products);

  int64_t getOutputs() const { return 2 * pairs.size(); }
  int64_t getPoints() const { return getOutputs() + kTaps - 1; }
  int64_t getProducts() const { return getPoints() * getPoints(); }

  /// The points p and -p.
  struct Pair {
    double point, square;

    double power(int64_t exponent) const;
  };
  llvm::ArrayRef<Pair> getPairs() const { return pairs; }
  /// Coefficients in x^2 of the product of (x^2 - p^2) over the pairs: those of
  /// M(x) / x.
  llvm::SmallVector<double> getPolynomial() const { return multiplyOut(-1); }
  /// The same without one pair: M(x) / (x -+ p) is that times x (x +- p).
  llvm::SmallVector<double> getPolynomialWithout(int64_t pair) const {
    return multiplyOut(pair);
  }

  /// What each tap adds to the filter's value at each point. A value is divided
  /// by the product of (point - other) over the other finite points, which
  /// interpolation wants.
  llvm::SmallVector<std::array<double, kTaps>> getFilterMatrix() const;

private:
  llvm::SmallVector<double> multiplyOut(int64_t skippedPair) const;

  llvm::SmallVector<Pair> pairs;
};

/// Elements of `bits` bits from one product's channels to the next's in a
/// transformed tile: whole cache lines, an odd number of them, so that equal
/// channels are spread over the sets of a cache.
int64_t getWinogradPitch(int64_t channels, int64_t bits);

} // namespace graphopt::kernel

#endif
