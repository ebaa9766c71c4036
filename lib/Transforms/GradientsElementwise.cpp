#include "Gradients.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// x * (1 + tanh(z)) / 2, z = sqrt(2 / pi) * (x + 0.044715 * x^3)
static Value differentiateGeluTanh(GradientMath &b, Value x) {
  constexpr double kScale = 0.7978845608028654, kCubic = 0.044715;
  Value square = b.square(x);
  Value z = b.mul(b.mul(b.add(b.mul(square, kCubic), 1), x), kScale);
  Value slope = b.mul(b.add(b.mul(square, 3 * kCubic), 1), kScale);
  Value tanh = b.unary(UnaryKind::Tanh, z);
  Value inner = b.mul(b.mul(x, b.sub(1, b.square(tanh))), slope);
  return b.mul(b.add(b.add(tanh, 1), inner), 0.5);
}

/// Phi(x) + x * phi(x)
static Value differentiateGelu(GradientMath &b, Value x) {
  constexpr double kRootHalf = 0.7071067811865476, kDensity = 0.3989422804014327;
  Value phi = b.add(b.unary(UnaryKind::Erf, b.mul(x, kRootHalf)), 1);
  Value density = b.mul(b.unary(UnaryKind::Exp, b.mul(b.square(x), -0.5)), kDensity);
  return b.add(b.mul(phi, 0.5), b.mul(x, density));
}

/// x * min(max(x / 6 + 1 / 2, 0), 1)
static Value differentiateHardSwish(GradientMath &b, Value x) {
  Value between = b.add(b.mul(x, 1.0 / 3), 0.5);
  Value upper = b.where(b.compare(BinaryKind::GreaterOrEqual, x, 3), b.scalar(x, 1), between);
  return b.keep(b.compare(BinaryKind::Greater, x, -3), upper);
}

/// The derivative of y = kind(x); null if it is 0.
static Value differentiate(GradientMath &b, UnaryKind kind, Value x, Value y) {
  auto call = [&](UnaryKind function) { return b.unary(function, x); };
  auto inverseRoot = [&](Value square) { return b.div(1, b.sqrt(square)); };
  switch (kind) {
  case UnaryKind::Abs:
    return call(UnaryKind::Sign);
  case UnaryKind::Acos:
    return b.neg(inverseRoot(b.sub(1, b.square(x))));
  case UnaryKind::Acosh:
    return inverseRoot(b.add(b.square(x), -1));
  case UnaryKind::Asin:
    return inverseRoot(b.sub(1, b.square(x)));
  case UnaryKind::Asinh:
    return inverseRoot(b.add(b.square(x), 1));
  case UnaryKind::Atan:
    return b.div(1, b.add(b.square(x), 1));
  case UnaryKind::Atanh:
    return b.div(1, b.sub(1, b.square(x)));
  case UnaryKind::Cos:
    return b.neg(call(UnaryKind::Sin));
  case UnaryKind::Cosh:
    return call(UnaryKind::Sinh);
  case UnaryKind::Erf:
    return b.mul(b.unary(UnaryKind::Exp, b.neg(b.square(x))), 1.1283791670955126);
  case UnaryKind::Exp:
    return y;
  case UnaryKind::Gelu:
    return differentiateGelu(b, x);
  case UnaryKind::GeluTanh:
    return differentiateGeluTanh(b, x);
  case UnaryKind::HardSwish:
    return differentiateHardSwish(b, x);
  case UnaryKind::Log:
    return b.div(1, x);
  case UnaryKind::Mish: { // x * tanh(softplus(x))
    Value tanh = b.unary(UnaryKind::Tanh, call(UnaryKind::Softplus));
    Value slope = b.mul(b.sub(1, b.square(tanh)), call(UnaryKind::Sigmoid));
    return b.add(tanh, b.mul(x, slope));
  }
  case UnaryKind::Neg:
    return b.scalar(x, -1);
  case UnaryKind::Reciprocal:
    return b.neg(b.square(y));
  case UnaryKind::Sigmoid:
    return b.mul(y, b.sub(1, y));
  case UnaryKind::Sin:
    return call(UnaryKind::Cos);
  case UnaryKind::Sinh:
    return call(UnaryKind::Cosh);
  case UnaryKind::Softplus:
    return call(UnaryKind::Sigmoid);
  case UnaryKind::Softsign:
    return b.div(1, b.square(b.add(call(UnaryKind::Abs), 1)));
  case UnaryKind::Sqrt:
    return b.div(0.5, y);
  case UnaryKind::Swish: {
    Value sigmoid = call(UnaryKind::Sigmoid);
    return b.add(sigmoid, b.mul(y, b.sub(1, sigmoid)));
  }
  case UnaryKind::Tan:
    return b.add(b.square(y), 1);
  case UnaryKind::Tanh:
    return b.sub(1, b.square(y));
  default: // steps, and what is no float
    return {};
  }
}

static void addUnary(UnaryOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getInput(), y = op.getResult(), gradient = g.get(y);
  if (op.getKind() == UnaryKind::Relu)
    return g.add(x, b.keep(b.compare(BinaryKind::Greater, x, 0), gradient));
  if (Value derivative = differentiate(b, op.getKind(), x, y))
    g.add(x, b.mul(gradient, derivative));
}

/// x^e, of x's type.
static void addPower(BinaryOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getLhs(), e = op.getRhs(), y = op.getResult(), gradient = g.get(y);
  Value exponent = b.cast(e, b.element(x));
  if (g.wants(x)) {
    // x^-1 of x = 0 is no number, but no part of the derivative of 1, either.
    Value less = b.binary(BinaryKind::Pow, x, b.add(exponent, -1));
    Value slope = b.mul(exponent, less);
    Value isVariable = b.unary(UnaryKind::Not, b.compare(BinaryKind::Equal, exponent, 0));
    g.add(x, b.mul(gradient, b.keep(isVariable, slope)));
  }
  if (g.wants(e)) {
    // 0^e is 0 around e.
    Value isBase = b.compare(BinaryKind::Greater, x, 0);
    Value base = b.where(isBase, x, b.scalar(x, 1));
    Value slope = b.mul(y, b.unary(UnaryKind::Log, base));
    g.add(e, b.cast(b.mul(gradient, slope), b.element(e)));
  }
}

/// Of equal operands the first one counts.
static void addChoice(BinaryOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value gradient = g.get(op.getResult());
  BinaryKind kind = op.getKind() == BinaryKind::Max ? BinaryKind::GreaterOrEqual
                                                    : BinaryKind::LessOrEqual;
  Value isFirst = b.binary(kind, op.getLhs(), op.getRhs());
  g.add(op.getLhs(), b.keep(isFirst, gradient));
  if (g.wants(op.getRhs()))
    g.add(op.getRhs(), b.keep(b.unary(UnaryKind::Not, isFirst), gradient));
}

/// x - q * y, where the whole number q does not change.
static void addRemainder(BinaryOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getLhs(), y = op.getRhs(), gradient = g.get(op.getResult());
  g.add(x, gradient);
  if (!g.wants(y))
    return;
  Value quotient = b.unary(UnaryKind::Round, b.div(b.sub(x, op.getResult()), y));
  g.add(y, b.neg(b.mul(gradient, quotient)));
}

static LogicalResult addBinary(BinaryOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getLhs(), y = op.getRhs(), gradient = g.get(op.getResult());
  switch (op.getKind()) {
  case BinaryKind::Add:
    g.add(x, gradient);
    g.add(y, gradient);
    return success();
  case BinaryKind::Sub:
    g.add(x, gradient);
    if (g.wants(y))
      g.add(y, b.neg(gradient));
    return success();
  case BinaryKind::Mul:
    if (g.wants(x))
      g.add(x, b.mul(gradient, y));
    if (g.wants(y))
      g.add(y, b.mul(gradient, x));
    return success();
  case BinaryKind::Div:
    if (g.wants(x))
      g.add(x, b.div(gradient, y));
    if (g.wants(y))
      g.add(y, b.neg(b.mul(gradient, b.div(op.getResult(), y))));
    return success();
  case BinaryKind::Pow:
    addPower(op, g);
    return success();
  case BinaryKind::Max:
  case BinaryKind::Min:
    addChoice(op, g);
    return success();
  case BinaryKind::FMod:
  case BinaryKind::Mod:
    addRemainder(op, g);
    return success();
  case BinaryKind::PRelu: {
    Value isNegative = b.compare(BinaryKind::Less, x, 0);
    if (g.wants(x))
      g.add(x, b.where(isNegative, b.mul(gradient, y), gradient));
    if (g.wants(y))
      g.add(y, b.keep(isNegative, b.mul(gradient, x)));
    return success();
  }
  default:
    return g.emitError(op) << "there is no gradient of "
                           << stringifyBinaryKind(op.getKind());
  }
}

static void addWhere(WhereOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value gradient = g.get(op.getResult()), condition = op.getCondition();
  if (g.wants(op.getOnTrue()))
    g.add(op.getOnTrue(), b.keep(condition, gradient));
  if (g.wants(op.getOnFalse()))
    g.add(op.getOnFalse(), b.keep(b.unary(UnaryKind::Not, condition), gradient));
}

static void addCast(CastOp op, Gradients &g) {
  g.add(op.getInput(), g.math().cast(g.get(op.getResult()),
                                     getElementTypeOrSelf(op.getInput())));
}

void graphopt::addElementwiseGradients(GradientRules &rules) {
  rules.add(addUnary);
  rules.add(addBinary);
  rules.add(addWhere);
  rules.add(addCast);
}
