//===- QuantizedLayers.cpp - Ops around products of small numbers ---------===//

#include "QuantizedLayers.h"
#include "UnitFlow.h"
#include "UnitRewriting.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Reduction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
class InputBuilder : ImplicitLocOpBuilder {
public:
  InputBuilder(OpBuilder &b, Location loc) : ImplicitLocOpBuilder(loc, b) {}

  Value scale(Value value, ArrayRef<float> factors) {
    auto type = RankedTensorType::get({int64_t(factors.size())}, getF32Type());
    return binary(BinaryKind::Mul, value,
                  createConstant(*this, getLoc(), type, factors));
  }

  /// Each row by its greatest magnitude; a row of zeros by any.
  Value perRow(Value value) {
    Value magnitudes = UnaryOp::create(*this, UnaryKind::Abs, value);
    Value scale = makeScale(reduceRows(ReduceKind::Max, magnitudes), 127);
    return byRows(value, scale, Value(), getI8Type());
  }

  /// Each row from its least to its greatest number; 0 is one of both.
  Value perRowWithZero(Value value) {
    Type byte = getIntegerType(8, /*isSigned=*/false);
    Value least = binary(BinaryKind::Min, reduceRows(ReduceKind::Min, value),
                         scalar(0));
    Value most = binary(BinaryKind::Max, reduceRows(ReduceKind::Max, value),
                        scalar(0));
    Value scale = makeScale(binary(BinaryKind::Sub, most, least), 255);
    Value zero = UnaryOp::create(
        *this, UnaryKind::Round,
        binary(BinaryKind::Div, UnaryOp::create(*this, UnaryKind::Neg, least), scale));
    return byRows(value, scale, CastOp::create(*this, zero, byte), byte);
  }

  Value byGrid(Value value, const ByteGrid &grid) {
    Type byte = getIntegerType(8, /*isSigned=*/false);
    Value scale = scalar(grid.scale);
    APInt bits(8, uint64_t(grid.zero));
    Value zero = arith::ConstantOp::create(
        *this, DenseElementsAttr::get(RankedTensorType::get({}, byte), bits));
    Value bytes = QuantizeLinearOp::create(*this, value, scale, zero, 0,
                                           IntegerAttr(), byte);
    return DequantizeLinearOp::create(*this, bytes, scale, zero, 0, IntegerAttr(),
                                      getF32Type());
  }

  Value byWords(Value value, float step) {
    Value scale = scalar(step);
    Value words = QuantizeLinearOp::create(*this, value, scale, Value(), 0, IntegerAttr(),
                                           getI16Type());
    return DequantizeLinearOp::create(*this, words, scale, Value(), 0, IntegerAttr(), getF32Type());
  }

  Value asBFloat16(Value value) {
    Value small = CastOp::create(*this, value, getBF16Type());
    return CastOp::create(*this, small, getF32Type());
  }

private:
  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return BinaryOp::create(*this, kind, lhs, rhs);
  }
  Value reduceRows(ReduceKind kind, Value value) {
    int64_t last = typeOf(value).getRank() - 1;
    return ReduceOp::create(*this, kind, value, ArrayRef<int64_t>{last},
                            /*keepdims=*/true);
  }
  Value makeScale(Value range, float steps) {
    return binary(BinaryKind::Mul, binary(BinaryKind::Max, range, scalar(1e-30f)),
                  scalar(1 / steps));
  }
  Value byRows(Value value, Value scale, Value zero, Type type) {
    int64_t last = typeOf(value).getRank() - 1;
    IntegerAttr extent = getI64IntegerAttr(typeOf(value).getDimSize(last));
    Value bytes =
        QuantizeLinearOp::create(*this, value, scale, zero, last, extent, type);
    return DequantizeLinearOp::create(*this, bytes, scale, zero, last, extent,
                                      getF32Type());
  }
  Value scalar(float value) {
    auto type = RankedTensorType::get({}, getF32Type());
    return arith::ConstantOp::create(*this, DenseElementsAttr::get(type, value));
  }
};
} // namespace

Value graphopt::quantizeInput(OpBuilder &b, Location loc, Value value,
                              const QuantInput &input, ArrayRef<float> factors,
                              const ByteGrid &grid) {
  InputBuilder builder(b, loc);
  if (!factors.empty())
    value = builder.scale(value, factors);
  switch (input.scheme) {
  case QuantScheme::Int8Dynamic:
    return input.hasZeros ? builder.perRowWithZero(value) : builder.perRow(value);
  case QuantScheme::Int8Static:
    return builder.byGrid(value, grid);
  case QuantScheme::Int16Static:
    return builder.byWords(value, grid.scale);
  case QuantScheme::BFloat16:
    return builder.asBFloat16(value);
  case QuantScheme::WeightOnly:
  case QuantScheme::Float16:
  case QuantScheme::Float:
    return value;
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static bool isOutputMajor(Operation *product) {
  auto gemm = dyn_cast<GemmOp>(product);
  return isa<ConvOp>(product) || (gemm && gemm.getTransB());
}

/// Integers of at most 8 bits, a byte each.
static Value createIntegers(OpBuilder &b, Location loc, RankedTensorType type,
                            ArrayRef<int8_t> integers) {
  return createConstant(
      b, loc, type,
      ArrayRef(reinterpret_cast<const char *>(integers.data()), integers.size()));
}

/// groups x outputs, or outputs x groups if the weights have outputs first.
template <typename Number>
static std::vector<Number> inOrder(ArrayRef<Number> numbers, int64_t groups,
                                   bool outputsFirst) {
  if (!outputsFirst)
    return numbers.vec();
  int64_t outputs = int64_t(numbers.size()) / groups;
  std::vector<Number> turned(numbers.size());
  for (int64_t group = 0; group < groups; ++group)
    for (int64_t output = 0; output < outputs; ++output)
      turned[output * groups + group] = numbers[group * outputs + output];
  return turned;
}

static Value createWeights(OpBuilder &b, const QuantLayer &layer,
                           const QuantizedWeights &weights) {
  Location loc = layer.op->getLoc();
  bool outputsFirst = isOutputMajor(layer.op);
  WeightType kind = layer.grid.type;
  Type element = kind == WeightType::S8 ? b.getI8Type()
                 : kind == WeightType::I4
                     ? b.getIntegerType(4)
                     : Type(b.getIntegerType(4, /*isSigned=*/false));
  std::vector<double> numbers(weights.integers.begin(), weights.integers.end());
  std::vector<float> ordered = toOperandOrder(layer.op, layer.weights, numbers);
  std::vector<int8_t> integers(ordered.begin(), ordered.end());
  Value stored = createIntegers(b, loc, typeOf(layer.op->getOperand(1)).clone(element),
                                integers);
  SmallVector<int64_t> shape;
  int64_t axis = outputsFirst ? 0 : 1;
  IntegerAttr block;
  if (layer.grid.group > 0) {
    shape = {weights.groups, layer.weights.outputs()};
    if (outputsFirst)
      std::swap(shape[0], shape[1]);
    axis = 1 - axis;
    block = b.getI64IntegerAttr(layer.grid.group);
  } else if (!layer.grid.perTensor) {
    shape = {layer.weights.outputs()};
  }
  auto type = RankedTensorType::get(shape, b.getF32Type());
  Value scale = createConstant(
      b, loc, type,
      ArrayRef(inOrder<float>(weights.scales, weights.groups, outputsFirst)));
  Value zero;
  if (!weights.zeros.empty())
    zero = createIntegers(
        b, loc, type.clone(element),
        inOrder<int8_t>(weights.zeros, weights.groups, outputsFirst));
  return DequantizeLinearOp::create(b, loc, stored, scale, zero, axis, block,
                                    b.getF32Type());
}

/// The nearest half, of two the even one; what is beyond the greatest is the greatest.
static APFloat toHalf(double number, QuantScheme scheme) {
  const llvm::fltSemantics &semantics = scheme == QuantScheme::BFloat16
                                            ? APFloat::BFloat()
                                            : APFloat::IEEEhalf();
  APFloat half(number);
  bool isInexact;
  half.convert(semantics, APFloat::rmNearestTiesToEven, &isInexact);
  return half.isInfinity() && std::isfinite(number)
             ? APFloat::getLargest(semantics, half.isNegative())
             : half;
}

std::vector<double> graphopt::roundToHalf(ArrayRef<double> numbers,
                                          QuantScheme scheme) {
  std::vector<double> rounded;
  for (double number : numbers)
    rounded.push_back(toHalf(number, scheme).convertToDouble());
  return rounded;
}

static Value createHalfWeights(OpBuilder &b, const QuantLayer &layer,
                               QuantScheme scheme) {
  Location loc = layer.op->getLoc();
  std::vector<float> floats =
      toOperandOrder(layer.op, layer.weights, layer.weights.elements);
  std::vector<uint16_t> halves;
  for (float number : floats)
    halves.push_back(
        uint16_t(toHalf(number, scheme).bitcastToAPInt().getZExtValue()));
  Type element =
      scheme == QuantScheme::BFloat16 ? Type(b.getBF16Type()) : b.getF16Type();
  Value stored = createConstant(
      b, loc, typeOf(layer.op->getOperand(1)).clone(element),
      ArrayRef(reinterpret_cast<const char *>(halves.data()),
               halves.size() * sizeof(uint16_t)));
  return CastOp::create(b, loc, stored, b.getF32Type());
}

void graphopt::quantizeProducts(QuantModel &model, const QuantNumbers &numbers) {
  for (auto [i, input] : llvm::enumerate(model.inputs)) {
    if (input.isFloat)
      continue;
    Operation *first = model.layers[input.layers.front()].op;
    OpBuilder b(first);
    Value small = quantizeInput(b, first->getLoc(), input.value, input,
                                numbers.factors[i], numbers.grids[i]);
    for (size_t number : input.layers) {
      const QuantLayer &layer = model.layers[number];
      b.setInsertionPoint(layer.op);
      Value weights = hasHalves(input.scheme)
                          ? createHalfWeights(b, layer, input.scheme)
                          : createWeights(b, layer, numbers.weights[number]);
      layer.op->setOperand(0, small);
      layer.op->setOperand(1, weights);
      if (!numbers.biases[number].empty())
        addBias(layer.op, numbers.biases[number]);
    }
  }
  eraseDeadOps(model.module);
}
