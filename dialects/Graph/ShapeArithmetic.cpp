//===- ShapeArithmetic.cpp - Sums, products and clamps of sizes -----------===//

#include "dialects/Graph/ShapeInference.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::graph;

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

/// A total order that does not depend on addresses, so that equal models give
/// equal code.
static int compare(AffineExpr lhs, AffineExpr rhs) {
  if (lhs == rhs)
    return 0;
  if (lhs.getKind() != rhs.getKind())
    return lhs.getKind() < rhs.getKind() ? -1 : 1;
  if (auto left = dyn_cast<AffineBinaryOpExpr>(lhs)) {
    auto right = cast<AffineBinaryOpExpr>(rhs);
    int order = compare(left.getLHS(), right.getLHS());
    return order ? order : compare(left.getRHS(), right.getRHS());
  }
  auto key = [](AffineExpr expr) -> int64_t {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return constant.getValue();
    return cast<AffineSymbolExpr>(expr).getPosition();
  };
  return key(lhs) < key(rhs) ? -1 : 1;
}

/// Splits `expr` into a constant and other factors. False after an overflow.
static bool collectFactors(AffineExpr expr, int64_t &constant,
                           SmallVectorImpl<AffineExpr> &factors) {
  if (expr.getKind() == AffineExprKind::Mul) {
    auto product = cast<AffineBinaryOpExpr>(expr);
    return collectFactors(product.getLHS(), constant, factors) &&
           collectFactors(product.getRHS(), constant, factors);
  }
  if (std::optional<int64_t> value = getConstant(expr))
    return !llvm::MulOverflow(constant, *value, constant);
  factors.push_back(expr);
  return true;
}

static AffineExpr multiply(int64_t constant,
                           SmallVectorImpl<AffineExpr> &factors,
                           MLIRContext *context) {
  llvm::sort(factors, [](AffineExpr lhs, AffineExpr rhs) {
    return compare(lhs, rhs) < 0;
  });
  AffineExpr result = getAffineConstantExpr(1, context);
  for (AffineExpr factor : factors)
    result = result * factor;
  return result * constant;
}

/// Terms of a sum, each with its coefficient.
using Terms = llvm::MapVector<AffineExpr, int64_t>;

/// Adds `scale * expr` to a sum of products. False after an overflow.
static bool collectTerms(AffineExpr expr, int64_t scale, Terms &terms,
                         MLIRContext *context) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    return collectTerms(sum.getLHS(), scale, terms, context) &&
           collectTerms(sum.getRHS(), scale, terms, context);
  }
  int64_t coefficient = scale;
  SmallVector<AffineExpr> factors;
  if (!collectFactors(expr, coefficient, factors))
    return false;
  if (factors.size() == 1 && factors[0].getKind() == AffineExprKind::Add)
    return collectTerms(factors[0], coefficient, terms, context);
  int64_t &sum = terms[multiply(1, factors, context)];
  return !llvm::AddOverflow(sum, coefficient, sum);
}

/// lhs + scale * rhs with equal terms joined, so that equal sums are one.
AffineExpr ShapeInference::addScaled(AffineExpr lhs, AffineExpr rhs,
                                     int64_t scale) const {
  if (!lhs || !rhs)
    return {};
  Terms terms;
  if (!collectTerms(lhs, 1, terms, context) ||
      !collectTerms(rhs, scale, terms, context)) {
    overflowed = true;
    return {};
  }
  auto sorted = terms.takeVector();
  llvm::sort(sorted, [](const auto &left, const auto &right) {
    return compare(left.first, right.first) < 0;
  });
  AffineExpr sum = constant(0);
  for (auto [term, coefficient] : sorted)
    sum = sum + term * coefficient;
  return sum;
}

AffineExpr ShapeInference::constant(int64_t value) const {
  return getAffineConstantExpr(value, context);
}

AffineExpr ShapeInference::add(AffineExpr lhs, AffineExpr rhs) const {
  return addScaled(lhs, rhs, 1);
}

AffineExpr ShapeInference::sub(AffineExpr lhs, AffineExpr rhs) const {
  return addScaled(lhs, rhs, -1);
}

AffineExpr ShapeInference::mul(AffineExpr lhs, AffineExpr rhs) const {
  return product({lhs, rhs});
}

AffineExpr ShapeInference::product(ArrayRef<AffineExpr> factors) const {
  int64_t constant = 1;
  SmallVector<AffineExpr> others;
  for (AffineExpr factor : factors) {
    if (!factor)
      return {};
    if (!collectFactors(factor, constant, others)) {
      overflowed = true;
      return {};
    }
  }
  return multiply(constant, others, context);
}

AffineExpr ShapeInference::floorDiv(AffineExpr lhs, AffineExpr rhs) const {
  if (!lhs || !rhs)
    return {};
  if (getConstant(rhs) == 0)
    return {};
  return lhs.floorDiv(rhs);
}

AffineExpr ShapeInference::quotient(ArrayRef<AffineExpr> numerator,
                                    ArrayRef<AffineExpr> denominator) const {
  int64_t above = 1, below = 1;
  SmallVector<AffineExpr> factorsAbove, factorsBelow, left;
  auto collect = [&](ArrayRef<AffineExpr> exprs, int64_t &constant,
                     SmallVectorImpl<AffineExpr> &factors) {
    return llvm::all_of(exprs, [&](AffineExpr expr) {
      if (!expr)
        return false;
      bool fits = collectFactors(expr, constant, factors);
      overflowed |= !fits;
      return fits;
    });
  };
  if (!collect(numerator, above, factorsAbove) ||
      !collect(denominator, below, factorsBelow))
    return {};
  for (AffineExpr factor : factorsBelow) {
    auto *equal = llvm::find(factorsAbove, factor);
    if (equal != factorsAbove.end())
      factorsAbove.erase(equal);
    else
      left.push_back(factor);
  }
  if (below == 0)
    return {};
  int64_t common = std::gcd(above, below);
  if (common != 0) {
    above /= common;
    below /= common;
  }
  return floorDiv(multiply(above, factorsAbove, context),
                  multiply(below, left, context));
}

bool ShapeInference::isSize(AffineExpr expr) const {
  bool isSize = static_cast<bool>(expr);
  if (expr)
    forEachValue(expr, [&](const Symbol &symbol) { isSize &= !symbol.isElement; });
  return isSize;
}

//===----------------------------------------------------------------------===//
// Positive parts
//===----------------------------------------------------------------------===//

/// Questions are answered for each way that this many positive parts may be.
static constexpr size_t maxPositiveParts = 6;

AffineExpr ShapeInference::positivePart(AffineExpr expr) {
  AffineExpr sum = add(expr, constant(0));
  if (!sum || isNonNegative(sum))
    return sum;
  AffineExpr negated = sub(constant(0), sum);
  if (!negated || isNonNegative(negated))
    return negated ? constant(0) : AffineExpr();
  // max(-x, 0) is max(x, 0) - x: only the one with a positive first term is a
  // symbol.
  Terms terms;
  collectTerms(sum, 1, terms, context);
  if (terms.front().second < 0)
    return add(sum, positivePart(negated));
  AffineExpr &part = positivePartOf[sum];
  if (!part) {
    part = getAffineSymbolExpr(symbols.size(), context);
    symbols.push_back({Value(), 0, false, sum});
  }
  return part;
}

AffineExpr ShapeInference::findPositivePart(AffineExpr expr) const {
  AffineExpr found;
  expr.walk([&](AffineExpr part) {
    if (isa<AffineSymbolExpr>(part) && getSymbol(part).positive)
      found = part;
  });
  return found;
}

AffineExpr ShapeInference::assume(AffineExpr expr, AffineExpr part,
                                  bool isPositive) const {
  AffineExpr value = isPositive ? getSymbol(part).positive : constant(0);
  return add(expr.replace(part, value), constant(0));
}

bool ShapeInference::isSumOfSizes(AffineExpr expr) const {
  if (std::optional<int64_t> value = getConstant(expr))
    return *value >= 0;
  if (isa<AffineSymbolExpr>(expr))
    return !getSymbol(expr).isElement;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  return isSumOfSizes(binary.getLHS()) && isSumOfSizes(binary.getRHS());
}

bool ShapeInference::follows(AffineExpr expr, ArrayRef<AffineExpr> known) const {
  if (!expr)
    return false;
  if (isSumOfSizes(expr) || llvm::any_of(known, [&](AffineExpr other) {
        AffineExpr more = sub(expr, other);
        return more && isSumOfSizes(more);
      }))
    return true;
  AffineExpr part = findPositivePart(expr);
  if (!part || known.size() == maxPositiveParts)
    return false;
  return llvm::all_of(ArrayRef{false, true}, [&](bool isPositive) {
    AffineExpr operand = getSymbol(part).positive;
    SmallVector<AffineExpr> more(known);
    more.push_back(isPositive ? operand : sub(constant(0), operand));
    return more.back() && follows(assume(expr, part, isPositive), more);
  });
}

bool ShapeInference::isNonNegative(AffineExpr expr) const {
  return follows(expr, {});
}

bool ShapeInference::isOneUnlessEmpty(AffineExpr size) const {
  return size && !getConstant(size) && isNonNegative(sub(constant(1), size));
}

bool ShapeInference::canVanish(AffineExpr expr, unsigned depth) const {
  if (!expr || getConstant(expr))
    return getConstant(expr) == 0;
  AffineExpr part = findPositivePart(expr);
  return part && depth < maxPositiveParts &&
         (canVanish(assume(expr, part, false), depth + 1) ||
          canVanish(assume(expr, part, true), depth + 1));
}

bool ShapeInference::areEqualUnlessClamped(AffineExpr lhs, AffineExpr rhs) const {
  return lhs && rhs && lhs != rhs && !getConstant(lhs) && !getConstant(rhs) &&
         canVanish(sub(lhs, rhs), 0);
}
