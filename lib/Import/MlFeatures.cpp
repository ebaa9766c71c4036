// Operators of ai.onnx.ml that prepare features.
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"
#include "lib/Import/Text.h"
#include <cmath>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static LogicalResult bindOne(NodeImporter &node, Value value) {
  return value ? node.bind(value) : failure();
}

/// Elements of the last dimension; of a list, as a row.
LogicalResult graphopt::importArrayFeatureExtractor(NodeImporter &node) {
  GraphMath g{node};
  Value input = node.getInput(0);
  if (node.getInputRank(0) == 0)
    return node.emitError("input is a scalar");
  if (node.getInputRank(0) == 1)
    input = g.unsqueeze(input, {0});
  Value places = node.getInput(1);
  if (places && GraphMath::type(places).getRank() != 1)
    places = node.create<ReshapeOp>(places, node.createInts(-1), /*allowZero=*/false);
  int64_t axis = input ? GraphMath::type(input).getRank() - 1 : 0;
  return bindOne(node, g.gather(input, places, axis));
}

LogicalResult graphopt::importBinarizer(NodeImporter &node) {
  GraphMath g{node};
  Value x = node.getInput(0);
  Value isAbove = g.binary(BinaryKind::Greater, x,
                           g.scalar(x, node.getFloat("threshold")));
  return bindOne(node, g.cast(isAbove, GraphMath::element(x)));
}

/// Each input, cut off or continued by zeros, beside the others.
LogicalResult graphopt::importFeatureVectorizer(NodeImporter &node) {
  GraphMath g{node};
  SmallVector<int64_t> widths = node.getInts("inputdimensions");
  if (widths.size() != node.getNumInputs())
    return node.emitError() << "inputdimensions has " << widths.size()
                            << " entries for " << node.getNumInputs() << " inputs";
  SmallVector<Value> parts;
  for (auto [i, width] : llvm::enumerate(widths)) {
    Value x = node.getInput(i);
    int64_t rank = node.getInputRank(i);
    if ((rank != 1 && rank != 2) || width < 0)
      return node.emitError() << "input " << i << " has rank " << rank << " and width "
                              << width;
    if (rank == 1)
      x = g.unsqueeze(x, {1});
    x = g.cast(g.slice(x, 1, 0, width), g.f32());
    Value missing = g.sub(node.createInts(width), g.extents(x, 1, 2));
    Value pads = g.concat({node.createInts({0, 0, 0}), missing});
    if (!pads)
      return failure();
    parts.push_back(node.create<PadOp>(PadMode::Constant, x, pads, Value(), Value()));
  }
  return bindOne(node, g.concat(parts, 1));
}

LogicalResult graphopt::importImputer(NodeImporter &node) {
  GraphMath g{node};
  Value x = node.getInput(0);
  Type element = GraphMath::element(x);
  bool isFloat = isa<FloatType>(element);
  SmallVector<double> values;
  if (isFloat)
    llvm::append_range(values, node.getFloats("imputed_value_floats"));
  else
    llvm::append_range(values, node.getInts("imputed_value_int64s"));
  int64_t count = values.size(), width = 0;
  if (node.getInputRank(0) > 0)
    width = node.getInputType(0).getShape().back();
  if (count == 0 || (count != 1 && !ShapedType::isDynamic(width) && width != count))
    return node.emitError() << "there are " << count << " values for an input of type "
                            << node.getInputType(0);
  Value replacement =
      isFloat ? g.floats(values, count, g.f64())
              : node.createInts(node.getInts("imputed_value_int64s"));
  replacement = g.cast(replacement, element);
  double replaced = node.getFloat("replaced_value_float");
  Value isMissing;
  if (isFloat && std::isnan(replaced))
    isMissing = g.unary(UnaryKind::IsNaN, x);
  else
    isMissing = g.binary(BinaryKind::Equal, x,
                         g.scalar(element, isFloat ? replaced
                                                   : node.getInt("replaced_value_int64")));
  return bindOne(node, g.where(isMissing, replacement, x));
}

LogicalResult graphopt::importNormalizer(NodeImporter &node) {
  GraphMath g{node};
  StringRef norm = node.getString("norm");
  Value x = g.cast(node.getInput(0), g.f32());
  int64_t rank = node.getInputRank(0);
  if (rank != 1 && rank != 2)
    return node.emitError() << "input has rank " << rank << ", not 1 or 2";
  Value magnitude = g.unary(UnaryKind::Abs, x), divisor;
  SmallVector<int64_t> axes{rank - 1};
  if (norm == "MAX")
    divisor = g.reduce(ReduceKind::Max, magnitude, axes, /*keepdims=*/true);
  else if (norm == "L1")
    divisor = g.reduce(ReduceKind::L1, x, axes, /*keepdims=*/true);
  else if (norm == "L2")
    divisor = g.reduce(ReduceKind::L2, x, axes, /*keepdims=*/true);
  else
    return node.emitError() << "norm '" << norm << "' is not known";
  divisor = g.binary(BinaryKind::Max, divisor, g.scalar(x, 1e-30));
  return bindOne(node, g.div(x, divisor));
}

LogicalResult graphopt::importScaler(NodeImporter &node) {
  GraphMath g{node};
  Value x = g.cast(node.getInput(0), g.f32());
  int64_t rank = node.getInputRank(0);
  int64_t width = rank ? node.getInputType(0).getShape().back() : 1;
  auto apply = [&](StringRef name, auto combine) -> LogicalResult {
    SmallVector<float> given = node.getFloats(name);
    SmallVector<double> values(given.begin(), given.end());
    int64_t count = values.size();
    if (count == 0)
      return success();
    if (count != 1 && !ShapedType::isDynamic(width) && count != width)
      return node.emitError() << name << " has " << count << " entries for an input of "
                              << "type " << node.getInputType(0);
    x = combine(x, g.floats(values, count, g.f32()));
    return success(bool(x));
  };
  if (failed(apply("offset", [&](Value x, Value y) { return g.sub(x, y); })) ||
      failed(apply("scale", [&](Value x, Value y) { return g.mul(x, y); })))
    return failure();
  return bindOne(node, x);
}

/// A new last dimension that says which of the categories an element is.
LogicalResult graphopt::importOneHotEncoder(NodeImporter &node) {
  GraphMath g{node};
  SmallVector<int64_t> categories = node.getInts("cats_int64s");
  SmallVector<StringRef> words = node.getStrings("cats_strings");
  Value input = node.getInput(0);
  if (isText(input)) {
    input = findStrings(node, input, words);
    categories = llvm::to_vector(llvm::seq<int64_t>(0, words.size()));
  }
  if (categories.empty())
    return node.emitError() << "it has no cats_" << (isText(node.getInput(0)) ? "strings" : "int64s");
  // Without `zeros` an element of no category is an error, which ONNX Runtime does not
  // look for either.
  Value x = g.unsqueeze(g.cast(input, g.i64()), {node.getInputRank(0)});
  Value isCategory = g.binary(BinaryKind::Equal, x, node.createInts(categories));
  return bindOne(node, g.cast(isCategory, g.f32()));
}

//===----------------------------------------------------------------------===//
// LabelEncoder
//===----------------------------------------------------------------------===//

/// A list: what one of the four attributes holds, null without any.
static FailureOr<Value> readList(NodeImporter &node, StringRef what) {
  auto name = [&](StringRef kind) { return (what + kind).str(); };
  if (node.hasAttribute(name("_tensor")))
    return node.getTensor(name("_tensor"));
  if (node.hasAttribute(name("_int64s")))
    return node.createInts(node.getInts(name("_int64s")));
  if (node.hasAttribute(name("_floats"))) {
    SmallVector<float> given = node.getFloats(name("_floats"));
    SmallVector<double> values(given.begin(), given.end());
    return GraphMath{node}.floats(values, int64_t(values.size()),
                                  node.getBuilder().getF32Type());
  }
  if (node.hasAttribute(name("_strings")))
    return node.createStrings(node.getStrings(name("_strings")));
  return node.emitError() << "it has no " << what;
}

/// All keys are compared.
Value graphopt::findNumbers(NodeImporter &node, Value x, Value keys) {
  GraphMath g{node};
  int64_t rank = GraphMath::type(x).getRank(), count = GraphMath::type(keys).getDimSize(0);
  Value each = g.unsqueeze(x, {rank});
  Value isKey = g.binary(BinaryKind::Equal, each, keys);
  if (isa<FloatType>(GraphMath::element(x))) // not a number is a key, too
    isKey = g.binary(BinaryKind::Or, isKey,
                     g.binary(BinaryKind::And, g.unary(UnaryKind::IsNaN, each),
                              g.unary(UnaryKind::IsNaN, keys)));
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(0, count));
  Value place = g.where(isKey, node.createInts(places), g.integer(count));
  return g.reduce(ReduceKind::Min, place, {rank});
}

/// That of the first of `keys` that an element equals, or else `otherwise`.
static LogicalResult bindValues(NodeImporter &node, Value keys, Value values,
                                Value otherwise) {
  GraphMath g{node};
  Value x = node.getInput(0);
  if (!keys || !values || !otherwise)
    return failure();
  if (GraphMath::type(keys).getRank() != 1 ||
      GraphMath::type(keys).getShape() != GraphMath::type(values).getShape())
    return node.emitError() << "keys have type " << GraphMath::type(keys)
                            << ", values " << GraphMath::type(values);
  if (GraphMath::element(x) != GraphMath::element(keys))
    return node.emitError() << "input has type " << GraphMath::type(x) << ", keys "
                            << GraphMath::type(keys);
  std::optional<SmallVector<StringRef>> words = getConstantStrings(keys);
  Value place = words ? findStrings(node, x, *words) : findNumbers(node, x, keys);
  Value all = g.concat({values, g.reshape(otherwise, node.createInts(1))});
  return bindOne(node, g.gather(all, place, 0));
}

/// Before opset 2 of ai.onnx.ml: strings have the numbers of their places.
static LogicalResult importClasses(NodeImporter &node) {
  GraphMath g{node};
  SmallVector<StringRef> classes = node.getStrings("classes_strings");
  Value words = node.createStrings(classes);
  Value places = node.createInts(llvm::to_vector(llvm::seq<int64_t>(0, classes.size())));
  if (isText(node.getInput(0)))
    return bindValues(node, words, places, g.integer(node.getInt("default_int64", -1)));
  return bindValues(node, places, words,
                    node.createStrings(node.getString("default_string", "_Unused")));
}

LogicalResult graphopt::importCategoryMapper(NodeImporter &node) {
  GraphMath g{node};
  Value words = node.createStrings(node.getStrings("cats_strings"));
  Value numbers = node.createInts(node.getInts("cats_int64s"));
  if (isText(node.getInput(0)))
    return bindValues(node, words, numbers, g.integer(node.getInt("default_int64", -1)));
  return bindValues(node, numbers, words,
                    node.createStrings(node.getString("default_string", "_Unused")));
}

LogicalResult graphopt::importLabelEncoder(NodeImporter &node) {
  if (node.hasAttribute("classes_strings"))
    return importClasses(node);
  GraphMath g{node};
  FailureOr<Value> keys = readList(node, "keys"), values = readList(node, "values");
  if (failed(keys) || failed(values) || !*keys || !*values)
    return failure();
  Type element = GraphMath::element(*values);
  Value otherwise;
  if (node.hasAttribute("default_tensor"))
    otherwise = node.getTensor("default_tensor");
  else if (isText(*values))
    otherwise = node.createStrings(node.getString("default_string", "_Unused"));
  else if (isa<FloatType>(element))
    otherwise = g.scalar(element, node.getFloat("default_float"));
  else
    otherwise = g.scalar(element, node.getInt("default_int64", -1));
  return bindValues(node, *keys, *values, otherwise);
}
