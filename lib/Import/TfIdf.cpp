// TfIdfVectorizer.
#include "dialects/Graph/Text.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Text.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// The attributes.
struct Vocabulary {
  SmallVector<int64_t> numbers; ///< all n-grams, one after the other
  SmallVector<StringRef> words; ///< the strings that they stand for, if any
  SmallVector<int64_t> starts;  ///< where those of each length begin
  SmallVector<int64_t> columns; ///< one an n-gram
  int64_t least, most, skips, width;
};
} // namespace

/// Strings as numbers: that of their first place.
static void numberWords(Vocabulary &vocabulary, ArrayRef<StringRef> pool) {
  llvm::StringMap<int64_t> known;
  for (StringRef word : pool) {
    auto [place, isNew] = known.try_emplace(word, vocabulary.words.size());
    if (isNew)
      vocabulary.words.push_back(word);
    vocabulary.numbers.push_back(place->second);
  }
}

static FailureOr<Vocabulary> readVocabulary(NodeImporter &node) {
  Vocabulary v;
  bool isOfText = isText(node.getInput(0));
  if (isOfText)
    numberWords(v, node.getStrings("pool_strings"));
  else
    v.numbers = node.getInts("pool_int64s");
  v.starts = node.getInts("ngram_counts");
  v.columns = node.getInts("ngram_indexes");
  v.least = node.getInt("min_gram_length");
  v.most = node.getInt("max_gram_length");
  v.skips = node.getInt("max_skip_count");
  int64_t lengths = v.starts.size(), end = v.numbers.size(), grams = 0;
  if (v.numbers.empty())
    return node.emitError() << "it has no "
                            << (isOfText ? "pool_strings" : "pool_int64s");
  if (v.least < 1 || v.most < v.least || v.skips < 0 || v.most > lengths)
    return node.emitError() << "n-grams of " << v.least << " to " << v.most << " with "
                            << v.skips << " skips, but ngram_counts has " << lengths
                            << " entries";
  v.starts.push_back(end);
  for (int64_t i = 0; i < lengths; ++i) {
    int64_t size = v.starts[i + 1] - v.starts[i];
    if (v.starts[i] < 0 || size < 0 || size % (i + 1))
      return node.emitError() << "ngram_counts does not fit a pool of " << end;
    grams += size / (i + 1);
  }
  if (grams != int64_t(v.columns.size()))
    return node.emitError() << "ngram_indexes has " << v.columns.size()
                            << " entries for " << grams << " n-grams";
  constexpr int64_t kMostColumns = 1 << 24;
  v.width = 1 + *llvm::max_element(v.columns);
  if (llvm::any_of(v.columns, [](int64_t i) { return i < 0 || i >= kMostColumns; }))
    return node.emitError("ngram_indexes has an entry that is no index");
  return v;
}

/// The table of graph.count_ngrams.
static SmallVector<int64_t> buildTable(const Vocabulary &v) {
  SmallVector<int64_t> table;
  const int64_t *column = v.columns.begin();
  for (int64_t length = 1; length <= v.most; ++length) {
    int64_t size = v.starts[length] - v.starts[length - 1];
    ArrayRef<int64_t> rest = ArrayRef(v.numbers).slice(v.starts[length - 1], size);
    std::map<SmallVector<int64_t>, int64_t> grams; // in order
    for (; !rest.empty(); rest = rest.drop_front(length))
      grams[SmallVector<int64_t>(rest.take_front(length))] = *column++;
    table.push_back(grams.size());
    for (const auto &[numbers, index] : grams) {
      llvm::append_range(table, numbers);
      table.push_back(index);
    }
  }
  return table;
}

LogicalResult graphopt::importTfIdfVectorizer(NodeImporter &node) {
  GraphMath g{node};
  FailureOr<Vocabulary> vocabulary = readVocabulary(node);
  if (failed(vocabulary))
    return failure();
  const Vocabulary &v = *vocabulary;
  int64_t rank = node.getInputRank(0);
  if (rank != 1 && rank != 2)
    return node.emitError() << "input has rank " << rank << ", not 1 or 2";
  Value x = isText(node.getInput(0)) ? findStrings(node, node.getInput(0), v.words)
                                     : g.cast(node.getInput(0), g.i64());
  if (rank == 1)
    x = g.unsqueeze(x, {0});
  Value table = node.createInts(buildTable(v));
  if (!x)
    return failure();
  Value y = node.create<CountNgramsOp>(x, table, v.least, v.most, v.skips, v.width);
  StringRef mode = node.getString("mode");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return node.emitError() << "mode '" << mode << "' is not known";
  if (mode == "IDF")
    y = g.binary(BinaryKind::Min, y, g.scalar(y, 1));
  SmallVector<float> weights = node.getFloats("weights");
  if (mode != "TF" && !weights.empty()) {
    if (int64_t(weights.size()) != v.width)
      return node.emitError() << "weights has " << weights.size() << " entries for "
                              << v.width << " columns";
    SmallVector<double> factors(weights.begin(), weights.end());
    y = g.mul(y, g.floats(factors, v.width, g.f32()));
  }
  if (rank == 1)
    y = g.squeeze(y, {0});
  return y ? node.bind(y) : failure();
}
