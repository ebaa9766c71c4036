#include "dialects/Graph/Einsum.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace graphopt::graph;

/// The labels of a term; dimensions beside its letters belong to the ellipsis,
/// `rank` < 0 stands for the output, whose ellipsis has `ellipsisRank` of them.
static FailureOr<EinsumEquation::Labels> parseTerm(std::optional<Location> loc,
                                                   StringRef term, int64_t rank,
                                                   int64_t ellipsisRank) {
  auto [before, after] = term.split("...");
  bool hasEllipsis = term.contains("...");
  std::string letters = (before + after).str();
  if (!llvm::all_of(letters, llvm::isAlpha))
    return emitOptionalError(loc, "'", term, "' is no term of an equation");
  if (hasEllipsis && rank >= 0)
    ellipsisRank = rank - static_cast<int64_t>(letters.size());
  if (!hasEllipsis)
    ellipsisRank = 0;
  if (rank >= 0 && static_cast<int64_t>(letters.size()) + ellipsisRank != rank)
    return emitOptionalError(loc, "term '", term, "' does not fit to rank ",
                             rank);
  if (ellipsisRank < 0)
    return emitOptionalError(loc, "term '", term, "' does not fit to rank ",
                             rank);
  EinsumEquation::Labels labels(before.begin(), before.end());
  for (int64_t i = ellipsisRank - 1; i >= 0; --i)
    labels.push_back(EinsumEquation::firstEllipsis + i);
  labels.append(after.begin(), after.end());
  return labels;
}

FailureOr<EinsumEquation> EinsumEquation::parse(std::optional<Location> loc,
                                                StringRef given,
                                                ArrayRef<int64_t> ranks) {
  std::string text;
  llvm::copy_if(given, std::back_inserter(text),
                [](char c) { return c != ' '; });
  StringRef all = text;
  auto [left, right] = all.split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != ranks.size())
    return emitOptionalError(loc, "equation has ", terms.size(), " terms for ",
                             ranks.size(), " inputs");
  EinsumEquation equation;
  int64_t ellipsisRank = 0;
  llvm::DenseMap<int, unsigned> uses;
  for (auto [term, rank] : llvm::zip_equal(terms, ranks)) {
    FailureOr<Labels> labels = parseTerm(loc, term, rank, 0);
    if (failed(labels))
      return failure();
    int64_t dots = llvm::count_if(
        *labels, [](int label) { return label >= firstEllipsis; });
    ellipsisRank = std::max(ellipsisRank, dots);
    for (int label : *labels)
      ++uses[label];
    equation.inputs.push_back(std::move(*labels));
  }
  if (!all.contains("->")) {
    // The ellipsis, then what is there once, in the order of the alphabet.
    for (int64_t i = ellipsisRank - 1; i >= 0; --i)
      equation.output.push_back(firstEllipsis + i);
    for (int label = 0; label < firstEllipsis; ++label)
      if (uses.lookup(label) == 1)
        equation.output.push_back(label);
    return equation;
  }
  FailureOr<Labels> output = parseTerm(loc, right, -1, ellipsisRank);
  if (failed(output))
    return failure();
  equation.output = std::move(*output);
  for (auto [i, label] : llvm::enumerate(equation.output))
    if (!uses.contains(label) ||
        llvm::is_contained(ArrayRef(equation.output).drop_front(i + 1), label))
      return emitOptionalError(loc, "label '", std::string(1, char(label)),
                               "' of the output is not in the inputs, or twice "
                               "in the output");
  return equation;
}

FailureOr<llvm::DenseMap<int, AffineExpr>>
EinsumEquation::getExtents(const ShapeInference &shapes,
                           std::optional<Location> loc,
                           ArrayRef<ArrayRef<AffineExpr>> dims) const {
  llvm::DenseMap<int, AffineExpr> extents;
  for (auto [labels, own] : llvm::zip_equal(inputs, dims))
    for (auto [label, dim] : llvm::zip_equal(labels, own)) {
      auto [slot, isNew] = extents.try_emplace(label, dim);
      if (isNew)
        continue;
      FailureOr<SmallVector<AffineExpr>> both =
          inferBroadcast(shapes, loc, {slot->second, dim});
      if (failed(both))
        return failure();
      slot->second = both->front();
    }
  return extents;
}
