//===- Winograd.cpp - Minimal filtering with three taps -------------------===//

#include "dialects/Kernel/Winograd.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cassert>
#include <cmath>

using namespace graphopt::kernel;
using llvm::ArrayRef;
using llvm::SmallVector;

Winograd::Winograd(int64_t outputs) {
  assert((outputs == 2 || outputs == 4) && "no points for this size");
  // With +-1/sqrt(2) and +-sqrt(2), errors of F(4, 3) are a fifth of those with
  // +-1 and +-2.
  if (outputs == 2)
    pairs = {{1.0, 1.0}};
  else
    pairs = {{std::sqrt(0.5), 0.5}, {std::sqrt(2.0), 2.0}};
}

double Winograd::Pair::power(int64_t exponent) const {
  return std::pow(square, exponent / 2) * (exponent % 2 ? point : 1.0);
}

std::optional<Winograd> Winograd::ofProducts(int64_t products) {
  for (int64_t outputs : {2, 4})
    if (Winograd transform(outputs); transform.getProducts() == products)
      return transform;
  return std::nullopt;
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

SmallVector<std::array<double, 3>> Winograd::getFilterMatrix() const {
  SmallVector<double> points{0.0};
  for (const Pair &pair : pairs)
    points.append({pair.point, -pair.point});
  SmallVector<std::array<double, 3>> matrix;
  for (double point : points) {
    double scale = 1.0;
    for (double other : points)
      scale *= other == point ? 1.0 : point - other;
    matrix.push_back({1.0 / scale, point / scale, point * point / scale});
  }
  matrix.push_back({0.0, 0.0, 1.0});
  return matrix;
}

int64_t graphopt::kernel::getWinogradPitch(int64_t channels, int64_t bits) {
  constexpr int64_t kLineBytes = 64;
  int64_t line = kLineBytes * 8 / bits;
  return (llvm::divideCeil(channels, line) | 1) * line;
}
