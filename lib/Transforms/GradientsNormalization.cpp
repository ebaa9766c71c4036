#include "Gradients.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Pooling.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static void addSoftmax(SoftmaxOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value y = op.getResult(), gradient = g.get(y);
  int64_t axis = countFromFront(op.getAxis(), b.rank(y));
  Value sum = b.sum(b.mul(gradient, y), axis, /*keepdims=*/true);
  g.add(op.getInput(), b.mul(y, b.sub(gradient, sum)));
}

static void addLogSoftmax(LogSoftmaxOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value y = op.getResult(), gradient = g.get(y);
  int64_t axis = countFromFront(op.getAxis(), b.rank(y));
  Value sum = b.sum(gradient, axis, /*keepdims=*/true);
  g.add(op.getInput(), b.sub(gradient, b.mul(b.unary(UnaryKind::Exp, y), sum)));
}

/// It is constant but where it jumps.
static void addHardmax(HardmaxOp, Gradients &) {}

static SmallVector<Value> rebuildLp(LpNormalizationOp op, GradientMath &b) {
  Value x = op.getInput();
  int64_t axis = countFromFront(op.getAxis(), b.rank(x));
  bool isL1 = op.getP() == 1;
  Value sum = b.sum(isL1 ? b.unary(UnaryKind::Abs, x) : b.square(x), axis, /*keepdims=*/true);
  // Nothing is divided by 0: there x is 0.
  sum = b.where(b.compare(BinaryKind::Equal, sum, 0), b.scalar(sum, 1), sum);
  return {b.div(x, isL1 ? sum : b.sqrt(sum))};
}

namespace {
/// The mean along some dimensions, taken off, and the reciprocal of the deviation.
struct Standardized {
  Value mean, inverse, result;

  Standardized(GradientMath &b, Value x, ArrayRef<int64_t> axes, const APFloat &epsilon) {
    mean = b.mean(x, axes);
    Value centred = b.sub(x, mean);
    Value variance = b.mean(b.square(centred), axes);
    inverse = b.div(1, b.sqrt(b.add(variance, epsilon.convertToDouble())));
    result = b.mul(centred, inverse);
  }
};
} // namespace

static SmallVector<int64_t> getAxesFrom(GradientMath &b, Value x, int64_t axis) {
  return llvm::to_vector(llvm::seq(countFromFront(axis, b.rank(x)), b.rank(x)));
}

static SmallVector<Value> rebuildLayer(LayerNormalizationOp op, GradientMath &b) {
  Value x = b.cast(op.getInput(), op.getStash().value_or(b.getF32Type()));
  Standardized rows(b, x, getAxesFrom(b, x, op.getAxis()), op.getEpsilon());
  Value y = b.mul(b.cast(rows.result, b.element(op.getScale())), op.getScale());
  if (op.getBias())
    y = b.add(y, op.getBias());
  return {y, rows.mean, rows.inverse};
}

/// Sums have at least 32 bits.
static Value widen(GradientMath &b, Value x) {
  return b.element(x).getIntOrFloatBitWidth() < 32 ? b.cast(x, b.getF32Type()) : x;
}

static SmallVector<Value> rebuildRms(RMSNormalizationOp op, GradientMath &b) {
  Value x = widen(b, op.getInput());
  Value square = b.mean(b.square(x), getAxesFrom(b, x, op.getAxis()));
  x = b.div(x, b.sqrt(b.add(square, op.getEpsilon().convertToDouble())));
  return {b.mul(b.cast(x, b.element(op.getScale())), op.getScale())};
}

/// A list of one element a channel, along dimension `axis` of `rank`.
static Value alongChannels(GradientMath &b, Value list, int64_t axis, int64_t rank) {
  SmallVector<int64_t> others;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (dim != axis)
      others.push_back(dim);
  return b.unsqueeze(list, others);
}

static SmallVector<Value> rebuildBatch(BatchNormalizationOp op, GradientMath &b) {
  Value x = op.getInput(), mean = op.getMean(), variance = op.getVariance();
  int64_t rank = b.rank(x), axis = countFromFront(op.getAxis(), rank);
  Value runningMean = mean, runningVariance = variance;
  if (op.getTraining()) {
    SmallVector<int64_t> others;
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != axis)
        others.push_back(dim);
    Value wide = b.cast(x, b.element(mean));
    Value measured = b.reduce(ReduceKind::Mean, wide, others);
    Value centred = b.sub(wide, alongChannels(b, measured, axis, rank));
    mean = measured;
    variance = b.reduce(ReduceKind::Mean, b.square(centred), others);
    double momentum = op.getMomentum().convertToDouble();
    auto mix = [&](Value running, Value now) {
      return b.add(b.mul(running, momentum), b.mul(now, 1 - momentum));
    };
    runningMean = mix(runningMean, mean);
    runningVariance = mix(runningVariance, variance);
  }
  auto channels = [&](Value list) {
    return alongChannels(b, b.cast(list, b.element(x)), axis, rank);
  };
  Value deviation = b.sqrt(b.add(variance, op.getEpsilon().convertToDouble()));
  Value y = b.div(b.sub(x, channels(mean)), channels(deviation));
  y = b.add(b.mul(y, channels(op.getScale())), channels(op.getBias()));
  return {y, runningMean, runningVariance};
}

static SmallVector<Value> rebuildGroup(GroupNormalizationOp op, GradientMath &b) {
  int64_t rank = b.rank(op.getInput()), axis = countFromFront(op.getAxis(), rank);
  Value x = b.moveDim(op.getInput(), axis, 1), shape = b.shape(x);
  Value groups = op.getGroups() ? b.ints(op.getGroups()) : b.extent(x, 1);
  Value count = b.div(b.product(b.extents(x, 1, rank)),
                      b.binary(BinaryKind::Max, groups, b.ints(1)));
  Value rows = b.reshape(widen(b, x), b.concat({b.extent(x, 0), groups, count}));
  rows = Standardized(b, rows, 2, op.getEpsilon()).result;
  Value y = b.cast(b.reshape(rows, shape), b.element(x));
  y = b.add(b.mul(y, alongChannels(b, op.getScale(), 1, rank)),
            alongChannels(b, op.getBias(), 1, rank));
  return {b.moveDim(y, 1, axis)};
}

/// The window slides along the channels, as if they were a spatial dimension.
static SmallVector<Value> rebuildLrn(LRNOp op, GradientMath &b) {
  Value x = op.getInput();
  int64_t rank = b.rank(x), axis = countFromFront(op.getAxis(), rank), size = op.getSize();
  Value squares = b.unsqueeze(b.moveDim(b.square(x), axis, 1), 1);
  int64_t spatial = rank - 1;
  SmallVector<int64_t> kernel(spatial, 1), ones(spatial, 1), pads(2 * spatial, 0);
  kernel[0] = size;
  pads[0] = (size - 1) / 2;
  pads[spatial] = size / 2;
  Value sum = PoolOp::create(b, PoolKind::Sum, squares, kernel, ones, ones, pads,
                             AutoPadAttr(), /*ceil_mode=*/false, /*channels_last=*/false);
  sum = b.moveDim(b.squeeze(sum, 1), 1, axis);
  Value base = b.add(b.mul(sum, op.getAlpha().convertToDouble() / size),
                     op.getBias().convertToDouble());
  Value beta = b.scalar(x, op.getBeta().convertToDouble());
  return {b.div(x, b.binary(BinaryKind::Pow, base, beta))};
}

void graphopt::addNormalizationGradients(GradientRules &rules) {
  rules.add(addSoftmax);
  rules.add(addLogSoftmax);
  rules.add(addHardmax);
  rules.rebuild(rebuildLp);
  rules.rebuild(rebuildLayer);
  rules.rebuild(rebuildRms);
  rules.rebuild(rebuildBatch);
  rules.rebuild(rebuildGroup);
  rules.rebuild(rebuildLrn);
}
