// Support vector machines of ai.onnx.ml.
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// The kernel function of each row of `x` and each of `count` support vectors.
static FailureOr<Value> buildKernels(NodeImporter &node, Value x, int64_t count) {
  GraphMath g{node};
  StringRef kind = node.getString("kernel_type", "LINEAR");
  SmallVector<double> params = getDoubles(node, "kernel_params");
  params.resize(3, 0);
  SmallVector<double> vectors = getDoubles(node, "support_vectors");
  FailureOr<Value> columns = createColumns(node, "support_vectors", vectors, count, x);
  if (failed(columns))
    return failure();
  Value dots = g.matmul(x, *columns);
  auto number = [&](double value) { return g.scalar(dots, value); };
  Value scaled = g.add(g.mul(dots, number(params[0])), number(params[1])), result;
  if (kind == "LINEAR") {
    result = dots;
  } else if (kind == "POLY") {
    result = g.binary(BinaryKind::Pow, scaled, number(params[2]));
  } else if (kind == "SIGMOID") {
    result = g.unary(UnaryKind::Tanh, scaled);
  } else if (kind == "RBF") {
    // |x - v|^2 = x^2 - 2 x v + v^2
    Value rows = g.reduce(ReduceKind::SumSquare, x, {1}, /*keepdims=*/true);
    Value own = g.reduce(ReduceKind::SumSquare, *columns, {0}, /*keepdims=*/true);
    Value distance = g.sub(g.add(rows, own), g.mul(dots, number(2)));
    distance = g.binary(BinaryKind::Max, distance, number(0));
    result = g.unary(UnaryKind::Exp, g.mul(distance, number(-params[0])));
  } else {
    return node.emitError() << "kernel_type '" << kind << "' is not known";
  }
  if (!result)
    return failure();
  return result;
}

LogicalResult graphopt::importSVMRegressor(NodeImporter &node) {
  FailureOr<Value> x = readRows(node);
  if (failed(x))
    return failure();
  GraphMath g{node};
  SmallVector<double> coefficients = getDoubles(node, "coefficients"),
                      rho = getDoubles(node, "rho");
  int64_t count = node.getInt("n_supports");
  Value factors = *x;
  if (count > 0) {
    FailureOr<Value> kernels = buildKernels(node, *x, count);
    if (failed(kernels))
      return failure();
    factors = *kernels;
  }
  FailureOr<Value> columns =
      createColumns(node, "coefficients", coefficients, 1, factors);
  if (failed(columns))
    return failure();
  if (rho.size() != 1)
    return node.emitError() << "rho has " << rho.size() << " entries, not 1";
  Value y = addList(node, g.matmul(factors, *columns), rho);
  if (node.getInt("one_class")) {
    Value isIn = g.binary(BinaryKind::Greater, y, g.scalar(y, 0));
    y = g.where(isIn, g.scalar(y, 1), g.scalar(y, -1));
  }
  return bindScores(node, y, node.getString("post_transform", "NONE"), g.f32());
}

namespace {
/// Each pair of classes has a function of the kernels, whose sign is a vote for one of
/// both.
class PairwiseVectors {
public:
  explicit PairwiseVectors(NodeImporter &node) : node(node) {}

  LogicalResult read(int64_t labels);
  /// The pairs' functions, [rows, pairs].
  FailureOr<Value> buildScores(Value x);
  /// [rows, classes] of [rows, pairs].
  Value countVotes(Value scores);
  /// How likely each class is, [rows, classes] of [rows, pairs].
  Value buildChances(Value scores);

  int64_t classes = 0;
  bool hasChances = false;

private:
  LogicalResult check(StringRef name, int64_t given, int64_t wanted) {
    if (given == wanted)
      return success();
    return node.emitError() << name << " has " << given << " entries, not " << wanted;
  }
  /// [rows, pairs], of the first and of the second of each pair, as [rows, classes,
  /// classes]; the diagonal is 0.
  Value arrange(Value first, Value second);
  Value couple(Value likely);

  NodeImporter &node;
  GraphMath g{node};
  SmallVector<int64_t> perClass, starts;
  SmallVector<double> coefficients, rho, slopes, shifts;
  int64_t count = 0, pairs = 0;
};
} // namespace

LogicalResult PairwiseVectors::read(int64_t labels) {
  perClass = node.getInts("vectors_per_class");
  coefficients = getDoubles(node, "coefficients");
  rho = getDoubles(node, "rho");
  slopes = getDoubles(node, "prob_a");
  shifts = getDoubles(node, "prob_b");
  constexpr int64_t most = 1 << 20;
  for (int64_t own : perClass) {
    if (own < 0 || own > most - count)
      return node.emitError() << "vectors_per_class has " << own;
    starts.push_back(count);
    count += own;
  }
  classes = perClass.size();
  if (classes < 2)
    return node.emitError() << "vectors_per_class has " << classes
                            << " entries, but 2 classes are needed";
  pairs = classes * (classes - 1) / 2;
  hasChances = !slopes.empty();
  return success(succeeded(check("vectors_per_class", classes, labels)) &&
                 succeeded(check("coefficients", coefficients.size(), (classes - 1) * count)) &&
                 succeeded(check("rho", rho.size(), pairs)) &&
                 succeeded(check("prob_b", shifts.size(), slopes.size())) &&
                 (!hasChances || succeeded(check("prob_a", slopes.size(), pairs))));
}

FailureOr<Value> PairwiseVectors::buildScores(Value x) {
  FailureOr<Value> kernels = buildKernels(node, x, count);
  if (failed(kernels))
    return failure();
  // What the vectors of each class add to its functions, of which there is one for each
  // other class.
  Type element = GraphMath::element(x);
  Value factors = g.floats(coefficients, {classes - 1, count}, element);
  SmallVector<Value> parts;
  SmallVector<int32_t> firsts, seconds;
  for (int64_t i = 0; i < classes; ++i) {
    int64_t end = starts[i] + perClass[i];
    parts.push_back(g.matmul(g.slice(*kernels, 1, starts[i], end),
                             g.transpose(g.slice(factors, 1, starts[i], end), {1, 0})));
    for (int64_t j = i + 1; j < classes; ++j) {
      firsts.push_back(i * (classes - 1) + j - 1);
      seconds.push_back(j * (classes - 1) + i);
    }
  }
  Value all = g.concat(parts, 1);
  Value scores = g.add(g.gather(all, g.integers(firsts, pairs), 1),
                       g.gather(all, g.integers(seconds, pairs), 1));
  scores = addList(node, scores, rho);
  if (!scores)
    return failure();
  return scores;
}

Value PairwiseVectors::arrange(Value first, Value second) {
  if (!first || !second)
    return {};
  SmallVector<int32_t> columns(classes * classes, 2 * pairs);
  int32_t pair = 0;
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = i + 1; j < classes; ++j, ++pair) {
      columns[i * classes + j] = pair;
      columns[j * classes + i] = pairs + pair;
    }
  Value none = g.mul(g.slice(first, 1, 0, 1), g.scalar(first, 0));
  return g.gather(g.concat({first, second, none}, 1),
                  g.integers(columns, {classes, classes}), 1);
}

Value PairwiseVectors::countVotes(Value scores) {
  Value isFirst = g.binary(BinaryKind::Greater, scores, g.scalar(scores, 0));
  Value isSecond = g.unary(UnaryKind::Not, isFirst);
  Value votes = arrange(g.cast(isFirst, g.i64()), g.cast(isSecond, g.i64()));
  return g.reduce(ReduceKind::Sum, votes, {2});
}

Value PairwiseVectors::buildChances(Value scores) {
  Type element = GraphMath::element(scores);
  auto number = [&](double value) { return g.scalar(element, value); };
  Value x = g.add(g.mul(scores, g.floats(slopes, pairs, element)),
                  g.floats(shifts, pairs, element));
  Value first = g.unary(UnaryKind::Sigmoid, g.unary(UnaryKind::Neg, x));
  constexpr double least = 1e-7;
  first = g.binary(BinaryKind::Min, first, number(1 - least));
  first = g.binary(BinaryKind::Max, first, number(least));
  Value second = g.sub(number(1), first);
  return couple(arrange(first, second));
}

/// Wu, Lin, Weng, "Probability estimates for multi-class classification by pairwise
/// coupling", 2004, as libsvm has it: R[i, j] is how likely i is if it is i or j;
/// Q[i, j] = -R[i, j] * R[j, i], Q[i, i] = sum R[j, i]^2; p minimizes p Q p. Rows that are
/// done stay.
Value PairwiseVectors::couple(Value likely) {
  Value position = g.range(g.integer(classes));
  Value isDiagonal = g.binary(BinaryKind::Equal, g.unsqueeze(position, {1}), position);
  Value table = g.where(isDiagonal, g.reduce(ReduceKind::SumSquare, likely, {1}, /*keepdims=*/true),
                        g.unary(UnaryKind::Neg, g.mul(likely, g.transpose(likely, {0, 2, 1}))));
  if (!table)
    return {};
  Type element = GraphMath::element(table);
  auto number = [&](double value) { return g.scalar(element, value); };
  Value shape = g.concat({g.extents(table, 0, 1), node.createInts(classes)});
  Value start = g.expand(number(1.0 / classes), shape);
  auto sum = [&](Value x) { return g.reduce(ReduceKind::Sum, x, {1}, /*keepdims=*/true); };
  // One class after the other; carried: p, Q p, p Q p.
  auto step = [&](Value t, ValueRange carried) -> SmallVector<Value> {
    Value p = carried[0], product = carried[1], total = carried[2];
    Value row = g.gather(table, t, 1);
    auto pick = [&](Value x) { return g.unsqueeze(g.gather(x, t, 1), {1}); };
    Value own = pick(row), diff = g.div(g.sub(total, pick(product)), own);
    Value scale = g.add(diff, number(1));
    Value isOwn = g.cast(g.binary(BinaryKind::Equal, position, t), element);
    Value more = g.mul(diff, g.add(g.mul(diff, own), g.mul(pick(product), number(2))));
    return {g.div(g.add(p, g.mul(diff, isOwn)), scale),
            g.div(g.add(product, g.mul(diff, row)), scale),
            g.div(g.add(total, more), g.mul(scale, scale))};
  };
  constexpr int64_t most = 100;
  double enough = 0.005 / classes;
  auto sweep = [&](Value, ValueRange carried) -> SmallVector<Value> {
    Value p = carried[0];
    Value product = g.squeeze(g.matmul(table, g.unsqueeze(p, {2})), {2});
    Value total = sum(g.mul(p, product)), off = g.unary(UnaryKind::Abs, g.sub(product, total));
    Value error = g.reduce(ReduceKind::Max, off, {1}, /*keepdims=*/true);
    Value isBusy = g.binary(BinaryKind::GreaterOrEqual, error, number(enough));
    SmallVector<Value> next = g.repeat(classes, {p, product, total}, step);
    if (next.empty())
      return {};
    Value busy = g.reduce(ReduceKind::Sum, g.cast(isBusy, g.i64()), {0, 1});
    return {g.where(isBusy, next[0], p), g.binary(BinaryKind::Greater, busy, g.integer(0))};
  };
  SmallVector<Value> result = g.repeat(std::max(most, classes), {start}, sweep);
  return result.empty() ? Value() : result.front();
}

/// Without support vectors: a linear function a class.
static LogicalResult importLinearMachine(NodeImporter &node, Value x,
                                         Value labels) {
  int64_t given = GraphMath::type(labels).getDimSize(0);
  SmallVector<double> rho = getDoubles(node, "rho");
  FailureOr<Value> columns = createColumns(node, "coefficients", getDoubles(node, "coefficients"),
                                           given, x);
  if (failed(columns))
    return failure();
  if (rho.size() < 2 || given < 3) // labels follow other rules then
    return node.emitError() << "a linear machine of " << given << " classes with "
                            << rho.size() << " entries of rho is not supported";
  GraphMath g{node};
  Value scores = g.add(g.matmul(x, *columns), g.scalar(x, rho[0]));
  return bindScores(node, scores, node.getString("post_transform", "NONE"), g.f32(), [&](Value) {
    return g.gather(labels, findBest(node, scores), 0);
  });
}

LogicalResult graphopt::importSVMClassifier(NodeImporter &node) {
  FailureOr<Value> x = readRows(node);
  Value labels = readLabels(node, "classlabels_ints");
  if (failed(x) || node.hasFailed())
    return failure();
  if (!labels)
    return node.emitError("it has no classlabels");
  int64_t given = GraphMath::type(labels).getDimSize(0);
  if (node.getInts("vectors_per_class").empty())
    return importLinearMachine(node, *x, labels);
  PairwiseVectors machine(node);
  if (failed(machine.read(given)))
    return failure();
  FailureOr<Value> functions = machine.buildScores(*x);
  if (failed(functions))
    return failure();
  GraphMath g{node};
  Value scores = *functions;
  StringRef transform = node.getString("post_transform", "NONE");
  if (machine.hasChances) {
    scores = machine.buildChances(scores);
  } else if (machine.classes == 2) {
    if (transform == "PROBIT")
      return node.emitError("post_transform 'PROBIT' of two classes is not supported");
    scores = g.concat({g.unary(UnaryKind::Neg, scores), scores}, 1);
  }
  return bindScores(node, scores, transform, g.f32(), [&](Value) {
    return g.gather(labels, findBest(node, machine.countVotes(*functions)), 0);
  });
}
