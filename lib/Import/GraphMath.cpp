#include "lib/Import/GraphMath.h"
#include "dialects/Graph/Control.h"
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

Value GraphMath::insert(OperationState &state) {
  Operation *op = node.insert(state);
  return op ? op->getResult(0) : Value();
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
