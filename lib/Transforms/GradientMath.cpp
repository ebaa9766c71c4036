#include "GradientMath.h"
#include "dialects/Graph/Generator.h"
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

Value GradientMath::insert(OperationState &state) {
  auto *inference = state.name.getInterface<InferTypeOpInterface>();
  state.types.clear();
  if (failed(inference->inferReturnTypes(
          getContext(), getLoc(), state.operands,
          state.attributes.getDictionary(getContext()), state.getRawProperties(),
          state.regions, state.types)))
    llvm::report_fatal_error("the operands of a gradient's op do not fit");
  return create(state)->getResult(0);
}

Value GradientMath::makeScalar(Type element, double value) {
  auto type = RankedTensorType::get({}, element);
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(type, ArrayRef<Attribute>(
                                              getNumber(*this, element, value))));
}

Value GradientMath::makeInts(ArrayRef<int64_t> values) {
  return arith::ConstantOp::create(*this, getI64TensorAttr(values));
}

Value GradientMath::product(Value list) {
  return reduce(ReduceKind::Prod, list, 0, /*keepdims=*/true);
}

Value GradientMath::moveDim(Value x, int64_t from, int64_t to) {
  if (from == to)
    return x;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank(x)));
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return transpose(x, order);
}

Value GradientMath::full(Value shape, Type element, double value) {
  return ConstantOfShapeOp::create(*this, shape, getNumber(*this, element, value));
}

Value GradientMath::pad(Value x, int64_t axis, Value before, Value after) {
  return PadOp::create(*this, PadMode::Constant, x, concat({before, after}), Value(),
                       ints(axis));
}
