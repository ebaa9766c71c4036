#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Shape.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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
    if (op.getZero()) {
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

  /// saturate(round(input / scale) + zero); with a zero point of 16 bits the sum is
  /// exact in f32.
  FailureOr<Value> quantize(QuantizeLinearOp op) {
    FailureOr<Value> scale = align(op, op.getScale());
    if (failed(scale))
      return failure();
    Value value = binary(BinaryKind::Div, cast(op.getInput(), getF32Type()),
                         cast(*scale, getF32Type()));
    value = UnaryOp::create(*this, UnaryKind::Round, value);
    if (op.getZero()) {
      FailureOr<Value> zero = align(op, op.getZero());
      if (failed(zero))
        return failure();
      value = binary(BinaryKind::Add, value, cast(*zero, getF32Type()));
    }
    unsigned width = op.getTo().getIntOrFloatBitWidth();
    bool isUnsigned = op.getTo().isUnsignedInteger();
    double low = isUnsigned ? 0 : -std::ldexp(1.0, width - 1);
    double high = std::ldexp(1.0, isUnsigned ? width : width - 1) - 1;
    value = binary(BinaryKind::Max, value, scalar(low));
    value = binary(BinaryKind::Min, value, scalar(high));
    return cast(value, op.getTo());
  }

private:
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
      return repeat(op, value);
    auto axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - op.getAxis()));
    return axes.empty() ? value : UnsqueezeOp::create(*this, value, axes).getResult();
  }

  /// `block_size` times each slice along the axis, as many as the input has at most:
  /// the last block may be cut.
  template <typename Op> FailureOr<Value> repeat(Op op, Value value) {
    int64_t axis = op.getAxis(), block = op.getBlockSize().value_or(0);
    int64_t extent = op.getInput().getType().getDimSize(axis);
    if (ShapedType::isDynamic(extent) ||
        mlir::cast<RankedTensorType>(value.getType()).isDynamicDim(axis))
      return op.emitError("blocks along an open dimension are not supported");
    SmallVector<int64_t> positions;
    for (int64_t i = 0; i < extent; ++i)
      positions.push_back(i / block);
    Value indices = arith::ConstantOp::create(*this, getI64TensorAttr(positions));
    return GatherOp::create(*this, value, indices, axis).getResult();
  }
};

struct DecomposeQuantization
    : graphopt::impl::DecomposeQuantizationBase<DecomposeQuantization> {
  using DecomposeQuantizationBase::DecomposeQuantizationBase;

  void runOnOperation() override {
    WalkResult result = getOperation()->walk([](Operation *op) -> WalkResult {
      FailureOr<Value> value;
      if (auto quantize = dyn_cast<QuantizeLinearOp>(op))
        value = GridBuilder(op).quantize(quantize);
      else if (auto dequantize = dyn_cast<DequantizeLinearOp>(op))
        value = GridBuilder(op).dequantize(dequantize);
      else
        return WalkResult::advance();
      if (failed(value))
        return WalkResult::interrupt();
      op->replaceAllUsesWith(ValueRange(*value));
      op->erase();
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
