#include "dialects/Graph/ShortNames.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"

using namespace mlir;
using namespace graphopt::graph;

Value ShortNames::unary(UnaryKind kind, Value x) { return make<UnaryOp>(kind, x); }

Value ShortNames::binary(BinaryKind kind, Value x, Value y) {
  return make<BinaryOp>(kind, x, y);
}

Value ShortNames::where(Value condition, Value x, Value y) {
  return make<WhereOp>(condition, x, y);
}

Value ShortNames::cast(Value x, Type to) {
  return !x || element(x) == to ? x : make<CastOp>(x, to);
}

Value ShortNames::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
                         bool keepdims) {
  return make<ReduceOp>(kind, x, axes, keepdims);
}

Value ShortNames::matmul(Value x, Value y) { return make<MatMulOp>(x, y); }

Value ShortNames::shape(Value x) {
  if (x && type(x).hasStaticShape())
    return ints(type(x).getShape());
  return make<ShapeOp>(x);
}

Value ShortNames::extents(Value x, int64_t begin, int64_t end) {
  if (!x)
    return {};
  ArrayRef<int64_t> known = type(x).getShape().slice(begin, end - begin);
  if (!ShapedType::isDynamicShape(known))
    return ints(known);
  return slice(make<ShapeOp>(x), 0, begin, end);
}

Value ShortNames::concat(ArrayRef<Value> parts, int64_t axis) {
  return make<ConcatOp>(ValueRange(parts), axis);
}

Value ShortNames::reshape(Value x, Value shape) {
  return make<ReshapeOp>(x, shape, /*allowZero=*/true);
}

Value ShortNames::transpose(Value x, ArrayRef<int64_t> permutation) {
  return make<TransposeOp>(x, permutation);
}

Value ShortNames::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  return axes.empty() ? x : make<UnsqueezeOp>(x, axes);
}

Value ShortNames::squeeze(Value x, ArrayRef<int64_t> axes) {
  return axes.empty() ? x : make<SqueezeOp>(x, axes);
}

Value ShortNames::expand(Value x, Value shape) { return make<ExpandOp>(x, shape); }

Value ShortNames::slice(Value x, int64_t axis, Value begin, Value end) {
  return make<SliceOp>(x, begin, end, ints(axis), Value());
}

Value ShortNames::gather(Value data, Value indices, int64_t axis) {
  return make<GatherOp>(data, indices, axis);
}

Value ShortNames::range(Value count) {
  return make<RangeOp>(scalar(count, 0), count, scalar(count, 1));
}
