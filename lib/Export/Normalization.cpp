#include "dialects/Graph/Normalization.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(SoftmaxOp op, NodeExporter &node) {
  node.write("Softmax", {op.getInput()}).set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(LogSoftmaxOp op, NodeExporter &node) {
  node.write("LogSoftmax", {op.getInput()}).set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(HardmaxOp op, NodeExporter &node) {
  node.write("Hardmax", {op.getInput()}).set("axis", op.getAxis());
  return success();
}

LogicalResult graphopt::exportOp(LpNormalizationOp op, NodeExporter &node) {
  node.write("LpNormalization", {op.getInput()})
      .set("axis", op.getAxis())
      .set("p", op.getP());
  return success();
}

LogicalResult graphopt::exportOp(LayerNormalizationOp op, NodeExporter &node) {
  Type stash = op.getStash().value_or(Float32Type::get(op.getContext()));
  node.write("LayerNormalization", {op.getInput(), op.getScale(), op.getBias()},
             /*optional=*/1)
      .set("axis", op.getAxis())
      .set("epsilon", op.getEpsilon())
      .setType("stash_type", stash);
  return success();
}

LogicalResult graphopt::exportOp(RMSNormalizationOp op, NodeExporter &node) {
  node.write("RMSNormalization", {op.getInput(), op.getScale()})
      .set("axis", op.getAxis())
      .set("epsilon", op.getEpsilon());
  return success();
}

/// ONNX's channels are always dimension 1.
static constexpr StringRef channelsLast = "its channels are not dimension 1";

LogicalResult graphopt::exportOp(BatchNormalizationOp op, NodeExporter &node) {
  if (op.getAxis() != 1)
    return node.refuse(channelsLast);
  bool training = op.getTraining();
  SmallVector<Value> results(op.getResults().take_front(training ? 3 : 1));
  node.writeAs("BatchNormalization",
               {op.getInput(), op.getScale(), op.getBias(), op.getMean(),
                op.getVariance()},
               results)
      .set("epsilon", op.getEpsilon())
      .set("momentum", op.getMomentum())
      .set("training_mode", training);
  if (training)
    return success();
  if (!op.getRunningMean().use_empty())
    node.writeAs("Identity", {op.getMean()}, op.getRunningMean());
  if (!op.getRunningVariance().use_empty())
    node.writeAs("Identity", {op.getVariance()}, op.getRunningVariance());
  return success();
}

LogicalResult graphopt::exportOp(GroupNormalizationOp op, NodeExporter &node) {
  if (op.getAxis() != 1)
    return node.refuse(channelsLast);
  bool isInstance = op.getGroups() == 0;
  OnnxNode onnx =
      node.write(isInstance ? "InstanceNormalization" : "GroupNormalization",
                 {op.getInput(), op.getScale(), op.getBias()});
  onnx.set("epsilon", op.getEpsilon());
  if (!isInstance)
    onnx.set("num_groups", op.getGroups());
  return success();
}

LogicalResult graphopt::exportOp(LRNOp op, NodeExporter &node) {
  if (op.getAxis() != 1)
    return node.refuse(channelsLast);
  node.write("LRN", {op.getInput()})
      .set("size", op.getSize())
      .set("alpha", op.getAlpha())
      .set("beta", op.getBeta())
      .set("bias", op.getBias());
  return success();
}
