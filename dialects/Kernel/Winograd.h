//===- Winograd.h - Minimal filtering ---------------------------------------===//

#ifndef GRAPHOPT_DIALECTS_KERNEL_WINOGRAD_H
#define GRAPHOPT_DIALECTS_KERNEL_WINOGRAD_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace graphopt::kernel {

/// Winograd's F(m, r): m neighbouring outputs of a filter with r taps from
/// n = m + r - 1 inputs and n products. Inputs, filter and products are values of
/// polynomials at the points 0, p, -p, ... and at infinity, in this order; M(x)
/// is the product of (x - point) over the finite points.
///
/// A tile of outputs has one in each direction: with m x m outputs and r x r
/// taps, n^2 products take the place of m^2 r^2. F(1, 1), where nothing slides,
/// is the identity.
class Winograd {
public:
  /// Four or six points and two outputs or more, or F(1, 1).
  static bool isPossible(int64_t outputs, int64_t taps);
  Winograd(int64_t outputs, int64_t taps);

  int64_t getOutputs() const { return outputs; }
  int64_t getTaps() const { return taps; }
  int64_t getPoints() const { return outputs + taps - 1; }
  bool isIdentity() const { return taps == 1; }

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
  llvm::SmallVector<llvm::SmallVector<double>> getFilterMatrix() const;

private:
  llvm::SmallVector<double> multiplyOut(int64_t skippedPair) const;

  int64_t outputs, taps;
  llvm::SmallVector<Pair> pairs;
};

// Of a tile with these directions.
int64_t countProducts(llvm::ArrayRef<Winograd> directions);
int64_t countOutputs(llvm::ArrayRef<Winograd> directions);
int64_t countTaps(llvm::ArrayRef<Winograd> directions);

/// Elements of `bits` bits from one product's channels to the next's in a
/// transformed tile: whole cache lines, an odd number of them, so that equal
/// channels are spread over the sets of a cache.
int64_t getWinogradPitch(int64_t channels, int64_t bits);

} // namespace graphopt::kernel

#endif
