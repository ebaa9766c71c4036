//===- ExpandGridMatMul.cpp - kernel.grid_matmul to loops over vectors ----===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

namespace {
/// A few rows unpack words where they multiply them: memory is the bound. More rows
/// share weights that are unpacked once, a block of the reduction at a time.
class GridMatMulEmitter : TileEmitter {
public:
  GridMatMulEmitter(GridMatMulOp op, ExpandContext &context)
      : TileEmitter(cast<EpilogueOp>(op.getOperation()), context), op(op),
        lhs(op.getLhs()),
        ofHalves(op.getRhs().getType().getElementType().isF16()),
        panelColumns(cast<MemRefType>(op.getRhs().getType()).getShape().back() /
                     (ofHalves ? op.getPerWord() : 1)) {}

  void emit() {
    if (!epilogue.flattenRows(lhs)) {
      batch = b.sizesOf(epilogue.init);
      batch.pop_back_n(2);
    }
    rows = b.sizeOf(epilogue.init, batch.size());
    int64_t shared = chooseBlock();
    constexpr int64_t kFewRows = 3;
    std::optional<int64_t> fixed = getFixed(rows);
    if (fixed || !shared)
      return emitPanels(fixed && *fixed <= kFewRows ? 0 : shared);
    Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, b.index(rows), b.index(1));
    Size open = rows;
    b.forEither(isOne, [&](bool one) {
      epilogue.forgetLoads();
      rows = one ? Size(b.getIndexAttr(1)) : open;
      emitPanels(one ? 0 : shared);
    });
  }

private:
  using Vectors = SmallVector<Value>;

  /// Rows of weights that are unpacked together; 0: none.
  int64_t chooseBlock() {
    constexpr int64_t kBytes = 64 << 10, kMostBytes = 512 << 10;
    int64_t rowBytes = panelColumns * sumType.getElementTypeBitWidth() / 8;
    int64_t most = std::max<int64_t>(kBytes / rowBytes, 1);
    int64_t block = op.getBlockSize(), perWord = op.getPerWord(), depth = op.getDepth();
    if (block <= most)
      return std::min<int64_t>(most / block * block, llvm::alignTo(depth, block));
    int64_t part = most / perWord * perWord;
    if (block == depth)
      return part;
    while (part > 0 && block % part != 0)
      part -= perWord;
    if (part > 0)
      return part;
    return block * rowBytes <= kMostBytes ? block : 0;
  }

  void emitPanels(int64_t shared) {
    blockSize = shared;
    int64_t columns = cast<MemRefType>(epilogue.init.getType()).getShape().back();
    int64_t full = columns / panelColumns, ragged = columns % panelColumns;
    emitPart(full, panelColumns, [&](Value i) { return i; });
    if (ragged)
      emitPart(1, ragged, [&](Value) { return b.index(full); });
  }

  /// All rows of all batches of `count` columns of the panels `panelOf(part)`.
  void emitPart(int64_t parts, int64_t count, llvm::function_ref<Value(Value)> panelOf) {
    if (parts == 0)
      return;
    SmallVector<Size> outer(batch);
    outer.push_back(b.getIndexAttr(parts));
    forTurns(outer, rows, llvm::divideCeil(count, lanes), [&](ValueRange indices, Stretch stretch) {
      epilogue.outer = llvm::to_vector(indices.drop_back());
      panel = panelOf(indices.back());
      emitRows(makeColumns(b.mul(panel, panelColumns), count), rows, stretch);
    });
  }

  //--- How the tiles address their inputs ---------------------------------===//

  SmallVector<Size> reductionSizes() override {
    return {b.getIndexAttr(blockSize ? op.getDepth() : op.getWords())};
  }
  int64_t tapsInBody() override { return blockSize ? 1 : op.getPerWord(); }
  /// With words to unpack there are two sums of each element, and the words.
  int64_t tileRows(int64_t vectors) override {
    if (blockSize)
      return TileEmitter::tileRows(vectors);
    return std::clamp<int64_t>((context.cpu.vectorRegisters - 3 - vectors) / (2 * vectors), 1, 6);
  }

  Value loadLhs(Value row, Value k) {
    SmallVector<Value> indices(epilogue.outer);
    indices.append({row, k});
    return broadcast(widen(memref::LoadOp::create(b, lhs, indices)));
  }
  Value lhsVector(Value row, ValueRange k) override { return loadLhs(row, k[0]); }
  /// Of what is unpacked.
  Value rhsVector(ValueRange k, Column column) override {
    return vector::LoadOp::create(b, sumType, unpacked,
                                  ValueRange{b.sub(k[0], unpackedFirst), column.offset});
  }

  //--- Words --------------------------------------------------------------===//

  Vectors load(Value panels, Value row, Columns columns) {
    return llvm::map_to_vector(columns, [&](Column column) {
      return epilogue.load(panels, {panel, row, column.offset}, Value());
    });
  }
  Vectors loadScales(Value block, Columns columns) {
    return llvm::map_to_vector(load(op.getScale(), block, columns),
                               [&](Value scale) { return widen(scale); });
  }
  /// As floats; none if all weights have the same.
  Vectors loadZeros(Value block, Columns columns) {
    if (!op.getZero())
      return {};
    return llvm::map_to_vector(load(op.getZero(), block, columns), [&](Value zero) {
      return Value(arith::UIToFPOp::create(b, sumType, zero));
    });
  }

  Value splat(int64_t value) {
    auto type = VectorType::get(lanes, b.getI32Type());
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, b.getI32IntegerAttr(int32_t(value))));
  }
  /// True if the bits of a number, and what is above them, choose one of 16 lanes.
  bool usesTable() {
    return op.getBits() <= 4 && lanes == 16 && sumType.getElementType().isF32() &&
           StringRef(context.cpu.triple).starts_with("x86_64");
  }
  /// What unpack() takes: a vector of words for each column, of f16 those of `count`
  /// numbers, one number after the other.
  Vectors loadWords(Value word, int64_t count, Columns columns) {
    if (!ofHalves)
      return load(op.getRhs(), word, columns);
    Vectors halves;
    for (int64_t j = 0; j < count; ++j)
      for (Column column : columns)
        halves.push_back(widen(epilogue.load(
            op.getRhs(), {panel, word, b.add(column.offset, b.index(j * panelColumns))}, Value())));
    return halves;
  }
  Value unpack(ArrayRef<Value> words, int64_t j, size_t column, Columns columns,
               ArrayRef<Value> zeros) {
    return ofHalves ? words[j * columns.size() + column]
                    : unpack(words[column], j, at(zeros, column));
  }
  /// Number `j` of each word, without its zero point: what `zero` (null: none) is.
  Value unpack(Value words, int64_t j, Value zero) {
    int64_t bits = op.getBits();
    if (bits == 16) { // bf16 is the upper half of f32
      Value upper = j == 0 ? Value(arith::ShLIOp::create(b, words, splat(16)))
                           : Value(arith::AndIOp::create(b, words, splat(0xffff0000)));
      return arith::BitcastOp::create(b, sumType, upper);
    }
    int64_t mask = (int64_t(1) << bits) - 1;
    int64_t offset = zero ? 0 : int64_t(op.getOffset());
    Value numbers = j == 0 ? words : arith::ShRUIOp::create(b, words, splat(j * bits));
    Value value;
    if (usesTable()) {
      SmallVector<float> table;
      for (int64_t i = 0; i < 16; ++i)
        table.push_back(float((i & mask) - offset));
      Value floats = arith::ConstantOp::create(b, DenseElementsAttr::get(sumType, ArrayRef(table)));
      value = LLVM::CallIntrinsicOp::create(b, sumType,
                                            b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
                                            ValueRange{floats, numbers})
                  .getResult(0);
    } else {
      numbers = arith::AndIOp::create(b, numbers, splat(mask));
      if (offset)
        numbers = arith::SubIOp::create(b, numbers, splat(offset));
      value = arith::SIToFPOp::create(b, sumType, numbers);
    }
    return zero ? Value(arith::SubFOp::create(b, value, zero)) : value;
  }
  static Value at(ArrayRef<Value> values, size_t i) {
    return values.empty() ? Value() : values[i];
  }

  //--- A few rows ---------------------------------------------------------===//

  /// `count` numbers of one word of each column from `k` on, times those of lhs.
  Vectors multiplyWords(Columns columns, ArrayRef<Value> rows, Vectors sums, Value word, Value k,
                        int64_t count, ArrayRef<Value> zeros) {
    Vectors words = loadWords(word, count, columns);
    for (int64_t j = 0; j < count; ++j) {
      Vectors weights;
      for (size_t c = 0; c < columns.size(); ++c)
        weights.push_back(unpack(words, j, c, columns, zeros));
      Value index = b.add(k, b.index(j));
      for (size_t r = 0; r < rows.size(); ++r) {
        Value x = loadLhs(rows[r], index);
        for (size_t c = 0; c < columns.size(); ++c) {
          Value &sum = sums[r * columns.size() + c];
          sum = multiplyAdd(x, weights[c], sum);
        }
      }
    }
    return sums;
  }

  /// The products with block `block` of `length` weights, scaled and added to `sums`.
  Vectors multiplyBlock(Columns columns, ArrayRef<Value> rows, Vectors sums, Value block,
                        int64_t length) {
    int64_t perWord = op.getPerWord(), rest = length % perWord;
    Value firstWord = b.mul(block, op.getBlockWords());
    Value firstK = b.mul(block, op.getBlockSize());
    Vectors zeros = loadZeros(block, columns);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(sumType));
    Vectors part(sums.size(), zero);
    if (length >= perWord)
      part = emitSumNest({b.getIndexAttr(length / perWord)}, b.index(0), b.index(length / perWord),
                         part, [&](ValueRange w, Vectors sums) {
                           return multiplyWords(columns, rows, sums, b.add(firstWord, w[0]),
                                                b.add(firstK, b.mul(w[0], perWord)), perWord,
                                                zeros);
                         });
    if (rest)
      part = multiplyWords(columns, rows, part, b.add(firstWord, b.index(length / perWord)),
                           b.add(firstK, b.index(length - rest)), rest, zeros);
    Vectors scales = loadScales(block, columns);
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = multiplyAdd(part[i], scales[i % columns.size()], sums[i]);
    return sums;
  }

  Vectors emitReduction(Columns columns, ArrayRef<Value> rows, Vectors sums, Value first,
                        Value last) override {
    if (blockSize)
      return TileEmitter::emitReduction(columns, rows, sums, first, last);
    int64_t block = op.getBlockSize(), full = op.getDepth() / block;
    if (full)
      sums = emitSumNest({b.getIndexAttr(full)}, b.index(0), b.index(full), sums,
                         [&](ValueRange i, Vectors sums) {
                           return multiplyBlock(columns, rows, sums, i[0], block);
                         });
    if (int64_t rest = op.getDepth() % block)
      sums = multiplyBlock(columns, rows, sums, b.index(full), rest);
    return sums;
  }

  //--- More rows ----------------------------------------------------------===//

  /// `count` numbers of one word of each column to row `row` of what is unpacked and
  /// those behind it.
  void unpackWords(Columns columns, Value word, Value row, int64_t count,
                   ArrayRef<Value> scales, ArrayRef<Value> zeros) {
    Vectors words = loadWords(word, count, columns);
    for (int64_t j = 0; j < count; ++j)
      for (auto [c, column] : llvm::enumerate(columns)) {
        Value weights =
            arith::MulFOp::create(b, unpack(words, j, c, columns, zeros), scales[c]);
        vector::StoreOp::create(b, weights, unpacked,
                                ValueRange{b.add(row, b.index(j)), column.offset});
      }
  }

  /// `words` words from number `first` on, and `rest` numbers of the next, which all
  /// belong to block `block`.
  void unpackRun(Columns columns, Value block, Value first, Value words, int64_t rest, Value row) {
    int64_t perWord = op.getPerWord();
    Vectors scales = loadScales(block, columns), zeros = loadZeros(block, columns);
    b.forRange(b.index(0), words, [&](Value w) {
      unpackWords(columns, b.add(first, w), b.add(row, b.mul(w, perWord)), perWord, scales, zeros);
    });
    if (rest)
      unpackWords(columns, b.add(first, words), b.add(row, b.mul(words, perWord)), rest, scales,
                  zeros);
  }

  /// What `body` emits runs if `last` is the end of the reduction.
  void ifAtEnd(Value last, llvm::function_ref<void()> body) {
    Value isEnd = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, last, b.index(op.getDepth()));
    b.forEither(isEnd, [&](bool isTrue) {
      if (isTrue)
        body();
    });
  }

  void beginBlock(Columns columns, Value first, Value last) override {
    unpacked = getStack(blockSize, panelColumns / lanes, /*number=*/1);
    unpackedFirst = first;
    int64_t block = op.getBlockSize(), perWord = op.getPerWord(), depth = op.getDepth();
    if (blockSize % block == 0) {
      int64_t full = depth / block, rest = depth % block;
      auto unpackBlock = [&](Value i, int64_t length) {
        unpackRun(columns, i, b.mul(i, op.getBlockWords()), b.index(length / perWord),
                  length % perWord, b.sub(b.mul(i, block), first));
      };
      b.forRange(b.div(first, b.index(block)), b.div(last, b.index(block)),
                 [&](Value i) { unpackBlock(i, block); });
      if (rest)
        ifAtEnd(last, [&] { unpackBlock(b.index(full), rest); });
      return;
    }
    // A part of one block, of whole words but at the end.
    Value number = b.div(first, b.index(block));
    Value inBlock = b.sub(first, b.mul(number, block));
    Value word = b.add(b.mul(number, op.getBlockWords()), b.div(inBlock, b.index(perWord)));
    Value words = b.div(b.sub(last, first), b.index(perWord));
    unpackRun(columns, number, word, words, 0, b.index(0));
    if (int64_t rest = depth % perWord)
      ifAtEnd(last, [&] {
        unpackRun(columns, number, b.add(word, words), b.index(0), rest, b.mul(words, perWord));
      });
  }

  GridMatMulOp op;
  Value lhs;
  bool ofHalves; // of f16: a vector of each row, not of words
  int64_t panelColumns;
  SmallVector<Size> batch; // dimensions that are not rows
  Size rows;
  Value unpacked;      // weights from `unpackedFirst` on, [k, column of the panel]
  Value unpackedFirst;
};
} // namespace

void graphopt::cpu::emitGridMatMul(GridMatMulOp op, ExpandContext &context) {
  GridMatMulEmitter(op, context).emit();
}
