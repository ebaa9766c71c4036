//===- TensorCore.cpp - Products of fragments by tensor cores -------------===//

#include "TensorCore.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt::cuda;

Value Factor::toWords(Value run, BlockBuilder &b) const {
  auto from = cast<VectorType>(run.getType());
  auto vectorOf = [&](Type element) { return VectorType::get(from.getShape(), element); };
  auto words = VectorType::get(from.getNumElements() / perWord, b.getI32Type());
  if (kind == NVVM::MMATypes::tf32) {
    if (!from.getElementType().isF32())
      run = arith::ExtFOp::create(b, vectorOf(b.getF32Type()), run);
    SmallVector<Value> rounded;
    for (int64_t i = 0; i < from.getNumElements(); ++i)
      rounded.push_back(NVVM::ConvertFloatToTF32Op::create(
          b, b.getI32Type(), b.element(run, i), NVVM::FPRoundingMode::RNA));
    return b.gather(rounded);
  }
  Type type = kind == NVVM::MMATypes::f16    ? Type(b.getF16Type())
              : kind == NVVM::MMATypes::bf16 ? Type(b.getBF16Type())
                                             : from.getElementType();
  if (from.getElementType() != type) {
    if (from.getElementTypeBitWidth() < 32) // f16 to bf16
      run = arith::ExtFOp::create(b, vectorOf(b.getF32Type()), run);
    run = arith::TruncFOp::create(b, vectorOf(type), run);
  }
  return vector::BitCastOp::create(b, words, run);
}

Value Factor::toOperand(Value word, BlockBuilder &b) const {
  if (kind != NVVM::MMATypes::f16)
    return word;
  return LLVM::BitcastOp::create(b, VectorType::get(2, b.getF16Type()), word);
}

void graphopt::cuda::multiplyFragments(const Factor &factor, ValueRange left, ValueRange right,
                                       MutableArrayRef<Value> sums, BlockBuilder &b) {
  Type sum = sums.front().getType();
  auto result = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(4, sum));
  std::optional<NVVM::MMAIntOverflow> overflow;
  if (isa<IntegerType>(sum))
    overflow = NVVM::MMAIntOverflow::wrapped;
  Value next = NVVM::MmaOp::create(
      b, result, left, right, ValueRange(sums),
      {kFragmentRows, kFragmentColumns, kFragmentWords * factor.perWord}, std::nullopt, overflow,
      std::array{factor.kind, factor.rightKind},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  for (auto [i, value] : llvm::enumerate(sums))
    value = LLVM::ExtractValueOp::create(b, next, int64_t(i));
}

Fragment graphopt::cuda::loadMatrices(const Factor &factor, Value memory, ValueRange at,
                                      bool transpose, BlockBuilder &b) {
  Type half = cast<MemRefType>(memory.getType()).getElementType();
  Value matrices = nvgpu::LdMatrixOp::create(b, VectorType::get({4, 2}, half), memory, at,
                                             transpose, /*numTiles=*/4);
  Fragment parts;
  for (int64_t i = 0; i < 4; ++i) {
    Value pair = b.createOrFold<vector::ExtractOp>(matrices, ArrayRef<int64_t>{i});
    Value word = vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), pair);
    parts.push_back(factor.toOperand(b.element(word, 0), b));
  }
  return parts;
}
