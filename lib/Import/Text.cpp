// Operators on strings.
#include "lib/Import/Text.h"
#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Text.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Regex.h"
#include "lib/Runtime/Strings.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

bool graphopt::isText(Value value) {
  auto type = value ? dyn_cast<RankedTensorType>(value.getType()) : nullptr;
  return type && isa<StringType>(type.getElementType());
}

std::optional<SmallVector<StringRef>> graphopt::getConstantStrings(Value value) {
  DenseStringElementsAttr strings;
  if (!matchPattern(value, m_Constant(&strings)))
    return std::nullopt;
  return llvm::to_vector(strings.getValues<StringRef>());
}

Value graphopt::findStrings(NodeImporter &node, Value x, ArrayRef<StringRef> list) {
  GraphMath g{node};
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, list.size()));
  llvm::stable_sort(order, [&](int64_t a, int64_t b) { return list[a] < list[b]; });
  // Of equal ones the first.
  order.erase(llvm::unique(order, [&](int64_t a, int64_t b) { return list[a] == list[b]; }),
              order.end());
  SmallVector<StringRef> sorted =
      llvm::map_to_vector(order, [&](int64_t i) { return list[i]; });
  order.push_back(list.size());
  Value keys = node.createStrings(sorted);
  if (!x || !keys)
    return {};
  return g.gather(node.createInts(order), node.create<StringFindOp>(x, keys), 0);
}

LogicalResult graphopt::importStringConcat(NodeImporter &node) {
  return node.finish<StringConcatOp>(node.getInput(0), node.getInput(1));
}

LogicalResult graphopt::importStringSplit(NodeImporter &node) {
  StringRef delimiter = node.getString("delimiter");
  int64_t most = node.getInt("maxsplit", -1);
  if (delimiter.contains('\0'))
    return node.emitError("delimiter has a byte that is 0");
  return node.finish<StringSplitOp>(node.getInput(0), delimiter,
                                    most < 0 ? -1 : most);
}

LogicalResult graphopt::importRegexFullMatch(NodeImporter &node) {
  StringRef pattern = node.getString("pattern");
  auto automaton = compileRegex(pattern);
  if (!automaton)
    return node.emitError() << "pattern '" << pattern
                            << "': " << llvm::toString(automaton.takeError());
  Value table = GraphMath{node}.integers(*automaton, int64_t(automaton->size()));
  return node.finish<StringMatchOp>(pattern, node.getInput(0), table);
}

//===--- StringNormalizer ------------------------------------------------===//

/// `words`, or what the run makes of them.
static std::vector<std::string> changeCase(ArrayRef<StringRef> words, bool isExact,
                                           Case wanted) {
  std::vector<std::string> all(words.begin(), words.end());
  if (isExact)
    return all;
  std::vector<const char *> in, out(all.size());
  for (const std::string &word : all)
    in.push_back(word.c_str());
  graphopt_run run = {};
  auto *change = wanted == Case::Upper ? graphopt_string_upper : graphopt_string_lower;
  change(&run, in.size(), in.data(), out.data());
  if (run.status == GRAPHOPT_OK)
    all.assign(out.begin(), out.end());
  graphopt_release_blocks(&run);
  return all;
}

/// Leaves out those of the list `x` whose `compared` form is in `words`; an empty
/// string is left if nothing is.
static Value dropWords(NodeImporter &node, Value x, Value compared,
                       ArrayRef<std::string> words) {
  GraphMath g{node};
  SmallVector<StringRef> list(words.begin(), words.end());
  Value found = findStrings(node, compared, list);
  Value isKept = g.binary(BinaryKind::Equal, found, g.integer(list.size()));
  // One more in front: a list without elements has no greatest one.
  Value flags = g.concat({node.createInts(0), g.cast(isKept, g.i64())});
  Value kept = g.reduce(ReduceKind::Max, flags, {0}, /*keepdims=*/true);
  Value isNone = g.binary(BinaryKind::Equal, kept, g.integer(0));
  Value all = g.concat({x, node.createStrings({""})});
  Value condition = g.concat({isKept, isNone});
  return all && condition ? Value(node.create<CompressOp>(all, condition, 0)) : Value();
}

LogicalResult graphopt::importStringNormalizer(NodeImporter &node) {
  GraphMath g{node};
  StringRef action = node.getString("case_change_action", "NONE");
  bool isExact = node.getInt("is_case_sensitive");
  SmallVector<StringRef> words = node.getStrings("stopwords");
  int64_t rank = node.getInputRank(0);
  if (action != "NONE" && action != "LOWER" && action != "UPPER")
    return node.emitError() << "case_change_action '" << action << "' is not known";
  if (rank != 1 && rank != 2)
    return node.emitError() << "input has rank " << rank << ", not 1 or 2";
  auto change = [&](Value x, Case to) -> Value {
    return x ? Value(node.create<StringCaseOp>(to, x)) : Value();
  };
  Case wanted = action == "UPPER" ? Case::Upper : Case::Lower;
  Value x = node.getInput(0);
  if (rank == 2 && !words.empty())
    x = g.squeeze(x, {0});
  Value changed = action == "NONE" ? x : change(x, wanted);
  Value result = changed;
  if (!words.empty()) {
    std::vector<std::string> list = changeCase(words, isExact, wanted);
    Value compared = isExact ? x : change(x, wanted);
    result = dropWords(node, changed, compared, list);
    if (rank == 2)
      result = g.unsqueeze(result, {0});
  }
  return result ? node.bind(result) : failure();
}
