#include "Gradients.h"
#include "dialects/Graph/Cumulation.h"
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Sorting.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// The product of all other elements along `axes`, without a division by any.
static Value multiplyOthers(GradientMath &b, Value x, ArrayRef<int64_t> axes) {
  int64_t rank = b.rank(x);
  // [kept..., reduced]
  SmallVector<int64_t> order, inverse(rank);
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(axes, dim))
      order.push_back(dim);
  int64_t kept = order.size();
  llvm::append_range(order, axes);
  for (auto [to, from] : llvm::enumerate(order))
    inverse[from] = to;
  Value rows = b.transpose(x, order);
  Value shape = b.shape(rows);
  rows = b.reshape(rows, b.concat({b.extents(rows, 0, kept),
                                   b.product(b.extents(rows, kept, rank))}));
  auto cumulate = [&](bool reverse) -> Value {
    return CumulateOp::create(b, CumKind::Prod, rows, b.ints(kept), /*exclusive=*/true,
                              reverse);
  };
  Value others = b.mul(cumulate(false), cumulate(true));
  return b.transpose(b.reshape(others, shape), inverse);
}

/// `value`, the result of a reduction along `axes` or its gradient, with an extent of 1
/// in their place.
static Value keepDims(ReduceOp op, GradientMath &b, Value value, ArrayRef<int64_t> axes) {
  return op.getKeepdims() ? value : b.unsqueeze(value, axes);
}

static void addReduce(ReduceOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getInput();
  SmallVector<int64_t> axes = countFromFront(op.getAxes(), b.rank(x));
  llvm::sort(axes);
  Value gradient = keepDims(op, b, g.get(op.getResult()), axes);
  Value y = keepDims(op, b, op.getResult(), axes);
  auto sum = [&](Value value) { return b.sum(value, axes, /*keepdims=*/true); };
  auto repeat = [&](Value value) { return b.expand(value, b.shape(x)); };
  auto safe = [&](Value value) {
    return b.where(b.compare(BinaryKind::Equal, value, 0), b.scalar(value, 1), value);
  };
  switch (op.getKind()) {
  case ReduceKind::Sum:
    return g.add(x, repeat(gradient));
  case ReduceKind::Mean: {
    Value count = b.extents(x, 0, 0);
    for (int64_t axis : axes)
      count = b.concat({count, b.extent(x, axis)});
    count = b.squeeze(b.cast(b.product(count), b.element(x)), 0);
    return g.add(x, repeat(b.div(gradient, count)));
  }
  case ReduceKind::L1:
    return g.add(x, b.mul(gradient, b.unary(UnaryKind::Sign, x)));
  case ReduceKind::L2:
    return g.add(x, b.mul(b.div(gradient, safe(y)), x));
  case ReduceKind::LogSum:
    return g.add(x, repeat(b.div(gradient, sum(x))));
  case ReduceKind::LogSumExp:
    return g.add(x, b.mul(gradient, b.unary(UnaryKind::Exp, b.sub(x, y))));
  case ReduceKind::SumSquare:
    return g.add(x, b.mul(b.mul(gradient, 2), x));
  case ReduceKind::Max:
  case ReduceKind::Min: { // equal ones share it
    Value isFound = b.cast(b.binary(BinaryKind::Equal, x, y), b.element(x));
    return g.add(x, b.mul(b.div(gradient, sum(isFound)), isFound));
  }
  case ReduceKind::Prod:
    return g.add(x, b.mul(gradient, multiplyOthers(b, x, axes)));
  }
}

static LogicalResult addCumulate(CumulateOp op, Gradients &g) {
  if (op.getKind() != CumKind::Sum)
    return g.emitError(op) << "there is no gradient of products of all elements before";
  Value sums = CumulateOp::create(g.math(), CumKind::Sum, g.get(op.getResult()),
                                  op.getAxis(), op.getExclusive(), !op.getReverse());
  g.add(op.getInput(), sums);
  return success();
}

static void addTopK(TopKOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value zeros = b.zerosLike(op.getInput());
  auto kind = BinaryKindAttr::get(b.getContext(), BinaryKind::Add);
  g.add(op.getInput(),
        ScatterElementsOp::create(b, g.get(op.getValues()), zeros, op.getIndices(),
                                  op.getAxis(), kind));
}

void graphopt::addReductionGradients(GradientRules &rules) {
  rules.add(addReduce);
  rules.add(addCumulate);
  rules.add(addTopK);
}
