#include "GradientMath.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static TypedAttr getNumber(Builder &b, Type element, double value) {
  if (isa<FloatType>(element))
    return b.getFloatAttr(element, value);
  return b.getIntegerAttr(element, static_cast<int64_t>(value));
}

Value GradientMath::scalar(Type element, double value) {
  auto type = RankedTensorType::get({}, element);
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(type, ArrayRef<Attribute>(
                                              getNumber(*this, element, value))));
}

Value GradientMath::ints(ArrayRef<int64_t> values) {
  return arith::ConstantOp::create(*this, getI64TensorAttr(values));
}

Value GradientMath::unary(UnaryKind kind, Value x) {
  return UnaryOp::create(*this, kind, x);
}

Value GradientMath::binary(BinaryKind kind, Value x, Value y) {
  return BinaryOp::create(*this, kind, x, y);
}

Value GradientMath::where(Value condition, Value x, Value y) {
  return WhereOp::create(*this, condition, x, y);
}

Value GradientMath::cast(Value x, Type to) {
  return element(x) == to ? x : CastOp::create(*this, x, to).getResult();
}

Value GradientMath::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
                           bool keepdims) {
  return ReduceOp::create(*this, kind, x, axes, keepdims);
}

Value GradientMath::matmul(Value x, Value y) {
  return MatMulOp::create(*this, x, y);
}

Value GradientMath::shape(Value x) {
  if (type(x).hasStaticShape())
    return ints(type(x).getShape());
  return ShapeOp::create(*this, x);
}

Value GradientMath::extents(Value x, int64_t begin, int64_t end) {
  ArrayRef<int64_t> known = type(x).getShape().slice(begin, end - begin);
  if (!ShapedType::isDynamicShape(known))
    return ints(known);
  return slice(ShapeOp::create(*this, x), 0, ints(begin), ints(end));
}

Value GradientMath::product(Value list) {
  return reduce(ReduceKind::Prod, list, 0, /*keepdims=*/true);
}

Value GradientMath::concat(ArrayRef<Value> parts, int64_t axis) {
  return ConcatOp::create(*this, ValueRange(parts), axis);
}

Value GradientMath::reshape(Value x, Value shape) {
  return ReshapeOp::create(*this, x, shape, /*allowZero=*/true);
}

Value GradientMath::transpose(Value x, ArrayRef<int64_t> permutation) {
  return TransposeOp::create(*this, x, permutation);
}

Value GradientMath::moveDim(Value x, int64_t from, int64_t to) {
  if (from == to)
    return x;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank(x)));
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return transpose(x, order);
}

Value GradientMath::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  return axes.empty() ? x : UnsqueezeOp::create(*this, x, axes).getResult();
}

Value GradientMath::squeeze(Value x, ArrayRef<int64_t> axes) {
  return axes.empty() ? x : SqueezeOp::create(*this, x, axes).getResult();
}

Value GradientMath::expand(Value x, Value shape) {
  return ExpandOp::create(*this, x, shape);
}

Value GradientMath::full(Value shape, Type element, double value) {
  return ConstantOfShapeOp::create(*this, shape, getNumber(*this, element, value));
}

Value GradientMath::slice(Value x, int64_t axis, Value begin, Value end) {
  return SliceOp::create(*this, x, begin, end, ints(axis), Value());
}

Value GradientMath::pad(Value x, int64_t axis, Value before, Value after) {
  return PadOp::create(*this, PadMode::Constant, x, concat({before, after}), Value(),
                       ints(axis));
}

Value GradientMath::gather(Value data, Value indices, int64_t axis) {
  return GatherOp::create(*this, data, indices, axis);
}

Value GradientMath::positions(Value x, int64_t dim) {
  Value count = squeeze(extent(x, dim), 0);
  return RangeOp::create(*this, scalar(count, 0), count, scalar(count, 1));
}
