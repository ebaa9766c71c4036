//===- LoopBuilder.cpp - Index arithmetic and loops -----------------------===//

#include "LoopBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace graphopt::cpu;

std::optional<int64_t> graphopt::cpu::getFixed(LoopBuilder::Size size) {
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
Value LoopBuilder::ceilDiv(Value x, int64_t y) {
  return createOrFold<arith::CeilDivUIOp>(x, index(y));
}

LoopBuilder::Size LoopBuilder::sizeOf(Value memref, int64_t dim) {
  return memref::getMixedSize(*this, getLoc(), memref, dim);
}
SmallVector<LoopBuilder::Size> LoopBuilder::sizesOf(Value memref) {
  return memref::getMixedSizes(*this, getLoc(), memref);
}

void LoopBuilder::forCount(Size count, llvm::function_ref<void(Value)> body) {
  std::optional<int64_t> fixed = getFixed(count);
  if (fixed == 0)
    return;
  if (fixed == 1)
    return body(index(0));
  auto loop = scf::ForOp::create(*this, index(0), index(count), index(1));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
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
