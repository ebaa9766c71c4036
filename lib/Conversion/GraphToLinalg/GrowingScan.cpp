#include "GrowingScan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace graphopt;

using Sizes = SmallVector<OpFoldResult>;

/// The part of `buffer` from row `first` on that has `sizes`.
static Value part(OpBuilder &b, Location loc, Value buffer, OpFoldResult first,
                  ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> shape) {
  Sizes offsets(sizes.size(), b.getIndexAttr(0));
  Sizes strides(sizes.size(), b.getIndexAttr(1));
  offsets.front() = first;
  MemRefType type = memref::SubViewOp::inferRankReducedResultType(
      shape, cast<MemRefType>(buffer.getType()), offsets, sizes, strides);
  return memref::SubViewOp::create(b, loc, type, buffer, offsets, sizes, strides);
}

MemRefType GrowingScan::getType() const {
  SmallVector<int64_t> shape(row.getShape());
  shape.insert(shape.begin(), ShapedType::kDynamic);
  return MemRefType::get(shape, row.getElementType());
}

Value GrowingScan::create(OpBuilder &b, Location loc) const {
  Value none = arith::ConstantIndexOp::create(b, loc, 0);
  SmallVector<Value> sizes(1 + row.getNumDynamicDims(), none);
  return memref::AllocOp::create(b, loc, getType(), sizes);
}

/// `buffer`, or if it is full one of twice as many rows that begins with its rows.
/// They have the sizes of the next one, or there are none.
Value GrowingScan::makeRoom(OpBuilder &b, Location loc, Value buffer, Value value,
                            Value count) const {
  Value rows = memref::DimOp::create(b, loc, buffer, 0);
  Value isFull =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, count, rows);
  auto result = scf::IfOp::create(b, loc, buffer.getType(), isFull,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(result.elseBlock());
  scf::YieldOp::create(b, loc, buffer);
  b.setInsertionPointToStart(result.thenBlock());
  Value two = arith::ConstantIndexOp::create(b, loc, 2);
  Value least = arith::ConstantIndexOp::create(b, loc, 4);
  Value room = arith::MaxSIOp::create(
      b, loc, arith::MulIOp::create(b, loc, rows, two), least);
  SmallVector<Value> dynamic = {room};
  for (int64_t dim = 0; dim < row.getRank(); ++dim)
    if (row.isDynamicDim(dim))
      dynamic.push_back(tensor::DimOp::create(b, loc, value, dim));
  Value larger = memref::AllocOp::create(b, loc, getType(), dynamic);
  Sizes sizes = memref::getMixedSizes(b, loc, buffer);
  Value begin = part(b, loc, larger, b.getIndexAttr(0), sizes,
                     getType().getShape());
  memref::CopyOp::create(b, loc, buffer, begin);
  memref::DeallocOp::create(b, loc, buffer);
  scf::YieldOp::create(b, loc, larger);
  return result.getResult(0);
}

Value GrowingScan::append(OpBuilder &b, Location loc, Value buffer, Value value,
                          Value count) const {
  buffer = makeRoom(b, loc, buffer, value, count);
  Sizes sizes = tensor::getMixedSizes(b, loc, value);
  sizes.insert(sizes.begin(), b.getIndexAttr(1));
  Value place = part(b, loc, buffer, count, sizes, row.getShape());
  bufferization::MaterializeInDestinationOp::create(
      b, loc, /*result=*/Type(), value, place, /*restrict=*/true,
      /*writable=*/true);
  return buffer;
}

Value GrowingScan::finish(OpBuilder &b, Location loc, Value buffer,
                          Value count) const {
  auto type = RankedTensorType::get(getType().getShape(), row.getElementType());
  Value whole = bufferization::ToTensorOp::create(b, loc, type, buffer,
                                                  /*restrict=*/true);
  Sizes sizes = tensor::getMixedSizes(b, loc, whole);
  sizes.front() = count;
  Sizes offsets(sizes.size(), b.getIndexAttr(0));
  Sizes strides(sizes.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, type, whole, offsets, sizes,
                                        strides);
}
