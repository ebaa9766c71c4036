#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Reduction.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static Value createPool(NodeImporter &node, PoolKind kind, Value input,
                        const WindowAttributes &windows) {
  auto op = node.create<PoolOp>(
      kind, input, node.getInts("kernel_shape"), windows.strides,
      windows.dilations, windows.pads, windows.autoPad,
      node.getInt("ceil_mode") != 0, /*channels_last=*/false);
  return op ? op.getResult() : Value();
}

LogicalResult graphopt::importMaxPool(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows))
    return failure();
  Value max = createPool(node, PoolKind::Max, node.getInput(0), *windows);
  if (!max)
    return failure();
  if (!node.hasOutput(1))
    return node.bind(max);
  auto indices = node.create<MaxPoolIndicesOp>(
      node.getInput(0), node.getInts("kernel_shape"), windows->strides,
      windows->dilations, windows->pads, windows->autoPad,
      node.getInt("ceil_mode") != 0, node.getInt("storage_order") != 0);
  return indices ? node.bind({max, indices.getResult()}) : failure();
}

LogicalResult graphopt::importAveragePool(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows))
    return failure();
  PoolKind kind = node.getInt("count_include_pad") ? PoolKind::AverageWithPads
                                                   : PoolKind::Average;
  Value average = createPool(node, kind, node.getInput(0), *windows);
  return average ? node.bind(average) : failure();
}

/// x to the power of a constant; `x` if that is 1.
static Value createPower(NodeImporter &node, Value x, double exponent) {
  if (exponent == 1)
    return x;
  Type type = cast<RankedTensorType>(x.getType()).getElementType();
  auto power = node.create<BinaryOp>(BinaryKind::Pow, x,
                                     node.createScalar(type, exponent));
  return power ? power.getResult() : Value();
}

/// |x| to the power of `p`, `sum` of it, to the power of 1 / `p`.
static LogicalResult importNorm(NodeImporter &node, int64_t p,
                                llvm::function_ref<Value(Value)> sum) {
  if (p < 1)
    return node.emitError() << "attribute 'p' is " << p;
  auto magnitude = node.create<UnaryOp>(UnaryKind::Abs, node.getInput(0));
  if (!magnitude)
    return failure();
  Value powers = createPower(node, magnitude.getResult(), p);
  Value total = powers ? sum(powers) : Value();
  Value norm = total ? createPower(node, total, 1.0 / p) : Value();
  return norm ? node.bind(norm) : failure();
}

LogicalResult graphopt::importLpPool(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows))
    return failure();
  return importNorm(node, node.getInt("p"), [&](Value x) {
    return createPool(node, PoolKind::Sum, x, *windows);
  });
}

/// Over all spatial dimensions, which stay with an extent of 1.
static Value createGlobal(NodeImporter &node, ReduceKind kind, Value input) {
  int64_t rank = node.getInputRank(0);
  if (rank < 2) {
    node.emitError() << "input has rank " << rank
                     << ", but needs a batch and channels";
    return {};
  }
  auto op = node.create<ReduceOp>(kind, input,
                                  llvm::to_vector(llvm::seq<int64_t>(2, rank)),
                                  /*keepdims=*/true);
  return op ? op.getResult() : Value();
}

LogicalResult graphopt::importGlobalAveragePool(NodeImporter &node) {
  Value mean = createGlobal(node, ReduceKind::Mean, node.getInput(0));
  return mean ? node.bind(mean) : failure();
}

LogicalResult graphopt::importGlobalMaxPool(NodeImporter &node) {
  Value max = createGlobal(node, ReduceKind::Max, node.getInput(0));
  return max ? node.bind(max) : failure();
}

LogicalResult graphopt::importGlobalLpPool(NodeImporter &node) {
  return importNorm(node, node.getInt("p"), [&](Value x) {
    return createGlobal(node, ReduceKind::Sum, x);
  });
}
