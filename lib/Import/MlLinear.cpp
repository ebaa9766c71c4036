// Linear models and support vector machines of ai.onnx.ml.
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static SmallVector<double> getDoubles(NodeImporter &node, StringRef name) {
  SmallVector<float> values = node.getFloats(name);
  return SmallVector<double>(values.begin(), values.end());
}

/// [rows, features] as floats.
static FailureOr<Value> readRows(NodeImporter &node) {
  Value x = node.getInput(0);
  GraphMath g{node};
  if (node.getInputRank(0) == 1)
    x = g.unsqueeze(x, {0});
  else if (node.getInputRank(0) != 2)
    return node.emitError() << "input has rank " << node.getInputRank(0) << ", not 2";
  return toFloats(node, x);
}

/// `values` as `rows` rows, transposed, for a product with rows of features.
static FailureOr<Value> createColumns(NodeImporter &node, StringRef name,
                                      ArrayRef<double> values, int64_t rows, Value x) {
  int64_t count = values.size(), features = GraphMath::type(x).getDimSize(1);
  if (rows < 1 || count == 0 || count % rows ||
      (!ShapedType::isDynamic(features) && features * rows != count))
    return node.emitError() << name << " has " << count << " entries for " << rows
                            << " rows of an input of type " << GraphMath::type(x);
  GraphMath g{node};
  Value matrix = g.floats(values, {rows, count / rows}, GraphMath::element(x));
  return g.transpose(matrix, {1, 0});
}

static Value addList(NodeImporter &node, Value scores, ArrayRef<double> values) {
  if (values.empty() || !scores)
    return scores;
  GraphMath g{node};
  return g.add(scores, g.floats(values, int64_t(values.size()),
                                    GraphMath::element(scores)));
}

static Value findBest(NodeImporter &node, Value scores) {
  if (!scores)
    return {};
  return node.create<ArgOp>(ArgKind::Max, scores, /*axis=*/1, /*keepdims=*/false,
                            /*last=*/false);
}

LogicalResult graphopt::importLinearRegressor(NodeImporter &node) {
  FailureOr<Value> x = readRows(node);
  if (failed(x))
    return failure();
  int64_t targets = node.getInt("targets", 1);
  FailureOr<Value> columns = createColumns(
      node, "coefficients", getDoubles(node, "coefficients"), targets, *x);
  SmallVector<double> intercepts = getDoubles(node, "intercepts");
  int64_t given = intercepts.size();
  if (failed(columns))
    return failure();
  if (given != 0 && given != targets)
    return node.emitError() << "intercepts has " << given << " entries for " << targets
                            << " targets";
  GraphMath g{node};
  Value y = addList(node, g.matmul(*x, *columns), intercepts);
  FailureOr<Value> result =
      transformScores(node, y, node.getString("post_transform", "NONE"));
  if (failed(result))
    return failure();
  y = g.cast(*result, g.f32());
  return y ? node.bind(y) : failure();
}

LogicalResult graphopt::importLinearClassifier(NodeImporter &node) {
  FailureOr<Value> x = readRows(node);
  if (failed(x) || failed(refuseStrings(node, {"classlabels_strings"})))
    return failure();
  SmallVector<double> coefficients = getDoubles(node, "coefficients"),
                      intercepts = getDoubles(node, "intercepts");
  SmallVector<int64_t> labels = node.getInts("classlabels_ints");
  int64_t features = GraphMath::type(*x).getDimSize(1), classes = intercepts.size();
  if (classes == 0)
    classes = ShapedType::isDynamic(features) || features == 0
                  ? std::max<int64_t>(labels.size(), 1)
                  : coefficients.size() / features;
  FailureOr<Value> columns =
      createColumns(node, "coefficients", coefficients, classes, *x);
  if (failed(columns))
    return failure();
  GraphMath g{node};
  Value scores = addList(node, g.matmul(*x, *columns), intercepts);
  bool isBinary = classes == 1 && labels.size() == 2;
  if (isBinary)
    scores = g.concat({g.unary(UnaryKind::Neg, scores), scores}, 1);
  StringRef transform = node.getString("post_transform", "NONE");
  FailureOr<Value> all = transformScores(node, scores, transform);
  if (failed(all))
    return failure();
  if (labels.empty())
    labels = llvm::to_vector(llvm::seq<int64_t>(0, std::max<int64_t>(classes, 2)));
  Value label;
  if (classes > 1 || isBinary) {
    if (labels.size() < static_cast<size_t>(isBinary ? 2 : classes))
      return node.emitError() << "there are " << labels.size() << " labels for "
                              << classes << " classes";
    label = g.gather(node.createInts(labels), findBest(node, *all), 0);
  } else {
    // One class: its label, or 0.
    double threshold = transform == "NONE" ? 0 : 0.5;
    Value isIn = g.binary(BinaryKind::GreaterOrEqual, *all, g.scalar(*all, threshold));
    int64_t own = node.getInts("classlabels_ints").empty() ? 1 : labels.front();
    label = g.squeeze(g.where(isIn, g.integer(own), g.integer(0)), {1});
  }
  Value result = g.cast(*all, g.f32());
  return label && result ? node.bind({label, result}) : failure();
}

//===----------------------------------------------------------------------===//
// Support vectors
//===----------------------------------------------------------------------===//

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
  FailureOr<Value> result =
      transformScores(node, y, node.getString("post_transform", "NONE"));
  if (failed(result))
    return failure();
  y = g.cast(*result, g.f32());
  return y ? node.bind(y) : failure();
}
