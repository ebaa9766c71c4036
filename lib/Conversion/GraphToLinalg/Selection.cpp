#include "Selection.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;

/// A loop nest over the positions below `sizes`.
static scf::ValueVector
walk(Lowering &to, ArrayRef<OpFoldResult> sizes, ValueRange inits,
     llvm::function_ref<scf::ValueVector(IndexMath, ValueRange, ValueRange)>
         body) {
  SmallVector<Value> low(sizes.size(), to.constantIndex(0)),
      step(sizes.size(), to.constantIndex(1)), high;
  for (OpFoldResult size : sizes)
    high.push_back(to.asIndex(size));
  return scf::buildLoopNest(
             to.b, to.loc, low, high, step, inits,
             [&](OpBuilder &b, Location loc, ValueRange at, ValueRange state) {
               return body({b, loc}, at, state);
             })
      .results;
}

Value graphopt::forEachPosition(
    Lowering &to, ArrayRef<OpFoldResult> sizes, Value init,
    llvm::function_ref<Value(IndexMath, ValueRange, Value)> body) {
  return walk(to, sizes, init,
              [&](IndexMath m, ValueRange at, ValueRange state) {
                return scf::ValueVector{body(m, at, state[0])};
              })[0];
}

Value Selection::count(Holds holds) const {
  Type i64 = to.b.getI64Type();
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  auto one = [&](IndexMath m, ValueRange at, Value element) -> Value {
    return arith::ExtUIOp::create(m.b, m.loc, i64, holds(m, at, element));
  };
  if (rank == 0) {
    Value element =
        tensor::ExtractOp::create(to.b, to.loc, tensor, ValueRange());
    return to.math().index(one(to.math(), {}, element));
  }
  Value zero = to.filled({}, to.constant(i64, 0));
  auto sum = linalg::GenericOp::create(
      to.b, to.loc, zero.getType(), tensor, zero,
      {to.b.getMultiDimIdentityMap(rank),
       AffineMap::get(rank, 0, to.b.getContext())},
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::reduction),
      [&](OpBuilder &b, Location loc, ValueRange scalars) {
        SmallVector<Value> at;
        for (int64_t dim = 0; dim < rank; ++dim)
          at.push_back(linalg::IndexOp::create(b, loc, dim));
        IndexMath m{b, loc};
        linalg::YieldOp::create(b, loc,
                                m.add(one(m, at, scalars[0]), scalars[1]));
      });
  return to.math().index(tensor::ExtractOp::create(
      to.b, to.loc, sum.getResult(0), ValueRange()));
}

std::pair<Value, Value> Selection::write(Value result, Value first, Holds holds,
                                         Write write) const {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(to.b, to.loc, tensor);
  scf::ValueVector state = walk(
      to, sizes, {result, first},
      [&](IndexMath m, ValueRange at, ValueRange state) -> scf::ValueVector {
        Value element = tensor::ExtractOp::create(m.b, m.loc, tensor, at);
        auto branch = scf::IfOp::create(
            m.b, m.loc, holds(m, at, element),
            [&](OpBuilder &b, Location loc) {
              Value more = write(m, at, element, state[1], state[0]);
              Value next = m.add(state[1], m.constant(1));
              scf::YieldOp::create(b, loc, ValueRange{more, next});
            },
            [&](OpBuilder &b, Location loc) {
              scf::YieldOp::create(b, loc, state);
            });
        return scf::ValueVector(branch.getResults());
      });
  return {state[0], state[1]};
}

Value graphopt::takeSlices(Lowering &to, Value input, Value positions,
                           int64_t axis, ArrayRef<OpFoldResult> sizes) {
  int64_t rank = sizes.size();
  return to.map(
      positions, AffineMap::get(rank, 0, to.b.getAffineDimExpr(axis)), sizes,
      cast<RankedTensorType>(input.getType()).getElementType(),
      [&](OpBuilder &b, Location loc, ValueRange position) {
        SmallVector<Value> at;
        for (int64_t dim = 0; dim < rank; ++dim)
          at.push_back(dim == axis
                           ? IndexMath{b, loc}.index(position[0])
                           : linalg::IndexOp::create(b, loc, dim).getResult());
        return tensor::ExtractOp::create(b, loc, input, at).getResult();
      });
}
