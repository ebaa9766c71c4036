// Operators of ai.onnx.ml on maps. These are two lists here: keys and values (see
// splitMaps).
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Sorting.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Ml.h"
#include "lib/Import/Text.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Each row of the input has the same keys.
LogicalResult graphopt::importZipMap(NodeImporter &node) {
  GraphMath g{node};
  Value keys = readLabels(node, "classlabels_int64s");
  if (!keys)
    return node.emitError("it has no class labels");
  int64_t rank = node.getInputRank(0), count = GraphMath::type(keys).getDimSize(0);
  if (rank != 1 && rank != 2)
    return node.emitError() << "input has rank " << rank << ", not 1 or 2";
  Value x = rank == 1 ? g.unsqueeze(node.getInput(0), {0}) : node.getInput(0);
  int64_t columns = x ? GraphMath::type(x).getDimSize(1) : count;
  if (!ShapedType::isDynamic(columns) && columns != count)
    return node.emitError() << "there are " << count << " class labels for an input of type "
                            << node.getInputType(0);
  Value values = g.reshape(x, g.concat({g.extents(x, 0, 1), node.createInts(count)}));
  return keys && values ? node.bind({keys, values}) : failure();
}

/// As many of 0, or of empty strings.
static Value createNothing(NodeImporter &node, int64_t count, Type element) {
  if (isa<StringType>(element))
    return node.createStrings(SmallVector<StringRef>(count, ""));
  GraphMath g{node};
  return g.expand(g.scalar(element, 0), node.createInts(SmallVector<int64_t>{count}));
}

/// A row of `count` values: each at its place. The run refuses one beyond `most`.
static LogicalResult bindRow(NodeImporter &node, Value values, Value places, int64_t count,
                             int64_t most) {
  GraphMath g{node};
  if (!values || !places)
    return failure();
  Value none = createNothing(node, most + 1, GraphMath::element(values));
  Value all = node.create<ScatterElementsOp>(values, none, places, /*axis=*/int64_t(0),
                                             BinaryKindAttr());
  Value row = g.unsqueeze(g.slice(all, 0, 0, count), {0});
  return row ? node.bind(row) : failure();
}

LogicalResult graphopt::importDictVectorizer(NodeImporter &node) {
  Value keys = node.getInput(0), values = node.getInput(1);
  SmallVector<StringRef> words = node.getStrings("string_vocabulary");
  SmallVector<int64_t> numbers = node.getInts("int64_vocabulary");
  if (!keys || !values)
    return node.emitError("input is no map");
  if (isText(keys) ? words.empty() : numbers.empty())
    return node.emitError() << "it has no vocabulary for keys of type "
                            << GraphMath::element(keys);
  auto isRepeated = [](auto list) {
    llvm::sort(list);
    return std::adjacent_find(list.begin(), list.end()) != list.end();
  };
  if (isText(keys) ? isRepeated(words) : isRepeated(numbers))
    return node.emitError("a vocabulary with equal entries is not supported");
  if (isText(keys))
    return bindRow(node, values, findStrings(node, keys, words), words.size(),
                   words.size());
  return bindRow(node, values, findNumbers(node, keys, node.createInts(numbers)),
                 numbers.size(), numbers.size());
}

/// All values, by their keys: one after the other, or each at the place that its key is.
LogicalResult graphopt::importCastMap(NodeImporter &node) {
  GraphMath g{node};
  Value keys = node.getInput(0), values = node.getInput(1);
  if (!keys || !values || !GraphMath::element(keys).isInteger(64))
    return node.emitError("input is no map of integers");
  StringRef to = node.getString("cast_to", "TO_FLOAT"),
            form = node.getString("map_form", "DENSE");
  Type element = to == "TO_FLOAT"   ? g.f32()
                 : to == "TO_INT64" ? g.i64()
                 : to == "TO_STRING" ? Type(StringType::get(node.getContext()))
                                     : Type();
  if (!element)
    return node.emitError() << "cast_to '" << to << "' is not known";
  if (form != "DENSE" && form != "SPARSE")
    return node.emitError() << "map_form '" << form << "' is not known";
  values = isText(values) || isa<StringType>(element) ? castText(node, values, element)
                                                       : g.cast(values, element);
  if (form == "SPARSE") {
    int64_t count = node.getInt("max_map", 1);
    if (count < 1)
      return node.emitError() << "max_map is " << count;
    // Negative ones count from the end there.
    Value isKey = g.binary(BinaryKind::GreaterOrEqual, keys, g.integer(0));
    return bindRow(node, values, g.where(isKey, keys, g.integer(count)), count,
                   count - 1);
  }
  auto order = node.create<TopKOp>(keys, g.shape(keys), /*axis=*/int64_t(0),
                                   /*largest=*/false, /*sorted=*/true);
  Value sorted = order ? g.gather(values, order.getIndices(), 0) : Value();
  Value row = g.unsqueeze(sorted, {0});
  return row ? node.bind(row) : failure();
}
