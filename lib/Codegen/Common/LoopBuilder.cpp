//===- LoopBuilder.cpp - Index arithmetic and loops -----------------------===//

#include "LoopBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace graphopt;

std::optional<int64_t> graphopt::getFixed(LoopBuilder::Size size) {
  return getConstantIntValue(size);
}

Value LoopBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}
Value LoopBuilder::index(Size size) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size);
}
Value LoopBuilder::add(Value x, Value y) {
  return createOrFold<arith::AddIOp>(x, y);
}
Value LoopBuilder::sub(Value x, Value y) {
  return createOrFold<arith::SubIOp>(x, y);
}
Value LoopBuilder::mul(Value x, Value y) {
  return createOrFold<arith::MulIOp>(x, y);
}
Value LoopBuilder::min(Value x, Value y) {
  return createOrFold<arith::MinUIOp>(x, y);
}
Value LoopBuilder::max(Value x, Value y) {
  return createOrFold<arith::MaxUIOp>(x, y);
}
Value LoopBuilder::div(Value x, Value y) {
  return createOrFold<arith::DivUIOp>(x, y);
}
Value LoopBuilder::ceilDiv(Value x, Value y) {
  return createOrFold<arith::CeilDivUIOp>(x, y);
}

Value LoopBuilder::product(ArrayRef<Size> sizes) {
  Value result = index(1);
  for (Size size : sizes)
    result = mul(result, index(size));
  return result;
}

SmallVector<Value> LoopBuilder::delinearize(Value turn, ArrayRef<Size> counts) {
  SmallVector<Value> indices(counts.size());
  for (size_t d = counts.size(); d-- > 1;) {
    Value count = index(counts[d]);
    indices[d] = createOrFold<arith::RemUIOp>(turn, count);
    turn = div(turn, count);
  }
  if (!counts.empty())
    indices.front() = turn;
  return indices;
}

LoopBuilder::Size LoopBuilder::sizeOf(Value memref, int64_t dim) {
  return memref::getMixedSize(*this, getLoc(), memref, dim);
}
SmallVector<LoopBuilder::Size> LoopBuilder::sizesOf(Value memref) {
  return memref::getMixedSizes(*this, getLoc(), memref);
}

void LoopBuilder::forCount(Size count, llvm::function_ref<void(Value)> body) {
  forRange(index(0), index(count), body);
}

void LoopBuilder::forRange(Value begin, Value end,
                           llvm::function_ref<void(Value)> body) {
  std::optional<int64_t> first = getFixed(begin), last = getFixed(end);
  if (first && last && *first >= *last)
    return;
  if (first && last && *first + 1 == *last)
    return body(begin);
  auto loop = scf::ForOp::create(*this, begin, end, index(1));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void LoopBuilder::forEither(Value condition,
                            llvm::function_ref<void(bool)> body) {
  auto choice = scf::IfOp::create(*this, condition, /*withElseRegion=*/true);
  InsertionGuard guard(*this);
  setInsertionPointToStart(choice.thenBlock());
  body(true);
  setInsertionPointToStart(choice.elseBlock());
  body(false);
}

void LoopBuilder::forNest(ArrayRef<Size> counts,
                          llvm::function_ref<void(ValueRange)> body) {
  SmallVector<Value> ivs;
  std::function<void()> descend = [&] {
    if (ivs.size() == counts.size())
      return body(ivs);
    forCount(counts[ivs.size()], [&](Value iv) {
      ivs.push_back(iv);
      descend();
      ivs.pop_back();
    });
  };
  descend();
}
