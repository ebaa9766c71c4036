#include "Attention.h"
#include "FuseQuantized.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/ShapeInference.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <cmath>

namespace graphopt {
#define GEN_PASS_DEF_DECOMPOSEQUANTIZATION
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Builds the element-wise ops that one op of a grid stands for.
class GridBuilder : ImplicitLocOpBuilder {
public:
  explicit GridBuilder(Operation *op) : ImplicitLocOpBuilder(op->getLoc(), op) {}

  /// (input - zero) * scale
  FailureOr<Value> dequantize(DequantizeLinearOp op) {
    Value value = cast(op.getInput(), op.getTo());
    if (!isZero(op.getZero())) {
      FailureOr<Value> zero = align(op, op.getZero());
      if (failed(zero))
        return failure();
      value = binary(BinaryKind::Sub, value, cast(*zero, op.getTo()));
    }
    FailureOr<Value> scale = align(op, op.getScale());
    if (failed(scale))
      return failure();
    return binary(BinaryKind::Mul, value, cast(*scale, op.getTo()));
  }

  /// Slices of what integers stand for, from slices of the integers; null if these have
  /// no grid of their own.
  FailureOr<Value> gather(GatherOp op, DequantizeLinearOp grid) {
    if (grid.getBlockSize())
      return gatherBlocks(op, grid);
    Value value = cast(GatherOp::create(*this, grid.getInput(), op.getIndices(), op.getAxis()),
                       grid.getTo());
    for (auto [kind, part] : {std::pair(BinaryKind::Sub, Value(grid.getZero())),
                              std::pair(BinaryKind::Mul, Value(grid.getScale()))}) {
      if (!part)
        continue;
      FailureOr<Value> aligned = align(grid, part);
      if (failed(aligned))
        return failure();
      value = binary(kind, value, cast(gatherAligned(op, *aligned), grid.getTo()));
    }
    return value;
  }

  /// round(clamp(input / scale)) + zero: what is clamped before it is rounded becomes
  /// an integer in one instruction.
  FailureOr<Value> quantize(QuantizeLinearOp op) {
    if (isSmallFloat(op.getTo()))
      return roundToFloat(op);
    FailureOr<Value> steps = countSteps(op);
    if (failed(steps))
      return failure();
    if (isZero(op.getZero()))
      return cast(*steps, op.getTo());
    FailureOr<Value> zero = align(op, op.getZero());
    if (failed(zero))
      return failure();
    Value sum = binary(BinaryKind::Add, cast(*steps, getI32Type()), cast(*zero, getI32Type()));
    return cast(sum, op.getTo());
  }

  /// What `quantize` and then `dequantize` give, if their grid is the same.
  FailureOr<Value> round(QuantizeLinearOp quantize, DequantizeLinearOp op) {
    FailureOr<Value> steps = countSteps(quantize), scale = align(op, op.getScale());
    if (failed(steps) || failed(scale))
      return failure();
    return binary(BinaryKind::Mul, *steps, *scale);
  }

private:
  /// input / scale + zero, as few bits
  FailureOr<Value> roundToFloat(QuantizeLinearOp op) {
    FailureOr<Value> scale = align(op, op.getScale());
    FailureOr<Value> zero = isZero(op.getZero()) ? Value() : align(op, op.getZero());
    if (failed(scale) || failed(zero))
      return failure();
    Value value = binary(BinaryKind::Div, cast(op.getInput(), getF32Type()),
                         cast(*scale, getF32Type()));
    if (*zero)
      value = binary(BinaryKind::Add, value, cast(*zero, getF32Type()));
    return CastOp::create(*this, value, op.getTo(), op.getUnsaturated()).getResult();
  }

  /// From the zero point to where `input` lies on the grid, a whole number in f32.
  FailureOr<Value> countSteps(QuantizeLinearOp op) {
    FailureOr<Value> scale = align(op, op.getScale());
    FailureOr<Value> zero = isZero(op.getZero()) ? Value() : align(op, op.getZero());
    if (failed(scale) || failed(zero))
      return failure();
    auto [least, most] = getLimits(op);
    Value low = scalar(least), high = scalar(most);
    if (*zero) {
      low = binary(BinaryKind::Sub, low, cast(*zero, getF32Type()));
      high = binary(BinaryKind::Sub, high, cast(*zero, getF32Type()));
    }
    Value value = cast(op.getInput(), getF32Type());
    if (getSplat(op.getScale()) != 1)
      value = binary(BinaryKind::Div, value, cast(*scale, getF32Type()));
    auto relu = value.getDefiningOp<UnaryOp>();
    if (relu && relu.getKind() == UnaryKind::Relu && least == 0 && !*zero)
      value = relu.getInput(); // the lower end of the grid
    value = binary(BinaryKind::Max, value, low);
    value = binary(BinaryKind::Min, value, high);
    return UnaryOp::create(*this, UnaryKind::Round, value).getResult();
  }

  static std::pair<double, double> getLimits(QuantizeLinearOp op) {
    unsigned width = op.getTo().getIntOrFloatBitWidth();
    if (op.getTo().isUnsignedInteger())
      return {0, std::ldexp(1.0, width) - 1};
    return {-std::ldexp(1.0, width - 1), std::ldexp(1.0, width - 1) - 1};
  }

  static bool isZero(Value zero) { return !zero || isEach(zero, 0); }

  Value cast(Value value, Type to) {
    return getElementTypeOrSelf(value) == to ? value
                                             : CastOp::create(*this, value, to).getResult();
  }
  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return BinaryOp::create(*this, kind, lhs, rhs);
  }
  Value scalar(double value) {
    auto type = RankedTensorType::get({}, getF32Type());
    return arith::ConstantOp::create(*this, DenseElementsAttr::get(type, float(value)));
  }

  static int64_t getAxis(GatherOp op) {
    return *normalizeAxis(std::nullopt, op.getAxis(), op.getData().getType().getRank());
  }

  /// The part for each slice of what broadcasts against the data.
  Value gatherAligned(GatherOp op, Value value) {
    auto type = mlir::cast<RankedTensorType>(value.getType());
    int64_t axis = getAxis(op) - (op.getData().getType().getRank() - type.getRank());
    int64_t rank = op.getIndices().getType().getRank();
    if (axis < 0)
      return value;
    if (type.getDimSize(axis) != 1)
      return GatherOp::create(*this, value, op.getIndices(), axis);
    if (rank == 0)
      return SqueezeOp::create(*this, value, ArrayRef<int64_t>{axis});
    auto axes = llvm::to_vector(llvm::seq(axis, axis + rank - 1));
    return axes.empty() ? value : UnsqueezeOp::create(*this, value, axes).getResult();
  }

  /// Blocks along another dimension than that of the slices.
  Value gatherBlocks(GatherOp op, DequantizeLinearOp grid) {
    int64_t axis = grid.getAxis(), slices = getAxis(op);
    if (axis == slices)
      return {};
    if (axis > slices)
      axis += op.getIndices().getType().getRank() - 1;
    auto take = [&](Value value) -> Value {
      return value ? GatherOp::create(*this, value, op.getIndices(), slices).getResult() : Value();
    };
    return DequantizeLinearOp::create(*this, op.getType(), take(grid.getInput()),
                                      take(grid.getScale()), take(grid.getZero()),
                                      getI64IntegerAttr(axis), grid.getBlockSizeAttr(),
                                      grid.getToAttr());
  }

  /// A scale or zero point so that it broadcasts against the op's input.
  template <typename Op> FailureOr<Value> align(Op op, Value value) {
    auto type = mlir::cast<RankedTensorType>(value.getType());
    int64_t rank = op.getInput().getType().getRank();
    if (type.getRank() == 0)
      return value;
    if (type.hasStaticShape() && type.getNumElements() == 1)
      return SqueezeOp::create(*this, value, llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())))
          .getResult();
    if (op.getBlockSize())
      return type.getDimSize(op.getAxis()) == 1 ? value : repeat(op, value);
    auto axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - op.getAxis()));
    return axes.empty() ? value : UnsqueezeOp::create(*this, value, axes).getResult();
  }

  /// `block_size` times each slice along the axis, as many as the input has at most:
  /// the last block may be cut.
  template <typename Op> FailureOr<Value> repeat(Op op, Value value) {
    int64_t axis = op.getAxis(), block = op.getBlockSize().value_or(0);
    int64_t extent = op.getInput().getType().getDimSize(axis);
    if (ShapedType::isDynamic(extent))
      return repeatOpen(op, value);
    SmallVector<int64_t> positions;
    for (int64_t i = 0; i < extent; ++i)
      positions.push_back(i / block);
    Value indices = arith::ConstantOp::create(*this, getI64TensorAttr(positions));
    return GatherOp::create(*this, value, indices, axis).getResult();
  }

  /// The same along an open dimension: positions are computed in the run.
  template <typename Op> Value repeatOpen(Op op, Value value) {
    auto number = [&](int64_t number) -> Value {
      auto type = RankedTensorType::get({}, getI64Type());
      return arith::ConstantOp::create(*this, DenseElementsAttr::get(type, number));
    };
    int64_t axis = op.getAxis();
    Value shape = ShapeOp::create(*this, op.getInput());
    Value extent = GatherOp::create(*this, shape, number(axis), 0);
    Value positions = RangeOp::create(*this, number(0), extent, number(1));
    positions = binary(BinaryKind::Div, positions, number(op.getBlockSize().value_or(1)));
    return GatherOp::create(*this, value, positions, axis);
  }
};

/// What quantizes for this op alone.
QuantizeLinearOp getOwnQuantize(DequantizeLinearOp op) {
  auto quantize = op.getInput().getDefiningOp<QuantizeLinearOp>();
  return quantize && quantize->hasOneUse() ? quantize : QuantizeLinearOp();
}

/// True if the reader meets another such value, quantized later: only the last one is
/// in registers then, others lie in memory, where bytes are shorter.
bool meetsLater(DequantizeLinearOp op, QuantizeLinearOp quantize) {
  if (!op->hasOneUse())
    return false;
  return llvm::any_of(op->user_begin()->getOperands(), [&](Value other) {
    auto grid = other.getDefiningOp<DequantizeLinearOp>();
    QuantizeLinearOp source = grid ? getOwnQuantize(grid) : QuantizeLinearOp();
    return source && source->getBlock() == quantize->getBlock() &&
           quantize->isBeforeInBlock(source);
  });
}

struct DecomposeQuantization
    : graphopt::impl::DecomposeQuantizationBase<DecomposeQuantization> {
  using DecomposeQuantizationBase::DecomposeQuantizationBase;

  void runOnOperation() override {
    // As long as it is known what is gathered.
    auto gather = [](GatherOp op) -> FailureOr<Value> {
      auto grid = op.getData().getDefiningOp<DequantizeLinearOp>();
      return grid ? GridBuilder(op).gather(op, grid) : Value();
    };
    if (failed(replaceAll<GatherOp>(gather)))
      return signalPassFailure();
    // Rounded values that nobody reads as integers stay floats.
    // Chosen before any is replaced: which one is the last among others counts.
    DenseSet<Operation *> floats;
    getOperation()->walk([&](DequantizeLinearOp op) {
      QuantizeLinearOp quantize = getOwnQuantize(op);
      if (quantize && quantize.getZero() == op.getZero() && op.getTo().isF32() &&
          !isSmallFloat(quantize.getTo()) && !meetsLater(op, quantize))
        floats.insert(op);
    });
    auto round = [&](DequantizeLinearOp op) -> FailureOr<Value> {
      return floats.contains(op) ? GridBuilder(op).round(getOwnQuantize(op), op) : Value();
    };
    auto quantize = [](QuantizeLinearOp op) { return GridBuilder(op).quantize(op); };
    auto dequantize = [](DequantizeLinearOp op) { return GridBuilder(op).dequantize(op); };
    if (failed(replaceAll<DequantizeLinearOp>(round)) ||
        failed(replaceAll<QuantizeLinearOp>(quantize)) ||
        failed(replaceAll<DequantizeLinearOp>(dequantize)))
      signalPassFailure();
  }

private:
  /// By what `build` makes of each; null leaves it.
  template <typename Op>
  LogicalResult replaceAll(function_ref<FailureOr<Value>(Op)> build) {
    WalkResult result = getOperation()->walk([&](Op op) -> WalkResult {
      if (!op->use_empty()) {
        FailureOr<Value> value = build(op);
        if (failed(value))
          return WalkResult::interrupt();
        if (!*value)
          return WalkResult::advance();
        // The ops may know more of the sizes.
        if (Type type = op->getResult(0).getType(); value->getType() != type) {
          OpBuilder b(op);
          value = tensor::CastOp::create(b, op->getLoc(), type, *value).getResult();
        }
        op->replaceAllUsesWith(ValueRange(*value));
      }
      op->erase();
      return WalkResult::skip();
    });
    return failure(result.wasInterrupted());
  }
};
} // namespace
