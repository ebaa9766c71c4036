#include "Positions.h"
#include "dialects/Graph/Indexing.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using P = arith::CmpIPredicate;

/// The index moved by `extent`: those in range become less than 2 * extent, and
/// all others, taken as unsigned, do not.
static Value shift(IndexMath m, Value index, Value extent) {
  Type i64 = m.b.getI64Type();
  if (index.getType() != i64)
    index = arith::ExtSIOp::create(m.b, m.loc, i64, index);
  return m.add(index, m.cast(i64, extent));
}

/// The greatest shifted index, of elements `part` of positions if that is given.
static Value findGreatest(Lowering &to, Value graphIndices,
                          std::optional<int64_t> part, Value extent) {
  OpBuilder &b = to.b;
  const InferredTensor &indices = to.get(graphIndices);
  int64_t rank = indices.getRank() - part.has_value();
  SmallVector<AffineExpr> read;
  for (int64_t i = 0; i < rank; ++i)
    read.push_back(b.getAffineDimExpr(i));
  if (part)
    read.push_back(b.getAffineConstantExpr(*part));
  Type i64 = b.getI64Type();
  if (rank == 0) {
    SmallVector<Value> at;
    if (part)
      at.push_back(to.constantIndex(*part));
    return shift(to.math(),
                 tensor::ExtractOp::create(b, to.loc, to.lowered(graphIndices), at),
                 extent);
  }
  Value zero = to.filled({}, to.constant(i64, 0));
  auto generic = linalg::GenericOp::create(
      b, to.loc, zero.getType(), to.lowered(graphIndices), zero,
      {AffineMap::get(rank, 0, read, b.getContext()),
       AffineMap::get(rank, 0, b.getContext())},
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::reduction),
      [&](OpBuilder &inner, Location loc, ValueRange scalars) {
        Value greatest = arith::MaxUIOp::create(
            inner, loc, shift({inner, loc}, scalars[0], extent), scalars[1]);
        linalg::YieldOp::create(inner, loc, greatest);
      });
  return tensor::ExtractOp::create(b, to.loc, generic.getResult(0), ValueRange());
}

static void requireInRange(Lowering &to, Value graphIndices,
                           std::optional<int64_t> part, Value extent) {
  const InferredTensor &indices = to.get(graphIndices);
  ArrayRef<AffineExpr> dims(indices.dims);
  if (part)
    dims = dims.drop_back();
  IndexMath m = to.math();
  Value greatest = findGreatest(to, graphIndices, part, extent);
  Value limit = m.cast(to.b.getI64Type(), m.add(extent, extent));
  Value isGood = m.compare(P::ult, greatest, limit);
  AffineExpr count = to.shapes.product(dims);
  if (!getConstant(count)) {
    Value isEmpty =
        m.compare(P::eq, to.asIndex(to.size(count)), to.constantIndex(0));
    isGood = m.orI(isGood, isEmpty);
  } else if (getConstant(count) == 0) {
    return;
  }
  to.require(isGood, "an index is out of range");
}

Position Position::in(AffineExpr dim, Value graphIndices, Lowering &to) {
  IndexMath m = to.math();
  Value extent = to.asIndex(to.size(dim));
  auto bounds = getConstantBounds(graphIndices);
  if (!bounds) {
    requireInRange(to, graphIndices, std::nullopt, extent);
    return {extent};
  }
  if (!getConstant(dim)) {
    // Needs more than the greatest index, and no less than -lowest = ~lowest + 1.
    Value needed = to.constantIndex(std::max(bounds->second, ~bounds->first));
    to.require(m.compare(P::sgt, extent, needed), "an index is out of range");
  }
  return {extent, bounds->first >= 0};
}

SmallVector<Position> graphopt::positionsIn(ArrayRef<AffineExpr> dims,
                                            Value graphIndices, Lowering &to) {
  // Constants were checked where the extents are.
  bool isChecked = getConstantBounds(graphIndices) &&
                   llvm::all_of(dims, [](AffineExpr dim) {
                     return getConstant(dim).has_value();
                   });
  SmallVector<Position> positions;
  for (auto [part, dim] : llvm::enumerate(dims)) {
    positions.push_back({to.asIndex(to.size(dim))});
    if (!isChecked)
      requireInRange(to, graphIndices, part, positions.back().extent);
  }
  return positions;
}

Value Position::build(IndexMath m, Value index) const {
  index = m.index(index);
  if (isNonNegative)
    return index;
  return m.select(m.isNegative(index), m.add(index, extent), index);
}
