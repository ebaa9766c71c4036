#include "dialects/Graph/Text.h"
#include "lib/Export/Exporters.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static Type i64(Operation *op) { return IntegerType::get(op->getContext(), 64); }

LogicalResult graphopt::exportOp(StringConcatOp op, NodeExporter &node) {
  node.write("StringConcat", {op.getLhs(), op.getRhs()});
  return success();
}

LogicalResult graphopt::exportOp(StringEqualOp op, NodeExporter &node) {
  node.write("Equal", {op.getLhs(), op.getRhs()});
  return success();
}

LogicalResult graphopt::exportOp(StringCaseOp op, NodeExporter &node) {
  int64_t rank = op.getInput().getType().getRank();
  if (rank != 1 && rank != 2)
    return node.refuse("StringNormalizer takes lists only");
  node.write("StringNormalizer", {op.getInput()})
      .set("case_change_action", op.getTo() == Case::Upper ? "UPPER" : "LOWER");
  return success();
}

LogicalResult graphopt::exportOp(StringMatchOp op, NodeExporter &node) {
  node.write("RegexFullMatch", {op.getInput()}).set("pattern", op.getPattern());
  return success();
}

LogicalResult graphopt::exportOp(StringSplitOp op, NodeExporter &node) {
  OnnxNode split = node.write("StringSplit", {op.getInput()});
  split.set("delimiter", op.getDelimiter());
  if (op.getMost() >= 0)
    split.set("maxsplit", op.getMost());
  return success();
}

LogicalResult graphopt::exportOp(FormatOp op, NodeExporter &node) {
  node.write("Cast", {op.getInput()})
      .setType("to", op.getResult().getType().getElementType());
  return success();
}

LogicalResult graphopt::exportOp(ParseOp op, NodeExporter &node) {
  node.write("Cast", {op.getInput()}).setType("to", op.getTo());
  return success();
}

/// All keys are compared: ONNX has look-ups in another domain only.
LogicalResult graphopt::exportOp(StringFindOp op, NodeExporter &node) {
  int64_t count = op.getKeys().getType().getDimSize(0);
  if (ShapedType::isDynamic(count) || count == 0)
    return node.refuse("the number of keys must be known, and not 0");
  Type i1 = IntegerType::get(op.getContext(), 1);
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(0, count));
  std::string last = node.createInts("axes", {-1});
  std::string each = node.insert("Unsqueeze", {op.getInput(), last}, "each",
                                 op.getInput().getType().getElementType())
                         .getOutput();
  std::string equal =
      node.insert("Equal", {each, op.getKeys()}, "equal", i1).getOutput();
  std::string place = node.insert("Where", {equal, node.createInts("places", places),
                                            node.createInts("none", {count})},
                                  "place", i64(op))
                          .getOutput();
  node.write("ReduceMin", {place, last}).set("keepdims", 0);
  return success();
}

LogicalResult graphopt::exportOp(StringRankOp op, NodeExporter &node) {
  OnnxNode unique = node.insert("Unique", {op.getInput()}, "different",
                                op.getInput().getType().getElementType());
  unique.setOutput(1, "");
  std::string rank = node.createName("rank", i64(op));
  unique.setOutput(2, rank);
  std::string shape =
      node.insert("Shape", {op.getInput()}, "shape", i64(op)).getOutput();
  node.write("Reshape", {rank, shape}).set("allowzero", 1);
  return success();
}

LogicalResult graphopt::exportOp(CountNgramsOp op, NodeExporter &node) {
  DenseIntElementsAttr constant;
  if (!matchPattern(op.getTable(), m_Constant(&constant)))
    return node.refuse("its table is no constant");
  SmallVector<int64_t> table(constant.getValues<int64_t>()), pool, counts, columns;
  ArrayRef<int64_t> rest = table;
  for (int64_t length = 1; length <= op.getMost(); ++length) {
    counts.push_back(pool.size());
    int64_t grams = rest.consume_front();
    for (int64_t i = 0; i < grams; ++i, rest = rest.drop_front(length + 1)) {
      llvm::append_range(pool, rest.take_front(length));
      columns.push_back(rest[length]);
    }
  }
  if (columns.empty() || *llvm::max_element(columns) + 1 != int64_t(op.getColumns()))
    return node.refuse("its last column has no sequence");
  node.write("TfIdfVectorizer", {op.getInput()})
      .set("mode", "TF")
      .set("min_gram_length", op.getLeast())
      .set("max_gram_length", op.getMost())
      .set("max_skip_count", op.getSkips())
      .set("ngram_counts", ArrayRef<int64_t>(counts))
      .set("ngram_indexes", ArrayRef<int64_t>(columns))
      .set("pool_int64s", ArrayRef<int64_t>(pool));
  return success();
}
