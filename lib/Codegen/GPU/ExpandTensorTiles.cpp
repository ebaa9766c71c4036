//===- ExpandTensorTiles.cpp - Products by tensor cores -------------------===//

#include "Staging.h"
#include "TensorTileEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

namespace {
constexpr int64_t kStages = 2;
constexpr int64_t kGroup = 4; ///< words that one instruction stores

/// Both sides pass through registers, where they become words.
class StagedTileEmitter : public FragmentTileEmitter {
public:
  using FragmentTileEmitter::FragmentTileEmitter;

  static SmallVector<MemRefType> getShared(const TensorTile &tile, Type word) {
    // Rows that lie apart keep the threads that read a fragment from meeting one bank.
    constexpr int64_t kLeftApart = 4, kRightApart = 8;
    return {sharedType({kStages, tile.rows, tile.words + kLeftApart}, word),
            sharedType({kStages, tile.words, tile.columns + kRightApart}, word)};
  }

private:
  SmallVector<Value> addTiles(ValueRange batch, ValueRange sums) override {
    int64_t depth = tile.words * factor.perWord;
    Staging left(*product.left, batch, firstRow, product.rows, product.depth, tile.rows, depth,
                 kGroup * factor.perWord, b);
    Staging right(*product.right, batch, firstColumn, product.columns, product.depth,
                  tile.columns, depth, factor.perWord, b);
    Value zero = b.index(0);
    stageLeft(left, left.load(zero), zero);
    stageRight(right, right.load(zero), zero);
    b.barrier();
    Value turns = b.ceilDiv(b.index(product.depth), depth);
    return b.fold(turns, sums, [&](Value turn, ValueRange before) {
      Value next = b.add(turn, b.index(1)), k = b.mul(next, depth);
      SmallVector<Value> lefts = left.load(k), rights = right.load(k);
      SmallVector<Value> after = multiply(b.rem(turn, kStages), before);
      stageLeft(left, lefts, b.rem(next, kStages));
      stageRight(right, rights, b.rem(next, kStages));
      b.barrier();
      return after;
    });
  }

  /// As shared[stage, row, word].
  void stageLeft(const Staging &staging, ValueRange loaded, Value stage) {
    for (auto [piece, run] : llvm::zip(staging.getPieces(), loaded))
      b.storeRun(factor.toWords(run, b), b.shared[0],
                 {stage, piece.line, b.div(piece.k, b.index(factor.perWord))});
  }

  /// As shared[stage, word, column]: the numbers of a word are neighbours in a column.
  void stageRight(const Staging &staging, ValueRange loaded, Value stage) {
    for (auto [i, piece] : llvm::enumerate(staging.getPieces())) {
      ValueRange rows = loaded.slice(i * factor.perWord, factor.perWord);
      b.storeRun(factor.toWords(interleave(rows), b), b.shared[1],
                 {stage, b.div(piece.k, b.index(factor.perWord)), piece.line});
    }
  }

  /// [a0, a1...], [b0, b1...]  =>  [a0, b0, a1, b1...], for 1, 2 or 4 vectors.
  Value interleave(ValueRange rows) {
    if (rows.size() == 1)
      return rows.front();
    size_t half = rows.size() / 2;
    SmallVector<Value> even, odd;
    for (size_t i = 0; i < half; ++i) {
      even.push_back(rows[2 * i]);
      odd.push_back(rows[2 * i + 1]);
    }
    Value x = interleave(even), y = interleave(odd);
    int64_t count = cast<VectorType>(x.getType()).getNumElements();
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < count; ++i)
      mask.append({i, count + i});
    return vector::ShuffleOp::create(b, x, y, mask);
  }

  Fragment readLeft(Value stage, int64_t fragment, int64_t word) override {
    Value row = b.add(b.add(warpRow, b.index(fragment * kRows)), b.rem(b.lane, kRows));
    Value column = b.add(b.mul(b.div(b.lane, b.index(kRows)), kWords / 2), b.index(word));
    auto type = VectorType::get({4, 1}, b.getI32Type());
    Value words = nvgpu::LdMatrixOp::create(b, type, b.shared[0], ValueRange{stage, row, column},
                                            /*transpose=*/false, /*numTiles=*/4);
    Fragment parts;
    for (int64_t i = 0; i < 4; ++i)
      parts.push_back(factor.toOperand(b.createOrFold<vector::ExtractOp>(words, ArrayRef<int64_t>{i, 0}), b));
    return parts;
  }

  SmallVector<Fragment> readRight(Value stage, int64_t word) override {
    SmallVector<Fragment> fragments(columnFragments());
    for (auto [j, fragment] : llvm::enumerate(fragments)) {
      Value column = b.add(b.add(warpColumn, b.index(j * kColumns)), b.div(b.lane, b.index(4)));
      for (int64_t half = 0; half < 2; ++half) {
        Value row = b.add(b.rem(b.lane, 4), b.index(word + half * kWords / 2));
        fragment.push_back(factor.toOperand(
            memref::LoadOp::create(b, b.shared[1], ValueRange{stage, row, column}), b));
      }
    }
    return fragments;
  }
};
} // namespace

std::optional<Factor> graphopt::cuda::findFloatFactor(Type left, Type right,
                                                      Precision precision) {
  using NVVM::MMATypes;
  auto both = [&](MMATypes kind, int64_t perWord) { return Factor{kind, kind, perWord}; };
  // Their products are exact.
  if (left.isF16() && right.isF16())
    return both(MMATypes::f16, 2);
  if (left.isBF16() && right.isBF16())
    return both(MMATypes::bf16, 2);
  switch (precision) {
  case Precision::F32:
    return std::nullopt;
  case Precision::TF32:
    return both(MMATypes::tf32, 1);
  case Precision::F16:
    return both(MMATypes::f16, 2);
  case Precision::BF16:
    return both(MMATypes::bf16, 2);
  }
  llvm_unreachable("not a precision");
}

std::optional<Factor> graphopt::cuda::findFactor(const Product &product, const GpuModel &gpu,
                                                 Precision precision) {
  using NVVM::MMATypes;
  if (!gpu.bfloat16)
    return std::nullopt;
  kernel::EpilogueOp op = product.op;
  Type left = product.left->getElementType(), right = product.right->getElementType();
  if (left.isInteger(8) && right.isInteger(8) && op.getValueType().isInteger(32)) {
    auto kindOf = [](const Side &side) { return side.isUnsigned ? MMATypes::u8 : MMATypes::s8; };
    return Factor{kindOf(*product.left), kindOf(*product.right), 4};
  }
  if (!op.getValueType().isF32())
    return std::nullopt;
  return findFloatFactor(left, right, precision);
}

void graphopt::cuda::emitTensorTiles(const Product &product, const Factor &factor,
                                     const TensorTile &tile, BlockBuilder &b) {
  launchTensorTiles(product, tile, StagedTileEmitter::getShared(tile, b.getI32Type()), b,
                    [&](ValueRange batch, Value row, Value column) {
                      StagedTileEmitter(product, factor, tile, b).emit(batch, row, column);
                    });
}
