#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Quantization.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"
#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

template <typename OpTy, typename... Args>
static Value build(NodeImporter &node, Args &&...args) {
  auto op = node.create<OpTy>(std::forward<Args>(args)...);
  return op ? op.getResult() : Value();
}

/// Input `index`, one number as a scalar; null if it is omitted.
static Value getFlat(NodeImporter &node, size_t index) {
  Value value = node.getInput(index);
  if (!value)
    return {};
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() == 0 || !type.hasStaticShape() || type.getNumElements() != 1)
    return value;
  return build<SqueezeOp>(node, value, llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
}

static Value buildConv(NodeImporter &node, Value input, Value filter, Value bias,
                       const WindowAttributes &windows, ArrayRef<int64_t> pads) {
  return build<ConvOp>(node, input, filter, bias, windows.strides, windows.dilations, pads,
                       node.getInt("group", 1), windows.autoPad, DenseI64ArrayAttr(),
                       DenseI64ArrayAttr(), /*channels_last=*/false);
}

/// A convolution of what bytes stand for, whose result becomes bytes again.
LogicalResult graphopt::importQLinearConv(NodeImporter &node) {
  enum { Input, InputScale, InputZero, Filter, FilterScale, FilterZero, Scale, Zero, Bias };
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows))
    return failure();
  Type wide = Float32Type::get(node.getContext());
  auto dequantize = [&](Value value, Value scale, Value zero) -> Value {
    if (!value || !scale)
      return {};
    return build<DequantizeLinearOp>(node, value, scale, zero, /*axis=*/0, IntegerAttr(), wide);
  };
  Value inputScale = getFlat(node, InputScale), filterScale = getFlat(node, FilterScale);
  Value input = dequantize(node.getInput(Input), inputScale, getFlat(node, InputZero));
  Value filter = dequantize(node.getInput(Filter), filterScale, getFlat(node, FilterZero));
  Value bias;
  if (input && filter && node.hasInput(Bias)) {
    Value scale = build<BinaryOp>(node, BinaryKind::Mul, inputScale, filterScale);
    bias = dequantize(node.getInput(Bias), scale, Value());
  }
  if (!input || !filter || bool(bias) != node.hasInput(Bias))
    return failure();
  Value result = buildConv(node, input, filter, bias, *windows, windows->pads);
  if (!result)
    return failure();
  return node.finish<QuantizeLinearOp>(result, getFlat(node, Scale), getFlat(node, Zero),
                                       /*axis=*/0, IntegerAttr(),
                                       node.getInputType(Zero).getElementType());
}

namespace {
/// sum (x - zx) * (w - zw)  =  sum x * w  -  zx * sum w  -  zw * sum (x - zx)
class IntegerConv {
public:
  IntegerConv(NodeImporter &node, const WindowAttributes &windows)
      : node(node), windows(windows), spatial(windows.strides.size()),
        inputZero(getFlat(node, 2)), filterZero(getFlat(node, 3)) {}

  Value build() {
    if (inputZero && windows.autoPad) {
      node.emitError("attribute 'auto_pad' with a zero point is not supported");
      return {};
    }
    SmallVector<int64_t> pads = windows.pads;
    Value x = inputZero ? pad(node.getInput(0)) : node.getInput(0);
    if (inputZero)
      pads.assign(2 * spatial, 0);
    Value w = node.getInput(1);
    Value sum = x ? buildConv(node, x, w, Value(), windows, pads) : Value();
    if (inputZero && sum)
      sum = subtract(sum, wide(inputZero), addFilters());
    if (!filterZero || !sum)
      return sum;
    Value ones = makeOnes(), rows = ones ? buildConv(node, x, ones, Value(), windows, pads) : Value();
    Value terms = inputZero && rows ? addUp(wide(ones)) : Value();
    if (terms)
      rows = subtract(rows, wide(inputZero), terms);
    return rows ? subtract(sum, rows, alignFilters(wide(filterZero))) : Value();
  }

private:
  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return lhs && rhs ? ::build<BinaryOp>(node, kind, lhs, rhs) : Value();
  }
  Value subtract(Value from, Value x, Value y) {
    return binary(BinaryKind::Sub, from, binary(BinaryKind::Mul, x, y));
  }
  Value wide(Value value) {
    return value ? ::build<CastOp>(node, value, IntegerType::get(node.getContext(), 32)) : Value();
  }

  /// One number a filter so that it broadcasts against the result.
  Value alignFilters(Value value) {
    if (!value || cast<RankedTensorType>(value.getType()).getRank() == 0)
      return value;
    return ::build<UnsqueezeOp>(node, value, llvm::to_vector(llvm::seq<int64_t>(1, 1 + spatial)));
  }
  Value addUp(Value filter) {
    if (!filter)
      return {};
    return alignFilters(::build<ReduceOp>(node, ReduceKind::Sum, filter,
                                          llvm::to_vector(llvm::seq<int64_t>(1, 2 + spatial)),
                                          /*keepdims=*/false));
  }
  Value addFilters() { return addUp(wide(node.getInput(1))); }

  Value pad(Value input) {
    if (llvm::all_of(windows.pads, [](int64_t size) { return size == 0; }))
      return input;
    SmallVector<int64_t> sizes{0, 0};
    llvm::append_range(sizes, ArrayRef(windows.pads).take_front(spatial));
    sizes.append({0, 0});
    llvm::append_range(sizes, ArrayRef(windows.pads).drop_front(spatial));
    return ::build<PadOp>(node, PadMode::Constant, input, node.createInts(sizes), inputZero, Value());
  }

  /// A filter of ones that adds up a window, or with groups as many as there are.
  Value makeOnes() {
    RankedTensorType type = node.getInputType(1);
    SmallVector<int64_t> shape(type.getShape());
    bool isGrouped = node.getInt("group", 1) != 1;
    if (!isGrouped)
      shape[0] = 1;
    Type byte = IntegerType::get(node.getContext(), 8);
    if (ShapedType::isDynamicShape(shape)) {
      GraphMath g{node};
      Value first = isGrouped ? g.extents(node.getInput(1), 0, 1) : node.createInts(1);
      Value others = getExtents(node, node.getInput(1), 1, type.getRank());
      return g.expand(g.scalar(byte, 1), g.concat({first, others}));
    }
    return node.createConstant(
        DenseElementsAttr::get(RankedTensorType::get(shape, byte), APInt(8, 1)));
  }

  NodeImporter &node;
  const WindowAttributes &windows;
  int64_t spatial;
  Value inputZero, filterZero;
};
} // namespace

LogicalResult graphopt::importConvInteger(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows))
    return failure();
  Value result = IntegerConv(node, *windows).build();
  return result ? node.bind(result) : failure();
}
