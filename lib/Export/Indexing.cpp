#include "dialects/Graph/Indexing.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(GatherOp op, NodeExporter &node) {
  node.write("Gather", {op.getData(), op.getIndices()}).set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(GatherElementsOp op, NodeExporter &node) {
  node.write("GatherElements", {op.getData(), op.getIndices()})
      .set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(GatherNDOp op, NodeExporter &node) {
  node.write("GatherND", {op.getData(), op.getIndices()})
      .set("batch_dims", op.getBatchDims());
  return success();
}

LogicalResult graphopt::exportOp(NonZeroOp op, NodeExporter &node) {
  node.write("NonZero", {op.getInput()});
  return success();
}

/// As the steps, one after the other.
LogicalResult graphopt::exportOp(TreeLeavesOp op, NodeExporter &node) {
  Builder builder(op.getContext());
  Type i32 = builder.getI32Type(), i1 = builder.getI1Type();
  Type element = cast<RankedTensorType>(op.getInput().getType()).getElementType();
  auto take = [&](NodeInput table, NodeInput at, StringRef what, Type type) {
    return node.insert("Gather", {table, at}, what, type).getOutput();
  };
  // [rows, trees] of roots.
  std::string shape = node.insert("Shape", {op.getInput()}, "shape", builder.getI64Type())
                          .set("end", 1)
                          .getOutput();
  std::string column = node.insert("Concat", {shape, node.createInts("one", {1})}, "column",
                                   builder.getI64Type())
                           .set("axis", 0)
                           .getOutput();
  std::string step = node.insert("Expand", {op.getRoots(), column}, "roots", i32).getOutput();
  std::string next = node.insert("Reshape", {op.getNext(), node.createInts("all", {-1})},
                                 "next", i32)
                         .getOutput();
  for (int64_t i = 0, depth = op.getDepth(); i < depth; ++i) {
    std::string feature = take(op.getFeatures(), step, "feature", i32);
    std::string x = node.insert("GatherElements", {op.getInput(), feature}, "x", element)
                        .set("axis", 1)
                        .getOutput();
    std::string holds =
        node.insert("LessOrEqual", {x, take(op.getSplits(), step, "split", element)},
                    "holds", i1)
            .getOutput();
    if (op.getMissing()) {
      std::string isMissing = node.insert("IsNaN", {x}, "nan", i1).getOutput();
      std::string isTaken = take(op.getMissing(), step, "missing", i1);
      isTaken = node.insert("And", {isMissing, isTaken}, "taken", i1).getOutput();
      holds = node.insert("Or", {holds, isTaken}, "any", i1).getOutput();
    }
    std::string side = node.insert("Cast", {holds}, "side", i32).setType("to", i32).getOutput();
    std::string twice = node.insert("Add", {step, step}, "twice", i32).getOutput();
    std::string place = node.insert("Add", {twice, side}, "place", i32).getOutput();
    step = take(next, place, "step", i32);
  }
  node.write("Identity", {step});
  return success();
}
