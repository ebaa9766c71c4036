//===- BlockBuilder.cpp - Kernels whose threads work together -------------===//

#include "BlockBuilder.h"
#include "graphopt/Target/CodeTargets.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::cuda;

MemRefType graphopt::cuda::sharedType(ArrayRef<int64_t> shape, Type element) {
  auto space = mlir::gpu::AddressSpaceAttr::get(element.getContext(),
                                                mlir::gpu::AddressSpace::Workgroup);
  return MemRefType::get(shape, element, MemRefLayoutAttrInterface(), space);
}

int64_t graphopt::cuda::getRun(Value memref, int64_t most) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> places; // that are to be multiples
  int64_t offset;
  if (type.getRank() == 0 || failed(type.getStridesAndOffset(places, offset)) ||
      places.back() != 1)
    return 1;
  // Buffers begin at multiples of 64 bytes.
  places.back() = type.getShape().back();
  if (type.getLayout().isIdentity())
    places = {places.back()};
  else
    places.push_back(offset);
  if (llvm::any_of(places, ShapedType::isDynamic))
    return 1;
  constexpr int64_t kWidestBytes = 16;
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  most = std::min(most, kWidestBytes / std::max<int64_t>(bytes, 1));
  while (most > 1 && llvm::any_of(places, [&](int64_t place) { return place % most != 0; }))
    most /= 2;
  return std::max<int64_t>(most, 1);
}

/// Bytes, so that what comes behind is aligned for any access.
static int64_t sharedBytes(MemRefType type) {
  return llvm::alignTo(type.getNumElements() * type.getElementTypeBitWidth() / 8, 16);
}

void BlockBuilder::launch(Value blocks, int64_t count, ArrayRef<MemRefType> types,
                          llvm::function_ref<void()> body) {
  constexpr int64_t kDeclared = 48 * 1024; // more a kernel is given by its launch only
  int64_t bytes = 0;
  for (MemRefType type : types)
    bytes += sharedBytes(type);
  bool isGiven = bytes > kDeclared;
  Value one = index(1), given;
  if (isGiven)
    given = arith::ConstantOp::create(*this, getI32IntegerAttr(bytes));
  SmallVector<Type> attributions;
  if (!isGiven)
    attributions.assign(types.begin(), types.end());
  auto op = mlir::gpu::LaunchOp::create(*this, blocks, one, one, index(count), one, one, given,
                                        Type(), ValueRange(), attributions);
  if (!targets.empty())
    op->setAttr(graphopt::kTargetsAttr, getDenseI32ArrayAttr(targets));
  InsertionGuard guard(*this);
  setInsertionPointToStart(&op.getBody().front());
  threads = count;
  block = mlir::gpu::BlockIdOp::create(*this, mlir::gpu::Dimension::x);
  thread = mlir::gpu::ThreadIdOp::create(*this, mlir::gpu::Dimension::x);
  warp = div(thread, index(kWarp));
  lane = rem(thread, kWarp);
  shared.assign(op.getWorkgroupAttributions().begin(), op.getWorkgroupAttributions().end());
  if (isGiven) {
    Value memory = mlir::gpu::DynamicSharedMemoryOp::create(
        *this, sharedType({ShapedType::kDynamic}, getI8Type()));
    int64_t offset = 0;
    for (MemRefType type : types) {
      shared.push_back(memref::ViewOp::create(*this, type, memory, index(offset), ValueRange()));
      offset += sharedBytes(type);
    }
  }
  body();
  mlir::gpu::TerminatorOp::create(*this);
}

void BlockBuilder::barrier() { mlir::gpu::BarrierOp::create(*this); }

Value BlockBuilder::shuffle(Value value, int64_t mask) {
  if (value.getType().getIntOrFloatBitWidth() == 64) { // two words
    auto words = VectorType::get(2, getI32Type()), whole = VectorType::get(1, value.getType());
    Value parts = vector::BitCastOp::create(*this, words, splat(value, 1));
    parts = gather({shuffle(element(parts, 0), mask), shuffle(element(parts, 1), mask)});
    return element(vector::BitCastOp::create(*this, whole, parts), 0);
  }
  return mlir::gpu::ShuffleOp::create(*this, value, int32_t(mask), int32_t(kWarp),
                                      mlir::gpu::ShuffleMode::XOR)
      .getShuffleResult();
}

Value BlockBuilder::rem(Value x, int64_t y) {
  return createOrFold<arith::RemUIOp>(x, index(y));
}
Value BlockBuilder::isLess(Value x, Value y) {
  return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, x, y);
}
Value BlockBuilder::both(Value x, Value y) { return createOrFold<arith::AndIOp>(x, y); }
Value BlockBuilder::select(Value condition, Value x, Value y) {
  return createOrFold<arith::SelectOp>(condition, x, y);
}
Value BlockBuilder::zero(Type type) {
  return arith::ConstantOp::create(*this, getZeroAttr(type));
}
Value BlockBuilder::splat(Value value, int64_t lanes) {
  return vector::BroadcastOp::create(*this, VectorType::get(lanes, value.getType()), value);
}
Value BlockBuilder::element(Value vector, int64_t i) {
  return createOrFold<vector::ExtractOp>(vector, i);
}
Value BlockBuilder::gather(ValueRange elements) {
  auto type = VectorType::get(int64_t(elements.size()), elements.front().getType());
  Value result = zero(type);
  for (auto [i, value] : llvm::enumerate(elements))
    result = vector::InsertOp::create(*this, value, result, int64_t(i));
  return result;
}

static llvm::MaybeAlign alignmentOf(VectorType type) {
  return llvm::Align(
      llvm::PowerOf2Ceil(type.getNumElements() * type.getElementTypeBitWidth() / 8));
}

Value BlockBuilder::loadRun(Value memref, ValueRange indices, int64_t count) {
  auto type = VectorType::get(count, cast<MemRefType>(memref.getType()).getElementType());
  return vector::LoadOp::create(*this, type, memref, indices, /*nontemporal=*/false,
                                alignmentOf(type));
}
void BlockBuilder::storeRun(Value run, Value memref, ValueRange indices) {
  vector::StoreOp::create(*this, run, memref, indices, /*nontemporal=*/false,
                          alignmentOf(cast<VectorType>(run.getType())));
}

void BlockBuilder::ifThen(Value condition, llvm::function_ref<void()> body) {
  auto choice = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  InsertionGuard guard(*this);
  setInsertionPointToStart(choice.thenBlock());
  body();
}

SmallVector<Value>
BlockBuilder::fold(Size count, ValueRange start,
                   llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, index(0), index(count), index(1), start);
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(*this, body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return llvm::to_vector(ValueRange(loop.getResults()));
}
