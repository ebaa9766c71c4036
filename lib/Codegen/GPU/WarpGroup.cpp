//===- WarpGroup.cpp - Products by four warps, of sides in shared memory --===//

#include "WarpGroup.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt::cuda;

constexpr int64_t kRunHalves = 8;
/// Addresses and distances are told in units of 16 bytes.
constexpr int64_t kUnit = 16;

static Value i64Of(int64_t value, BlockBuilder &b) {
  return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
}

Value graphopt::cuda::placeInLine(Value line, Value at, BlockBuilder &b) {
  Value turned = b.createOrFold<arith::XOrIOp>(b.div(at, b.index(kRunHalves)),
                                               b.rem(line, kPatternLines));
  return b.mul(turned, kRunHalves);
}

Value graphopt::cuda::describeMatrix(Value memory, bool alongDepth, int64_t blockBytes,
                                     BlockBuilder &b) {
  constexpr int64_t kPatternBytes = kPatternLines * kLineHalves * 2;
  constexpr int64_t kAddressBits = 18, kLeadingBit = 16, kStrideBit = 32, kLayoutBit = 62;
  constexpr int64_t kTurned = 1; // by 128 bytes
  int64_t leading = alongDepth ? 1 : blockBytes / kUnit; // which lines along it have not
  uint64_t layout = uint64_t(leading) << kLeadingBit |
                    uint64_t(kPatternBytes / kUnit) << kStrideBit |
                    uint64_t(kTurned) << kLayoutBit;
  Value address = arith::IndexCastOp::create(
      b, b.getI64Type(), memref::ExtractAlignedPointerAsIndexOp::create(b, memory));
  address = arith::AndIOp::create(b, address, i64Of((1 << kAddressBits) - 1, b));
  address = arith::ShRUIOp::create(b, address, i64Of(llvm::Log2_64(kUnit), b));
  return arith::OrIOp::create(b, address, i64Of(int64_t(layout), b));
}

Value graphopt::cuda::moveMatrix(Value matrix, Value count, int64_t bytes, BlockBuilder &b) {
  Value units = b.mul(count, bytes / kUnit);
  return arith::AddIOp::create(b, matrix,
                               arith::IndexCastOp::create(b, b.getI64Type(), units));
}

static Type structOf(size_t count, BlockBuilder &b) {
  return LLVM::LLVMStructType::getLiteral(b.getContext(),
                                          SmallVector<Type>(count, b.getF32Type()));
}

Value graphopt::cuda::packSums(ValueRange sums, BlockBuilder &b) {
  Value packed = LLVM::PoisonOp::create(b, structOf(sums.size(), b));
  for (auto [i, sum] : llvm::enumerate(sums))
    packed = LLVM::InsertValueOp::create(b, packed, sum, int64_t(i));
  return packed;
}

Value graphopt::cuda::multiplyMatrices(const Factor &factor, Value left, Value right, Value sums,
                                       BlockBuilder &b) {
  using namespace NVVM;
  // A thread has two of each eight columns, in two rows.
  int64_t columns = cast<LLVM::LLVMStructType>(sums.getType()).getBody().size() * 2;
  WGMMATypes type = factor.kind == MMATypes::f16 ? WGMMATypes::f16 : WGMMATypes::bf16;
  return WgmmaMmaAsyncOp::create(
      b, sums.getType(), sums, left, right,
      MMAShapeAttr::get(b.getContext(), kGroupRows, columns, kGroupDepth), type, type,
      WGMMATypes::f32, WGMMAScaleOut::one, WGMMAScaleIn::one, WGMMAScaleIn::one, MMALayout::row,
      MMALayout::row, MMAIntOverflowAttr());
}

/// The registers pass through the instruction: LLVM knows no other way in which what is
/// computed of them must not come before it.
SmallVector<Value> graphopt::cuda::waitForSums(Value sums, BlockBuilder &b) {
  size_t count = cast<LLVM::LLVMStructType>(sums.getType()).getBody().size();
  SmallVector<Value> parts;
  for (size_t i = 0; i < count; ++i)
    parts.push_back(LLVM::ExtractValueOp::create(b, sums, int64_t(i)));
  std::string results, operands;
  for (size_t i = 0; i < count; ++i) {
    results += "=f,";
    operands += (i ? "," : "") + std::to_string(i);
  }
  auto dialect = LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT);
  Value ready = LLVM::InlineAsmOp::create(b, sums.getType(), parts,
                                          "wgmma.wait_group.sync.aligned 0;", results + operands,
                                          /*has_side_effects=*/true, /*is_align_stack=*/false,
                                          LLVM::tailcallkind::TailCallKind::None, dialect,
                                          ArrayAttr())
                    .getResult(0);
  for (size_t i = 0; i < count; ++i)
    parts[i] = LLVM::ExtractValueOp::create(b, ready, int64_t(i));
  return parts;
}
