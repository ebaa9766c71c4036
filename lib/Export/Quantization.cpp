#include "dialects/Graph/Quantization.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Without `output_dtype` the result is of type `otherwise`; older opsets lack it.
template <typename Op>
static OnnxNode write(StringRef name, Op op, Type otherwise, NodeExporter &node) {
  auto written = node.write(name, {op.getInput(), op.getScale(), op.getZero()});
  written.set("axis", op.getAxis());
  if (std::optional<int64_t> size = op.getBlockSize())
    written.set("block_size", *size);
  if (op.getTo() != otherwise)
    written.setType("output_dtype", op.getTo());
  return written;
}

LogicalResult graphopt::exportOp(QuantizeLinearOp op, NodeExporter &node) {
  Type byte = IntegerType::get(op.getContext(), 8, IntegerType::Unsigned);
  Type zero = op.getZero() ? op.getZero().getType().getElementType() : byte;
  auto written = write("QuantizeLinear", op, zero, node);
  if (op.getUnsaturated())
    written.set("saturate", 0);
  return success();
}

LogicalResult graphopt::exportOp(DequantizeLinearOp op, NodeExporter &node) {
  write("DequantizeLinear", op, op.getScale().getType().getElementType(), node);
  return success();
}
