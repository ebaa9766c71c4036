//===- FuseActivation.cpp - Activations from what they are written out as -===//

#include "Primitives.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/MathExtras.h"
#include <array>

namespace graphopt {
#define GEN_PASS_DEF_FUSEACTIVATION
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

//===----------------------------------------------------------------------===//
// Polynomials
//===----------------------------------------------------------------------===//

/// Coefficients of x^0, x^1, x^2, x^3.
using Polynomial = std::array<double, 4>;

static std::optional<Polynomial> multiply(const Polynomial &a,
                                          const Polynomial &b) {
  Polynomial product = {};
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size(); ++j) {
      if (a[i] * b[j] == 0)
        continue;
      if (i + j >= product.size())
        return std::nullopt;
      product[i + j] += a[i] * b[j];
    }
  return product;
}

/// `value` as a polynomial of `x`; nothing if it is something else.
static std::optional<Polynomial> matchPolynomial(Value value, Value x,
                                                 int depth = 0) {
  constexpr int maxDepth = 8;
  if (value == x)
    return Polynomial{0, 1};
  if (std::optional<double> number = getSplat(value))
    return Polynomial{*number};
  auto op = value.getDefiningOp<BinaryOp>();
  if (!op || depth == maxDepth)
    return std::nullopt;
  auto lhs = matchPolynomial(op.getLhs(), x, depth + 1);
  auto rhs = matchPolynomial(op.getRhs(), x, depth + 1);
  if (!lhs || !rhs)
    return std::nullopt;
  auto isNumber = [](const Polynomial &p) { return !p[1] && !p[2] && !p[3]; };
  switch (op.getKind()) {
  case BinaryKind::Add:
    for (size_t i = 0; i < lhs->size(); ++i)
      (*lhs)[i] += (*rhs)[i];
    return lhs;
  case BinaryKind::Mul:
    return multiply(*lhs, *rhs);
  case BinaryKind::Div:
    if (!isNumber(*rhs))
      return std::nullopt;
    return multiply(*lhs, {1 / (*rhs)[0]});
  case BinaryKind::Pow: {
    if (!isNumber(*rhs) || ((*rhs)[0] != 2 && (*rhs)[0] != 3))
      return std::nullopt;
    auto square = multiply(*lhs, *lhs);
    return square && (*rhs)[0] == 3 ? multiply(*square, *lhs) : square;
  }
  default:
    return std::nullopt;
  }
}

static bool isAbout(const Polynomial &p, const Polynomial &expected) {
  return llvm::all_of(llvm::zip_equal(p, expected), [](auto pair) {
    return graphopt::isAbout(std::get<0>(pair), std::get<1>(pair));
  });
}

//===----------------------------------------------------------------------===//
// GELU
//===----------------------------------------------------------------------===//

namespace {
/// x * (1 + f(x)) / 2 around f, in any order of the factors.
class GeluMatcher {
public:
  explicit GeluMatcher(UnaryOp gate)
      : gate(gate), isTanh(gate.getKind() == UnaryKind::Tanh) {}

  LogicalResult match() {
    auto sum = dyn_cast_or_null<BinaryOp>(getOnlyReader(gate.getResult()));
    auto more = sum && sum.getKind() == BinaryKind::Add ? matchWithNumber(sum)
                                                        : std::nullopt;
    if (!more || more->number != 1)
      return fail("1 is not added to it");
    Value value = sum.getResult();
    double scale = 1;
    // Factors are numbers, and x once.
    constexpr int mostFactors = 4;
    for (int i = 0; i < mostFactors; ++i) {
      Operation *reader = getOnlyReader(value);
      auto op = dyn_cast_or_null<BinaryOp>(reader);
      if (!op || op.getType() != gate.getType())
        return fail(reader ? "it is no factor of a product"
                           : "a part of it is used elsewhere, too");
      if (auto scaled = matchMultiple(op.getResult());
          scaled && scaled->value == value) {
        scale *= scaled->number;
      } else if (op.getKind() != BinaryKind::Mul || input ||
                 op.getLhs() == op.getRhs()) {
        return fail("it is multiplied with something else");
      } else {
        Value other = op.getLhs() == value ? op.getRhs() : op.getLhs();
        if (!findInput(other, scale))
          return fail("its argument is another one than GELU's");
      }
      value = op.getResult();
      if (input && graphopt::isAbout(scale, 0.5)) {
        result = value;
        return success();
      }
    }
    return fail("its factor is not 1/2");
  }

  void emit() {
    Operation *last = result.getDefiningOp();
    OpBuilder b(last);
    auto kind = isTanh ? UnaryKind::GeluTanh : UnaryKind::Gelu;
    result.replaceAllUsesWith(UnaryOp::create(b, last->getLoc(),
                                              result.getType(), kind, input));
  }

  std::string reason;

private:
  LogicalResult fail(StringRef text) {
    reason = text.str();
    return failure();
  }

  /// `factor` is a multiple of x, which the gate is a function of.
  bool findInput(Value factor, double &scale) {
    double own = 1;
    while (true) {
      auto p = matchPolynomial(gate.getInput(), factor);
      if (p && ::isAbout(*p, getArgument())) {
        input = factor;
        scale *= own;
        return true;
      }
      auto scaled = matchMultiple(factor);
      if (!scaled)
        return false;
      own *= scaled->number;
      factor = scaled->value;
    }
  }

  Polynomial getArgument() const {
    if (!isTanh)
      return {0, 1 / llvm::numbers::sqrt2};
    double scale = std::sqrt(2 / llvm::numbers::pi);
    return {0, scale, 0, scale * 0.044715};
  }

  UnaryOp gate;
  bool isTanh;
  Value input, result;
};
} // namespace

//===----------------------------------------------------------------------===//
// Sigmoid and SiLU
//===----------------------------------------------------------------------===//

/// 1 + exp(-x): x; else null.
static Value matchLogisticSum(Value value) {
  BinaryOp sum = getBinary(value, BinaryKind::Add);
  auto more = sum ? matchWithNumber(sum) : std::nullopt;
  if (!more || more->number != 1)
    return {};
  UnaryOp exp = getUnary(more->value, UnaryKind::Exp);
  if (!exp)
    return {};
  if (UnaryOp negated = getUnary(exp.getInput(), UnaryKind::Neg))
    return negated.getInput();
  auto multiple = matchMultiple(exp.getInput());
  return multiple && multiple->number == -1 ? multiple->value : Value();
}

/// The function that `op` is, of which argument; nothing if it is no activation.
static std::optional<std::pair<UnaryKind, Value>> matchLogistic(Operation *op) {
  if (auto unary = dyn_cast<UnaryOp>(op)) {
    Value x = unary.getKind() == UnaryKind::Reciprocal
                  ? matchLogisticSum(unary.getInput())
                  : Value();
    if (x)
      return std::pair(UnaryKind::Sigmoid, x);
    return std::nullopt;
  }
  auto binary = dyn_cast<BinaryOp>(op);
  if (!binary)
    return std::nullopt;
  if (binary.getKind() == BinaryKind::Div) {
    Value x = matchLogisticSum(binary.getRhs());
    if (x && x == binary.getLhs())
      return std::pair(UnaryKind::Swish, x);
    if (x && getSplat(binary.getLhs()) == 1.0 && x.getType() == binary.getType())
      return std::pair(UnaryKind::Sigmoid, x);
    return std::nullopt;
  }
  if (binary.getKind() != BinaryKind::Mul)
    return std::nullopt;
  for (bool isSwapped : {false, true}) {
    Value x = binary->getOperand(isSwapped), gate = binary->getOperand(!isSwapped);
    UnaryOp sigmoid = getUnary(gate, UnaryKind::Sigmoid);
    if (sigmoid && sigmoid.getInput() == x && getOnlyReader(gate) == op)
      return std::pair(UnaryKind::Swish, x);
  }
  return std::nullopt;
}

namespace {
struct FuseActivation : graphopt::impl::FuseActivationBase<FuseActivation> {
  using FuseActivationBase::FuseActivationBase;

  void runOnOperation() override {
    // A sigmoid that is found is a factor of the next op.
    getOperation()->walk([&](Operation *op) {
      auto found = matchLogistic(op);
      if (!found)
        return;
      OpBuilder b(op);
      auto [kind, x] = *found;
      op->replaceAllUsesWith(UnaryOp::create(b, op->getLoc(),
                                             op->getResult(0).getType(), kind, x));
      ++numFused;
    });
    SmallVector<UnaryOp> gates;
    getOperation()->walk([&](UnaryOp op) {
      if (op.getKind() == UnaryKind::Erf || op.getKind() == UnaryKind::Tanh)
        gates.push_back(op);
    });
    for (UnaryOp gate : gates) {
      GeluMatcher matcher(gate);
      if (succeeded(matcher.match())) {
        matcher.emit();
        ++numFused;
      } else if (gate.getKind() == UnaryKind::Erf) {
        emitRemark(gate.getLoc()) << "is not computed as GELU: " << matcher.reason;
      }
    }
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }
};
} // namespace
