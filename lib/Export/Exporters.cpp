// Which function writes which op, and the ops of a block in order.
#include "lib/Export/Exporters.h"
#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Control.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Cumulation.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Recurrent.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Resize.h"
#include "dialects/Graph/Sampling.h"
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Sequence.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Sorting.h"
#include "dialects/Graph/Text.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace graphopt;

using ExporterFunction = LogicalResult (*)(Operation *, NodeExporter &);

template <typename Op>
static LogicalResult exportAs(Operation *op, NodeExporter &node) {
  return exportOp(cast<Op>(op), node);
}

/// Null if OnnxOps.def has no operator for the op.
static ExporterFunction lookupExporter(Operation *op) {
  static const llvm::StringMap<ExporterFunction> table = [] {
    llvm::StringMap<ExporterFunction> rows;
#define ONNX_WRITE(NAME, OPSET, OP)                                            \
  rows[graph::OP::getOperationName()] = exportAs<graph::OP>;
#include "lib/Import/OnnxOps.def"
    return rows;
  }();
  return table.lookup(op->getName().getStringRef());
}

/// True if `value` is what a node of `block` gives: ONNX wants that of an output.
static bool isFromNode(Value value, Block &block) {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == &block && !isa<arith::ConstantOp>(op);
}

void graphopt::writeBlock(ModelExporter &model, onnx::GraphProto &graph,
                          Block &block, ArrayRef<std::string> outputs) {
  for (Operation &op : block.without_terminator()) {
    if (isa<arith::ConstantOp>(op) || model.isWritten(&op))
      continue;
    NodeExporter node(model, graph, &op);
    if (ExporterFunction function = lookupExporter(&op))
      (void)function(&op, node); // notes why not by itself
    else
      model.refuse(&op, "no operator stands for it");
  }
  Operation *terminator = block.getTerminator();
  llvm::StringSet<> given;
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    std::string name = model.getName(value);
    bool isMain = !outputs.empty();
    bool fits = isMain ? name == outputs[i]
                       : isFromNode(value, block) && given.insert(name).second;
    if (!fits) {
      onnx::NodeProto &copy = *graph.add_node();
      copy.set_op_type("Identity");
      copy.set_name(model.makeNodeName("Identity"));
      copy.add_input(name);
      name = isMain ? outputs[i] : model.makeValueName(name + "_copy");
      copy.add_output(name);
      model.setElementType(name, getElementTypeOrSelf(value));
    }
    if (!isMain)
      describeValue(*graph.add_output(), name, value.getType());
  }
}
