#include "Rows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

Type graphopt::getSumType(Type floatType) {
  return floatType.isF64() ? floatType
                           : Type(Float32Type::get(floatType.getContext()));
}

Rows::Rows(Lowering &to, ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> axes)
    : to(to), sizes(sizes), axes(axes) {
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0, rank = sizes.size(); dim < rank; ++dim) {
    if (llvm::is_contained(axes, dim))
      continue;
    exprs.push_back(to.b.getAffineDimExpr(dim));
    rowSizes.push_back(sizes[dim]);
  }
  rowMap = AffineMap::get(sizes.size(), 0, exprs, to.b.getContext());
}

Rows::Operand Rows::full(Value tensor) const {
  return {tensor, to.b.getMultiDimIdentityMap(sizes.size())};
}

Rows::Operand Rows::perRow(Value tensor) const { return {tensor, rowMap}; }

Rows::Operand Rows::broadcast(Value graphValue,
                              ArrayRef<AffineExpr> dims) const {
  Operand operand;
  operand.value = to.expand(graphValue, dims, sizes, operand.map);
  return operand;
}

static void split(ArrayRef<Rows::Operand> operands, SmallVector<Value> &values,
                  SmallVector<AffineMap> &maps) {
  for (const Rows::Operand &operand : operands) {
    values.push_back(operand.value);
    maps.push_back(operand.map);
  }
}

Value Rows::reduce(ArrayRef<Operand> operands, Value neutral, Body body) const {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  split(operands, values, maps);
  maps.push_back(rowMap);
  SmallVector<utils::IteratorType> loops(sizes.size(),
                                         utils::IteratorType::parallel);
  for (int64_t axis : axes)
    loops[axis] = utils::IteratorType::reduction;
  Value init = to.filled(rowSizes, neutral);
  return linalg::GenericOp::create(
             to.b, to.loc, init.getType(), values, init, maps, loops,
             [&](OpBuilder &inner, Location loc, ValueRange scalars) {
               Value value = body(Scalar{inner, loc}, scalars);
               linalg::YieldOp::create(inner, loc, value);
             })
      .getResult(0);
}

Value Rows::map(ArrayRef<Operand> operands, Type element, Body body) const {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  split(operands, values, maps);
  return to.map(values, maps, sizes, element,
                [&](OpBuilder &inner, Location loc, ValueRange scalars) {
                  return body(Scalar{inner, loc}, scalars);
                });
}

Value Rows::mapRows(ValueRange tensors, Type element, Body body) const {
  SmallVector<AffineMap> maps(tensors.size(),
                              to.b.getMultiDimIdentityMap(rowSizes.size()));
  return to.map(tensors, maps, rowSizes, element,
                [&](OpBuilder &inner, Location loc, ValueRange scalars) {
                  return body(Scalar{inner, loc}, scalars);
                });
}

Value Rows::withOnes(Value tensor) const {
  if (axes.empty())
    return tensor;
  SmallVector<OpFoldResult> fullSizes(sizes);
  for (int64_t axis : axes)
    fullSizes[axis] = to.b.getIndexAttr(1);
  // An extent of 1 joins the group of the kept dimension before it, or the
  // first.
  SmallVector<ReassociationIndices> groups(rowSizes.size());
  int64_t kept = -1;
  for (int64_t dim = 0, rank = sizes.size(); dim < rank; ++dim) {
    kept += !llvm::is_contained(axes, dim);
    if (!groups.empty())
      groups[std::max<int64_t>(kept, 0)].push_back(dim);
  }
  SmallVector<int64_t> shape;
  SmallVector<Value> open;
  dispatchIndexOpFoldResults(fullSizes, open, shape);
  auto type = cast<RankedTensorType>(tensor.getType()).clone(shape);
  return tensor::ExpandShapeOp::create(to.b, to.loc, type, tensor, groups,
                                       fullSizes);
}

Value Rows::count(Type type) const {
  int64_t fixed = 1;
  Value open;
  for (int64_t axis : axes) {
    if (std::optional<int64_t> size = getConstantIntValue(sizes[axis])) {
      fixed *= *size;
      continue;
    }
    Value size = cast<Value>(sizes[axis]);
    open = open ? arith::MulIOp::create(to.b, to.loc, open, size) : size;
  }
  if (!open)
    return to.constant(type, fixed);
  if (fixed != 1)
    open = arith::MulIOp::create(to.b, to.loc, open, to.constantIndex(fixed));
  Type integer = isa<FloatType>(type) ? Type(to.b.getI64Type()) : type;
  Value count = arith::IndexCastOp::create(to.b, to.loc, integer, open);
  if (integer == type)
    return count;
  return arith::SIToFPOp::create(to.b, to.loc, type, count);
}
