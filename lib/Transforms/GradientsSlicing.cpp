#include "Gradients.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Slicing.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static Value takeElement(GradientMath &b, Value list, int64_t i) {
  return b.slice(b.cast(list, b.getI64Type()), 0, b.ints(i), b.ints(i + 1));
}

/// The dimensions in `axes`, all of `rank` if it is null; an error if only the run
/// knows them.
static FailureOr<SmallVector<int64_t>> getAxes(Operation *op, Gradients &g, Value axes,
                                               int64_t rank) {
  if (!axes)
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (auto known = g.getShapes().get(axes).getConstantElements())
    return countFromFront(*known, rank);
  return g.emitError(op) << "there is no gradient along axes of the run";
}

/// Rows of `x` at positions along dimension `dim`, which are different ones, of zeros
/// with as many rows as `like` has.
static Value spread(GradientMath &b, Value x, Value positions, int64_t dim, Value like) {
  Value rows = b.moveDim(x, dim, 0);
  Value shape = b.concat({b.extent(like, dim), b.extents(rows, 1, b.rank(x))});
  Value zeros = b.full(shape, b.element(x), 0);
  rows = ScatterNDOp::create(b, rows, zeros, b.unsqueeze(positions, 1), BinaryKindAttr());
  return b.moveDim(rows, 0, dim);
}

static LogicalResult addSlice(SliceOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getInput(), gradient = g.get(op.getResult());
  FailureOr<SmallVector<int64_t>> axes = getAxes(op, g, op.getAxes(), b.rank(x));
  if (failed(axes))
    return failure();
  std::optional<SmallVector<int64_t>> steps;
  if (op.getSteps())
    steps = g.getShapes().get(op.getSteps()).getConstantElements();
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    Value start = takeElement(b, op.getStarts(), i), positions = b.positions(x, axis);
    if (!op.getSteps() || (steps && (*steps)[i] == 1)) {
      Value before = b.extent(b.slice(positions, 0, b.ints(0), start), 0);
      Value after = b.sub(b.sub(b.extent(x, axis), before), b.extent(gradient, axis));
      gradient = b.pad(gradient, axis, before, after);
      continue;
    }
    positions = SliceOp::create(b, positions, start, takeElement(b, op.getEnds(), i),
                                b.ints(0), takeElement(b, op.getSteps(), i));
    gradient = spread(b, gradient, positions, axis, x);
  }
  g.add(x, gradient);
  return success();
}

/// Zeros, or another value, around x.
static void addConstantPad(PadOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value gradient = g.get(op.getResult());
  Value kept = PadOp::create(b, PadMode::Constant, gradient, b.neg(op.getPads()), Value(),
                             op.getAxes());
  g.add(op.getInput(), kept);
  if (!op.getValue() || !g.wants(op.getValue()))
    return;
  auto sum = [&](Value value) {
    return b.sum(value, llvm::to_vector(llvm::seq<int64_t>(0, b.rank(value))));
  };
  g.add(op.getValue(), b.reshapeLike(b.sub(sum(gradient), sum(kept)), op.getValue()));
}

/// The other modes take elements of x: positions, padded the same way, say which.
static LogicalResult addPad(PadOp op, Gradients &g) {
  if (op.getMode() == PadMode::Constant) {
    addConstantPad(op, g);
    return success();
  }
  GradientMath &b = g.math();
  FailureOr<SmallVector<int64_t>> axes = getAxes(op, g, op.getAxes(), b.rank(op.getInput()));
  if (failed(axes))
    return failure();
  return g.through(op, [&]() -> SmallVector<Value> {
    Value x = op.getInput();
    int64_t count = axes->size();
    for (auto [i, axis] : llvm::enumerate(*axes)) {
      Value pads = b.concat({takeElement(b, op.getPads(), i),
                             takeElement(b, op.getPads(), count + i)});
      Value taken = PadOp::create(b, op.getMode(), b.positions(x, axis), pads, Value(), Value());
      x = b.gather(x, taken, axis);
    }
    return {x};
  });
}

static SmallVector<Value> rebuildCompress(CompressOp op, GradientMath &b) {
  Value x = op.getInput();
  int64_t axis = countFromFront(op.getAxis(), b.rank(x));
  Value condition = b.slice(op.getCondition(), 0, b.ints(0), b.extent(x, axis));
  return {b.gather(x, b.squeeze(NonZeroOp::create(b, condition), 0), axis)};
}

/// What turns around twice is as it was.
static void addReverseSequence(ReverseSequenceOp op, Gradients &g) {
  g.add(op.getInput(),
        ReverseSequenceOp::create(g.math(), g.get(op.getResult()), op.getLengths(),
                                  op.getBatchAxis(), op.getTimeAxis()));
}

void graphopt::addSlicingGradients(GradientRules &rules) {
  rules.add(addSlice);
  rules.add(addPad);
  rules.rebuild(rebuildCompress);
  rules.add(addReverseSequence);
}
