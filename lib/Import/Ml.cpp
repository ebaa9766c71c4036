#include "lib/Import/Ml.h"
#include "lib/Import/Text.h"
#include "dialects/Graph/Normalization.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

Value graphopt::toFloats(NodeImporter &node, Value input) {
  GraphMath g{node};
  return g.cast(input, GraphMath::element(input).isF64() ? g.f64() : g.f32());
}

FailureOr<SmallVector<double>> graphopt::readFloats(NodeImporter &node,
                                                    StringRef name) {
  std::string tensor = (name + "_as_tensor").str();
  if (!node.hasAttribute(tensor)) {
    SmallVector<float> values = node.getFloats(name);
    return SmallVector<double>(values.begin(), values.end());
  }
  Value value = node.getTensor(tensor);
  if (!value)
    return failure();
  if (std::optional<SmallVector<double>> values = node.getConstantFloats(value))
    return std::move(*values);
  return node.emitError() << "attribute '" << tensor << "' holds no floats";
}

SmallVector<double> graphopt::getDoubles(NodeImporter &node, StringRef name) {
  SmallVector<float> values = node.getFloats(name);
  return SmallVector<double>(values.begin(), values.end());
}

FailureOr<Value> graphopt::readRows(NodeImporter &node) {
  Value x = node.getInput(0);
  GraphMath g{node};
  if (node.getInputRank(0) == 1)
    x = g.unsqueeze(x, {0});
  else if (node.getInputRank(0) != 2)
    return node.emitError() << "input has rank " << node.getInputRank(0) << ", not 2";
  return toFloats(node, x);
}

FailureOr<Value> graphopt::createColumns(NodeImporter &node, StringRef name,
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

Value graphopt::addList(NodeImporter &node, Value scores, ArrayRef<double> values) {
  if (values.empty() || !scores)
    return scores;
  GraphMath g{node};
  return g.add(scores, g.floats(values, int64_t(values.size()),
                                    GraphMath::element(scores)));
}

Value graphopt::findBest(NodeImporter &node, Value scores) {
  if (!scores)
    return {};
  return node.create<ArgOp>(ArgKind::Max, scores, /*axis=*/1, /*keepdims=*/false,
                            /*last=*/false);
}

Value graphopt::readLabels(NodeImporter &node, StringRef numbers) {
  if (SmallVector<StringRef> labels = node.getStrings("classlabels_strings");
      !labels.empty())
    return node.createStrings(labels);
  SmallVector<int64_t> labels = node.getInts(numbers);
  return labels.empty() ? Value() : node.createInts(labels);
}

Value graphopt::noLabel(NodeImporter &node, Value labels) {
  return isText(labels) ? node.createStrings({""}) : node.createInts(0);
}

/// The inverse of the error function, as ONNX Runtime approximates it (Winitzki, "A
/// handy approximation for the error function and its inverse", 2008).
static Value buildInverseErf(GraphMath g, Value x) {
  constexpr double a = 0.147;
  Value one = g.scalar(x, 1);
  Value rest = g.mul(g.sub(one, x), g.add(one, x));
  Value log = g.unary(UnaryKind::Log, rest);
  Value v = g.add(g.scalar(x, 2 / (llvm::numbers::pi * a)), g.mul(log, g.scalar(x, 0.5)));
  Value squared = g.sub(g.mul(v, v), g.mul(log, g.scalar(x, 1 / a)));
  Value root = g.unary(UnaryKind::Sqrt, g.sub(g.unary(UnaryKind::Sqrt, squared), v));
  Value isNone = g.binary(BinaryKind::Equal, rest, g.scalar(x, 0));
  return g.where(isNone, g.scalar(x, 0), g.mul(g.unary(UnaryKind::Sign, x), root));
}

/// The softmax of what is not 0, which stays so nearly.
static Value buildSoftmaxZero(GraphMath g, Value scores) {
  constexpr double nothing = 1e-7;
  Value most = g.reduce(ReduceKind::Max, scores, {1}, /*keepdims=*/true);
  Value isSome = g.binary(BinaryKind::Greater, g.unary(UnaryKind::Abs, scores),
                          g.scalar(scores, nothing));
  Value some = g.unary(UnaryKind::Exp, g.sub(scores, most));
  Value none = g.mul(scores, g.unary(UnaryKind::Exp, g.unary(UnaryKind::Neg, most)));
  Value terms = g.where(isSome, some, none);
  Value sum = g.reduce(ReduceKind::Sum, terms, {1}, /*keepdims=*/true);
  Value isEmpty = g.binary(BinaryKind::Equal, sum, g.scalar(scores, 0));
  return g.where(isEmpty, g.scalar(scores, 0.5), g.div(terms, sum));
}

/// Scores [rows, classes] after the function that `post_transform` names.
static FailureOr<Value> transformScores(NodeImporter &node, Value scores, StringRef name) {
  GraphMath g{node};
  Value result;
  if (name == "NONE")
    result = scores;
  else if (name == "LOGISTIC")
    result = g.unary(UnaryKind::Sigmoid, scores);
  else if (name == "SOFTMAX")
    result = scores ? Value(node.create<SoftmaxOp>(scores, /*axis=*/1)) : Value();
  else if (name == "SOFTMAX_ZERO")
    result = buildSoftmaxZero(g, scores);
  else if (name == "PROBIT")
    result = g.mul(buildInverseErf(g, g.sub(g.mul(scores, g.scalar(scores, 2)),
                                            g.scalar(scores, 1))),
                   g.scalar(scores, std::sqrt(2.0)));
  else
    return node.emitError() << "post_transform '" << name << "' is not known";
  if (!result)
    return failure();
  return result;
}

LogicalResult graphopt::bindScores(NodeImporter &node, Value scores, StringRef transform,
                                   Type type, function_ref<Value(Value)> findLabel) {
  if (!scores)
    return failure();
  FailureOr<Value> all = transformScores(node, scores, transform);
  if (failed(all))
    return failure();
  Value result = GraphMath{node}.cast(*all, type);
  if (!findLabel)
    return result ? node.bind(result) : failure();
  Value label = findLabel(*all);
  return result && label ? node.bind({label, result}) : failure();
}
