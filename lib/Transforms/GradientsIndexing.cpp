#include "Gradients.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Scattering.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static BinaryKindAttr getSum(GradientMath &b) {
  return BinaryKindAttr::get(b.getContext(), BinaryKind::Add);
}

/// Rows of the gradient are added where they were taken from: [j..., i..., k...] at
/// [j...] into [extent, i..., k...].
static void addGather(GatherOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value data = op.getData(), indices = op.getIndices(), gradient = g.get(op.getResult());
  int64_t axis = countFromFront(op.getAxis(), b.rank(data)), count = b.rank(indices);
  // Each goes in front of those that went before.
  for (int64_t i = 0; i < count; ++i)
    gradient = b.moveDim(gradient, axis + count - 1, 0);
  Value zeros = b.moveDim(b.zerosLike(data), axis, 0);
  Value sum = ScatterNDOp::create(b, gradient, zeros, b.unsqueeze(indices, count), getSum(b));
  g.add(data, b.moveDim(sum, 0, axis));
}

static void addGatherElements(GatherElementsOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value zeros = b.zerosLike(op.getData());
  g.add(op.getData(), ScatterElementsOp::create(b, g.get(op.getResult()), zeros,
                                                op.getIndices(), op.getAxis(), getSum(b)));
}

/// Positions in the batch dimensions become part of the indices.
static Value includeBatch(GradientMath &b, Value indices, int64_t batch) {
  Value ones = b.concat({b.extents(indices, 0, b.rank(indices) - 1), b.ints(1)});
  SmallVector<Value> parts;
  for (int64_t dim = 0; dim < batch; ++dim) {
    SmallVector<int64_t> others;
    for (int64_t other = 0; other < b.rank(indices); ++other)
      if (other != dim)
        others.push_back(other);
    Value own = b.unsqueeze(b.positions(indices, dim), others);
    parts.push_back(b.expand(b.cast(own, b.element(indices)), ones));
  }
  parts.push_back(indices);
  return b.concat(parts, b.rank(indices) - 1);
}

static void addGatherND(GatherNDOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value indices = op.getIndices();
  if (op.getBatchDims() > 0)
    indices = includeBatch(b, indices, op.getBatchDims());
  Value zeros = b.zerosLike(op.getData());
  g.add(op.getData(),
        ScatterNDOp::create(b, g.get(op.getResult()), zeros, indices, getSum(b)));
}

/// True if updates replace or are added to the data; else an error.
template <typename OpTy>
static LogicalResult checkReduction(OpTy op, Gradients &g) {
  BinaryKind kind = op.getReduction().value_or(BinaryKind::Add);
  if (kind == BinaryKind::Add)
    return success();
  return g.emitError(op) << "there is no gradient of updates by "
                         << stringifyBinaryKind(kind);
}

static LogicalResult addScatterElements(ScatterElementsOp op, Gradients &g) {
  GradientMath &b = g.math();
  if (failed(checkReduction(op, g)))
    return failure();
  Value gradient = g.get(op.getResult());
  if (g.wants(op.getUpdates()))
    g.add(op.getUpdates(),
          GatherElementsOp::create(b, gradient, op.getIndices(), op.getAxis()));
  if (g.wants(op.getData())) {
    Value kept = gradient;
    if (!op.getReduction())
      kept = ScatterElementsOp::create(b, b.zerosLike(op.getUpdates()), gradient,
                                       op.getIndices(), op.getAxis(), BinaryKindAttr());
    g.add(op.getData(), kept);
  }
  return success();
}

static LogicalResult addScatterND(ScatterNDOp op, Gradients &g) {
  GradientMath &b = g.math();
  if (failed(checkReduction(op, g)))
    return failure();
  Value gradient = g.get(op.getResult());
  if (g.wants(op.getUpdates()))
    g.add(op.getUpdates(),
          GatherNDOp::create(b, gradient, op.getIndices(), /*batchDims=*/0));
  if (g.wants(op.getData())) {
    Value kept = gradient;
    if (!op.getReduction())
      kept = ScatterNDOp::create(b, b.zerosLike(op.getUpdates()), gradient,
                                 op.getIndices(), BinaryKindAttr());
    g.add(op.getData(), kept);
  }
  return success();
}

void graphopt::addIndexingGradients(GradientRules &rules) {
  rules.add(addGather);
  rules.add(addGatherElements);
  rules.add(addGatherND);
  rules.add(addScatterElements);
  rules.add(addScatterND);
}
