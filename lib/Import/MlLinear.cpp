// Linear models of ai.onnx.ml.
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

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
  return bindScores(node, addList(node, g.matmul(*x, *columns), intercepts),
                    node.getString("post_transform", "NONE"), g.f32());
}

LogicalResult graphopt::importLinearClassifier(NodeImporter &node) {
  FailureOr<Value> x = readRows(node);
  Value labels = readLabels(node, "classlabels_ints");
  if (failed(x) || node.hasFailed())
    return failure();
  SmallVector<double> coefficients = getDoubles(node, "coefficients"),
                      intercepts = getDoubles(node, "intercepts");
  int64_t given = labels ? GraphMath::type(labels).getDimSize(0) : 0;
  int64_t features = GraphMath::type(*x).getDimSize(1), classes = intercepts.size();
  if (classes == 0)
    classes = ShapedType::isDynamic(features) || features == 0
                  ? std::max<int64_t>(given, 1)
                  : coefficients.size() / features;
  FailureOr<Value> columns =
      createColumns(node, "coefficients", coefficients, classes, *x);
  if (failed(columns))
    return failure();
  GraphMath g{node};
  Value scores = addList(node, g.matmul(*x, *columns), intercepts);
  bool isBinary = classes == 1 && given == 2;
  if (isBinary)
    scores = g.concat({g.unary(UnaryKind::Neg, scores), scores}, 1);
  StringRef transform = node.getString("post_transform", "NONE");
  if (classes == 1 && !isBinary) {
    // Its label, or none.
    double threshold = transform == "NONE" ? 0 : 0.5;
    Value own = labels ? g.slice(labels, 0, 0, 1) : node.createInts(1);
    return bindScores(node, scores, transform, g.f32(), [&](Value all) {
      Value isIn = g.binary(BinaryKind::GreaterOrEqual, all, g.scalar(all, threshold));
      return g.squeeze(g.where(isIn, own, noLabel(node, own)), {1});
    });
  }
  if (!labels)
    labels = node.createInts(llvm::to_vector(llvm::seq<int64_t>(0, classes)));
  else if (given < (isBinary ? 2 : classes))
    return node.emitError() << "there are " << given << " labels for " << classes
                            << " classes";
  return bindScores(node, scores, transform, g.f32(), [&](Value all) {
    return g.gather(labels, findBest(node, all), 0);
  });
}
