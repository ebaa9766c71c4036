#include "dialects/Graph/Attention.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static int64_t getExtent(Value value, int64_t dim) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dim);
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
             {op.getQuery(), op.getKey(), op.getValue(), op.getMask()})
      .set("scale", op.getScale())
      .set("softcap", op.getSoftcap())
      .set("is_causal", isCausal);
  return success();
}
