//===- GridPanels.cpp - Weights of few bits to panels of words ------------===//

#include "GridPanels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cstring>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

namespace {
/// A constant [rows, columns] whose bytes lie in some order.
struct ConstantMatrix {
  ReadConstant read;
  ArrayRef<char> bytes;
  int64_t rows = 0, columns = 0, rowStride = 0, columnStride = 0, elementBytes = 0;

  const char *at(int64_t row, int64_t column) const {
    return bytes.data() + (row * rowStride + column * columnStride) * elementBytes;
  }
  bool isTurned() const { return read.permutation.front() != 0; }
};
} // namespace

static std::optional<ConstantMatrix> readMatrix(Value value) {
  std::optional<ReadConstant> read = readConstant(value);
  bool isSplat = false;
  std::optional<ArrayRef<char>> bytes;
  if (!read || read->shape.size() != 2 || !(bytes = getBytes(read->value, isSplat)))
    return std::nullopt;
  ConstantMatrix matrix{*read, *bytes};
  int64_t strides[] = {isSplat ? 0 : read->shape[1], isSplat ? 0 : 1};
  matrix.rows = read->shape[read->permutation[0]];
  matrix.columns = read->shape[read->permutation[1]];
  matrix.rowStride = strides[read->permutation[0]];
  matrix.columnStride = strides[read->permutation[1]];
  matrix.elementBytes = read->value.getElementType().getIntOrFloatBitWidth() / 8;
  return matrix;
}

/// Each element of `matrix` with its place [column / NR, row, column % NR] in panels.
template <typename Visit>
static void forEachInPanels(const ConstantMatrix &matrix, int64_t columns, Visit visit) {
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      visit(row, column / columns, column % columns, matrix.at(row, column));
}

static void packWords(GridMatMulOp op, const ConstantMatrix &matrix, int64_t columns,
                      int64_t offset, MutableArrayRef<char> data) {
  std::memset(data.data(), 0, data.size());
  MutableArrayRef<uint32_t> words(reinterpret_cast<uint32_t *>(data.data()),
                                  data.size() / sizeof(uint32_t));
  int64_t bits = op.getBits(), block = op.getBlockSize(), perWord = op.getPerWord();
  uint32_t mask = (1u << bits) - 1;
  forEachInPanels(matrix, columns, [&](int64_t k, int64_t panel, int64_t column, const char *at) {
    int64_t word = k / block * op.getBlockWords() + k % block / perWord;
    uint32_t number = uint32_t(static_cast<signed char>(*at) + offset) & mask;
    if (uint16_t half; matrix.elementBytes == sizeof half) {
      std::memcpy(&half, at, sizeof half);
      number = half;
    }
    words[(panel * op.getWords() + word) * columns + column] |=
        number << (k % block % perWord * bits);
  });
}

/// Two rows of halves of a panel, one after the other, in the place of its words.
static void packHalves(GridMatMulOp op, const ConstantMatrix &matrix, int64_t columns,
                       MutableArrayRef<char> data) {
  std::memset(data.data(), 0, data.size());
  int64_t block = op.getBlockSize(), perWord = op.getPerWord();
  forEachInPanels(matrix, columns, [&](int64_t k, int64_t panel, int64_t column, const char *at) {
    int64_t word = k / block * op.getBlockWords() + k % block / perWord;
    int64_t row = (panel * op.getWords() + word) * perWord + k % block % perWord;
    std::memcpy(data.data() + (row * columns + column) * matrix.elementBytes, at,
                matrix.elementBytes);
  });
}

/// [rows, columns] as [panels, rows, columns of a panel]; bytes are moved by `offset`.
static void packGrid(const ConstantMatrix &matrix, int64_t columns, int64_t offset,
                     MutableArrayRef<char> data) {
  std::memset(data.data(), 0, data.size());
  forEachInPanels(matrix, columns, [&](int64_t row, int64_t panel, int64_t column, const char *at) {
    int64_t place = (panel * matrix.rows + row) * columns + column;
    std::memcpy(data.data() + place * matrix.elementBytes, at, matrix.elementBytes);
    if (offset)
      data[place] += offset;
  });
}

/// The zero point of all weights, if there is one.
static std::optional<int64_t> findCommonZero(const ConstantMatrix &zero, bool isUnsigned) {
  auto get = [&](const char *at) {
    return isUnsigned ? int64_t(static_cast<unsigned char>(*at))
                      : int64_t(static_cast<signed char>(*at));
  };
  int64_t first = get(zero.at(0, 0));
  bool isSame = true;
  forEachInPanels(zero, zero.columns, [&](int64_t, int64_t, int64_t, const char *at) {
    isSame &= get(at) == first;
  });
  return isSame ? std::optional(first) : std::nullopt;
}

void GridPacker::replace(OpOperand &operand, const ReadConstant &read, RankedTensorType type,
                         ArrayRef<int64_t> key, Fill fill) {
  ElementsAttr &constant =
      packed[{read.value.getAsOpaquePointer(), std::vector<int64_t>(key.begin(), key.end())}];
  if (!constant)
    constant = makeConstant(type, read.value, "_packed", fill);
  replaced.addOriginal(read.value);
  OpBuilder builder(operand.getOwner()->getContext());
  builder.setInsertionPointAfterValue(operand.get());
  replaced.replace(operand, arith::ConstantOp::create(builder, operand.get().getLoc(), constant));
}

bool GridPacker::pack(GridMatMulOp op, int64_t columns) {
  std::optional<ConstantMatrix> weights = readMatrix(op.getRhs());
  std::optional<ConstantMatrix> scale = readMatrix(op.getScale()), zero;
  if (!weights || !scale || (op.getZero() && !(zero = readMatrix(op.getZero()))))
    return false;
  int64_t panels = llvm::divideCeil(weights->columns, columns);
  bool isSigned = !op.getUnsignedRhs() && weights->elementBytes == 1;
  int64_t offset = isSigned ? int64_t(1) << (op.getBits() - 1) : 0;
  int64_t words = op.getWords(), blocks = op.getBlocks(), block = op.getBlockSize();
  auto typeOf = [&](Type element, int64_t rows) {
    return RankedTensorType::get({panels, rows, columns}, element);
  };
  Type element = weights->read.value.getElementType();
  Builder b(op.getContext());
  if (element.isF16())
    replace(op.getRhsMutable(), weights->read,
            RankedTensorType::get({panels, words, op.getPerWord() * columns}, element),
            {columns, block, weights->isTurned(), offset},
            [&](MutableArrayRef<char> data) { packHalves(op, *weights, columns, data); });
  else
    replace(op.getRhsMutable(), weights->read, typeOf(b.getI32Type(), words),
            {columns, block, weights->isTurned(), offset},
            [&](MutableArrayRef<char> data) { packWords(op, *weights, columns, offset, data); });
  replace(op.getScaleMutable(), scale->read,
          typeOf(scale->read.value.getElementType(), blocks),
          {columns, scale->isTurned(), 0},
          [&](MutableArrayRef<char> data) { packGrid(*scale, columns, 0, data); });
  std::optional<int64_t> common =
      zero ? findCommonZero(*zero, op.getUnsignedRhs()) : std::optional<int64_t>(0);
  if (common) {
    op.getZeroMutable().clear();
    op.setOffset(offset + *common);
  } else {
    replace(*op.getZeroMutable().begin(), zero->read, typeOf(b.getI8Type(), blocks),
            {columns, zero->isTurned(), offset},
            [&](MutableArrayRef<char> data) { packGrid(*zero, columns, offset, data); });
  }
  op.setPacked(true);
  return true;
}
