//===- Winograd.cpp - Minimal filtering -------------------------------------===//

#include "dialects/Kernel/Winograd.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cassert>
#include <cmath>

using namespace graphopt::kernel;
using llvm::ArrayRef;
using llvm::SmallVector;

bool Winograd::isPossible(int64_t outputs, int64_t taps) {
  int64_t points = outputs + taps - 1;
  return (outputs == 1 && taps == 1) ||
         (outputs >= 2 && taps >= 2 && (points == 4 || points == 6));
}

Winograd::Winograd(int64_t outputs, int64_t taps) : outputs(outputs), taps(taps) {
  assert(isPossible(outputs, taps) && "no points for this size");
  // With +-1/sqrt(2) and +-sqrt(2), errors of F(4, 3) are a fifth of those with
  // +-1 and +-2.
  if (getPoints() == 4)
    pairs = {{1.0, 1.0}};
  else if (getPoints() == 6)
    pairs = {{std::sqrt(0.5), 0.5}, {std::sqrt(2.0), 2.0}};
}

double Winograd::Pair::power(int64_t exponent) const {
  return std::pow(square, exponent / 2) * (exponent % 2 ? point : 1.0);
}

SmallVector<double> Winograd::multiplyOut(int64_t skippedPair) const {
  SmallVector<double> product{1.0};
  for (auto [i, pair] : llvm::enumerate(pairs)) {
    if (int64_t(i) == skippedPair)
      continue;
    product.push_back(0.0);
    for (size_t k = product.size(); k-- > 0;)
      product[k] = (k > 0 ? product[k - 1] : 0.0) - pair.square * product[k];
  }
  return product;
}

SmallVector<SmallVector<double>> Winograd::getFilterMatrix() const {
  if (isIdentity())
    return {{1.0}};
  SmallVector<SmallVector<double>> matrix;
  SmallVector<double> points{0.0};
  for (const Pair &pair : pairs)
    points.append({pair.point, -pair.point});
  for (double point : points) {
    double power = 1.0;
    for (double other : points)
      power /= other == point ? 1.0 : point - other;
    SmallVector<double> &row = matrix.emplace_back();
    for (int64_t k = 0; k < taps; ++k, power *= point)
      row.push_back(power);
  }
  matrix.emplace_back(taps, 0.0).back() = 1.0;
  return matrix;
}

template <typename Size>
static int64_t multiply(ArrayRef<Winograd> directions, Size size) {
  int64_t product = 1;
  for (const Winograd &direction : directions)
    product *= (direction.*size)();
  return product;
}

int64_t graphopt::kernel::countProducts(ArrayRef<Winograd> directions) {
  return multiply(directions, &Winograd::getPoints);
}
int64_t graphopt::kernel::countOutputs(ArrayRef<Winograd> directions) {
  return multiply(directions, &Winograd::getOutputs);
}
int64_t graphopt::kernel::countTaps(ArrayRef<Winograd> directions) {
  return multiply(directions, &Winograd::getTaps);
}

int64_t graphopt::kernel::getWinogradPitch(int64_t channels, int64_t bits) {
  constexpr int64_t kLineBytes = 64;
  int64_t line = kLineBytes * 8 / bits;
  return (llvm::divideCeil(channels, line) | 1) * line;
}
