#include "lib/Import/GraphMath.h"
#include "dialects/Graph/Control.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/Weights.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// A resource but for what convertTensor has no resource for.
template <typename T>
static Value createTensor(NodeImporter &node, RankedTensorType type, ArrayRef<T> values) {
  int64_t most = isa<FloatType>(type.getElementType()) ? 1 : maxDenseElements;
  bool isZero = type.getElementType().isInteger() &&
                llvm::all_of(values, [](T value) { return value == T(); });
  if (isZero || type.getNumElements() <= most)
    return node.createConstant(DenseElementsAttr::get(type, values));
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(values);
  return node.createConstant(
      DenseResourceElementsAttr::get(type, "constant", std::move(blob)));
}

Value GraphMath::floats(ArrayRef<double> values, ArrayRef<int64_t> shape, Type element) {
  auto type = RankedTensorType::get(shape, element);
  if (element.isF64())
    return createTensor(node, type, values);
  SmallVector<float> narrow(values.begin(), values.end());
  return createTensor(node, type, ArrayRef<float>(narrow));
}

Value GraphMath::integers(ArrayRef<int32_t> values, ArrayRef<int64_t> shape) {
  return createTensor(
      node, RankedTensorType::get(shape, node.getBuilder().getI32Type()), values);
}

Value GraphMath::booleans(ArrayRef<bool> values) {
  return createTensor(node,
                      RankedTensorType::get(int64_t(values.size()),
                                            node.getBuilder().getI1Type()),
                      values);
}

Value GraphMath::unary(UnaryKind kind, Value x) {
  return x ? Value(node.create<UnaryOp>(kind, x)) : Value();
}

Value GraphMath::binary(BinaryKind kind, Value x, Value y) {
  return x && y ? Value(node.create<BinaryOp>(kind, x, y)) : Value();
}

Value GraphMath::where(Value condition, Value x, Value y) {
  return condition && x && y ? Value(node.create<WhereOp>(condition, x, y)) : Value();
}

Value GraphMath::cast(Value x, Type to) {
  if (!x || element(x) == to)
    return x;
  return node.create<CastOp>(x, to);
}

Value GraphMath::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
                        bool keepdims) {
  return x ? Value(node.create<ReduceOp>(kind, x, axes, keepdims)) : Value();
}

Value GraphMath::shape(Value x) {
  return x ? Value(node.create<ShapeOp>(x)) : Value();
}

Value GraphMath::extents(Value x, int64_t begin, int64_t end) {
  return slice(shape(x), 0, begin, end);
}

Value GraphMath::concat(ArrayRef<Value> parts, int64_t axis) {
  return llvm::is_contained(parts, Value())
             ? Value()
             : Value(node.create<ConcatOp>(ValueRange(parts), axis));
}

Value GraphMath::reshape(Value x, Value shape) {
  return x && shape ? Value(node.create<ReshapeOp>(x, shape, /*allowZero=*/true))
                    : Value();
}

Value GraphMath::transpose(Value x, ArrayRef<int64_t> permutation) {
  return x ? Value(node.create<TransposeOp>(x, permutation)) : Value();
}

Value GraphMath::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  return x ? Value(node.create<UnsqueezeOp>(x, axes)) : Value();
}

Value GraphMath::squeeze(Value x, ArrayRef<int64_t> axes) {
  return x ? Value(node.create<SqueezeOp>(x, axes)) : Value();
}

Value GraphMath::expand(Value x, Value shape) {
  return x && shape ? Value(node.create<ExpandOp>(x, shape)) : Value();
}

Value GraphMath::slice(Value x, int64_t axis, int64_t begin, int64_t end) {
  if (!x)
    return {};
  return node.create<SliceOp>(x, node.createInts(begin), node.createInts(end),
                              node.createInts(axis), Value());
}

Value GraphMath::gather(Value data, Value indices, int64_t axis) {
  return data && indices ? Value(node.create<GatherOp>(data, indices, axis)) : Value();
}

Value GraphMath::range(Value count) {
  return count ? Value(node.create<RangeOp>(integer(0), count, integer(1))) : Value();
}

Value GraphMath::matmul(Value x, Value y) {
  return x && y ? Value(node.create<MatMulOp>(x, y)) : Value();
}

SmallVector<Value>
GraphMath::repeat(int64_t trips, ArrayRef<Value> inits,
                  function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  if (llvm::is_contained(inits, Value()))
    return {};
  OpBuilder &builder = node.getBuilder();
  SmallVector<Type> types(ValueRange(inits).getTypes());
  auto loop = LoopOp::create(builder, node.getLoc(), types, integer(trips), Value(), inits);
  {
    OpBuilder::InsertionGuard guard(builder);
    SmallVector<Type> arguments{RankedTensorType::get({}, i64()),
                                RankedTensorType::get({}, builder.getI1Type())};
    llvm::append_range(arguments, types);
    SmallVector<Location> locs(arguments.size(), node.getLoc());
    Block *block = builder.createBlock(&loop.getBody(), {}, arguments, locs);
    SmallVector<Value> next = body(block->getArgument(0), block->getArguments().drop_front(2));
    if (next.empty() || llvm::is_contained(next, Value()))
      return {};
    bool goesOn = next.size() > inits.size();
    Value condition = goesOn ? next.pop_back_val() : Value(block->getArgument(1));
    next.insert(next.begin(), condition);
    YieldOp::create(builder, node.getLoc(), next);
  }
  if (failed(verify(loop)))
    return {};
  return SmallVector<Value>(loop.getResults());
}
