#include "WeightMatrix.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/ValueNames.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Where an element of the matrix is in the operand: output-major, the places of
/// the kernel last, or, of products that are not transposed, row by row.
struct WeightOrder {
  bool isOutputMajor;
  int64_t rows, places, columns;

  WeightOrder(Operation *product, const WeightMatrix &matrix)
      : rows(matrix.rows), places(matrix.places), columns(matrix.columns) {
    auto gemm = dyn_cast<GemmOp>(product);
    isOutputMajor = isa<ConvOp>(product) || (gemm && gemm.getTransB());
  }
  int64_t find(int64_t row, int64_t column) const {
    if (!isOutputMajor)
      return row * columns + column;
    return (column / places * rows + row) * places + column % places;
  }
};
} // namespace

/// The matrix without elements.
static std::optional<WeightMatrix> describe(Operation *product) {
  if (!isa<MatMulOp, GemmOp, ConvOp>(product))
    return std::nullopt;
  auto type = cast<RankedTensorType>(product->getOperand(1).getType());
  if (!type.hasStaticShape())
    return std::nullopt;
  WeightMatrix matrix;
  ArrayRef<int64_t> shape = type.getShape();
  if (auto conv = dyn_cast<ConvOp>(product)) {
    if (conv.getGroups() != 1)
      return std::nullopt;
    for (int64_t size : shape.drop_front(2))
      matrix.places *= size;
    matrix.rows = shape[1];
    matrix.columns = shape[0] * matrix.places;
    return matrix;
  }
  auto gemm = dyn_cast<GemmOp>(product);
  if (shape.size() != 2 || (gemm && gemm.getTransA()))
    return std::nullopt;
  bool isTransposed = gemm && gemm.getTransB();
  matrix.rows = shape[isTransposed];
  matrix.columns = shape[!isTransposed];
  return matrix;
}

std::optional<WeightMatrix> graphopt::readWeightMatrix(Operation *product) {
  std::optional<WeightMatrix> matrix = describe(product);
  if (!matrix)
    return std::nullopt;
  std::optional<std::vector<float>> floats = readFloats(product->getOperand(1));
  if (!floats)
    return std::nullopt;
  WeightOrder order(product, *matrix);
  matrix->elements.resize(matrix->rows * matrix->columns);
  for (int64_t row = 0; row < matrix->rows; ++row)
    for (int64_t column = 0; column < matrix->columns; ++column)
      matrix->elements[row * matrix->columns + column] =
          (*floats)[order.find(row, column)];
  return matrix;
}

std::vector<float> graphopt::toOperandOrder(Operation *product,
                                            const WeightMatrix &matrix,
                                            ArrayRef<double> elements) {
  WeightOrder order(product, matrix);
  std::vector<float> floats(elements.size());
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      floats[order.find(row, column)] =
          float(elements[row * matrix.columns + column]);
  return floats;
}

std::vector<double> graphopt::sumPlaces(const WeightMatrix &matrix,
                                        ArrayRef<double> columns) {
  std::vector<double> sums(matrix.outputs(), 0);
  for (auto [column, value] : llvm::enumerate(columns))
    sums[column / matrix.places] += value;
  return sums;
}

int64_t graphopt::getChannelAxis(Operation *product) {
  auto conv = dyn_cast<ConvOp>(product);
  return conv && !conv.getChannelsLast() ? 1 : -1;
}
