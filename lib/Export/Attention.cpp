#include "dialects/Graph/Attention.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static int64_t getExtent(Value value, int64_t dim) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dim);
}

/// The mask, with a row for each query: ONNX Runtime does not repeat a single one.
static NodeInput writeMask(AttentionOp op, NodeExporter &node) {
  Value mask = op.getMask();
  if (!mask)
    return mask;
  auto type = cast<RankedTensorType>(mask.getType());
  int64_t rank = type.getRank();
  if (type.getDimSize(rank - 2) != 1 || getExtent(op.getQuery(), 2) == 1)
    return mask;
  Type i64 = IntegerType::get(op.getContext(), 64);
  OnnxNode queries = node.insert("Shape", {op.getQuery()}, "queries", i64);
  queries.set("start", int64_t(2)).set("end", int64_t(3));
  std::string ones = node.createInts("ones", SmallVector<int64_t>(rank - 2, 1));
  OnnxNode shape = node.insert(
      "Concat", {ones, queries.getOutput(), node.createInts("one", {1})}, "shape",
      i64);
  shape.set("axis", int64_t(0));
  return node.insert("Expand", {mask, shape.getOutput()}, "mask",
                     type.getElementType())
      .getOutput();
}

LogicalResult graphopt::exportOp(AttentionOp op, NodeExporter &node) {
  bool isCausal = op.getCausal() != Causal::None;
  int64_t queries = getExtent(op.getQuery(), 2), keys = getExtent(op.getKey(), 2);
  bool isSquare = queries == keys && !ShapedType::isDynamic(queries);
  if (op.getCausal() == Causal::BottomRight && !isSquare)
    return node.refuse("causal from the last key on");
  // Which of both comes first was not the same in all opsets.
  if (!op.getSoftcap().isZero() && (op.getMask() || isCausal))
    return node.refuse("capped scores with a mask");
  if (op.getScale().isNegative())
    return node.refuse("a scale less than 0");
  if (op.getMask() && cast<RankedTensorType>(op.getMask().getType()).getRank() < 2)
    return node.refuse("a mask of less than 2 dimensions");
  node.write("Attention",
             {op.getQuery(), op.getKey(), op.getValue(), writeMask(op, node)})
      .set("scale", op.getScale())
      .set("softcap", op.getSoftcap())
      .set("is_causal", isCausal);
  return success();
}
