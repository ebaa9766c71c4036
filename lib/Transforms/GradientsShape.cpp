#include "Gradients.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Shape.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static void addTranspose(TransposeOp op, Gradients &g) {
  SmallVector<int64_t> inverse(op.getPermutation().size());
  for (auto [to, from] : llvm::enumerate(op.getPermutation()))
    inverse[from] = to;
  g.add(op.getInput(), g.math().transpose(g.get(op.getResult()), inverse));
}

/// Ops that keep the elements and their order.
template <typename OpTy> static void addReshaped(OpTy op, Gradients &g) {
  g.add(op.getInput(), g.math().reshapeLike(g.get(op.getResult()), op.getInput()));
}

static void addConcat(ConcatOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value gradient = g.get(op.getResult());
  int64_t axis = countFromFront(op.getAxis(), b.rank(gradient));
  Value begin = b.ints(0);
  for (Value input : op.getInputs()) {
    Value end = b.add(begin, b.extent(input, axis));
    if (g.wants(input))
      g.add(input, b.slice(gradient, axis, begin, end));
    begin = end;
  }
}

static void addExpand(ExpandOp op, Gradients &g) {
  g.add(op.getInput(), g.get(op.getResult()));
}

/// [repeats * extent]  =>  [repeats, extent], summed
static void addTile(TileOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getInput();
  SmallVector<Value> divided;
  SmallVector<int64_t> axes;
  for (int64_t dim = 0; dim < b.rank(x); ++dim) {
    axes.push_back(divided.size());
    divided.push_back(b.slice(op.getRepeats(), 0, b.ints(dim), b.ints(dim + 1)));
    divided.push_back(b.extent(x, dim));
  }
  if (divided.empty())
    return g.add(x, g.get(op.getResult()));
  g.add(x, b.sum(b.reshape(g.get(op.getResult()), b.concat(divided)), axes));
}

static void addSplit(SplitOp op, Gradients &g) {
  GradientMath &b = g.math();
  SmallVector<Value> parts;
  for (Value result : op.getResults()) {
    Value gradient = g.get(result);
    parts.push_back(gradient ? gradient : b.zerosLike(result));
  }
  g.add(op.getInput(), b.concat(parts, op.getAxis()));
}

static void addTrilu(TriluOp op, Gradients &g) {
  Value kept = TriluOp::create(g.math(), g.get(op.getResult()), op.getK(), op.getUpper());
  g.add(op.getInput(), kept);
}

/// Where something is known of a type, as after a branch that was taken.
static void addTypeCast(tensor::CastOp op, Gradients &g) {
  g.add(op.getSource(), g.get(op.getResult()));
}

void graphopt::addShapeGradients(GradientRules &rules) {
  rules.add(addTranspose);
  rules.add(addReshaped<ReshapeOp>);
  rules.add(addReshaped<SqueezeOp>);
  rules.add(addReshaped<UnsqueezeOp>);
  rules.add(addConcat);
  rules.add(addExpand);
  rules.add(addTile);
  rules.add(addSplit);
  rules.add(addTrilu);
  rules.add(addTypeCast);
}
