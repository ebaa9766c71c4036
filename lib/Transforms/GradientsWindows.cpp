// Convolutions and poolings: their gradients are convolutions with zeros between the
// elements of an input or, to the same effect, between those of the filter.
#include "Gradients.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Window.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// The windows along all spatial dimensions of an op whose images are [batch,
/// channels, spatial...], as numbers.
struct Windows {
  SmallVector<int64_t> kernel, strides, dilations, inputDilations, before, after;
  /// Extents of the input and of the result, of open ones -1.
  SmallVector<int64_t> input, result;

  size_t size() const { return kernel.size(); }
  int64_t span(size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
  bool isOpen(size_t i) const { return input[i] < 0 || result[i] < 0; }
  /// Spans of input and result with zeros between their elements.
  int64_t dilatedInput(size_t i) const { return (input[i] - 1) * inputDilations[i] + 1; }
  int64_t dilatedResult(size_t i) const { return (result[i] - 1) * strides[i] + 1; }
};
} // namespace

/// Fails without an error if something is known to the run only.
static FailureOr<Windows> getWindows(ArrayRef<Window> windows, Value input, Value result) {
  Windows all;
  ArrayRef<int64_t> from = cast<RankedTensorType>(input.getType()).getShape().drop_front(2);
  ArrayRef<int64_t> to = cast<RankedTensorType>(result.getType()).getShape().drop_front(2);
  for (auto [i, window] : llvm::enumerate(windows)) {
    std::optional<int64_t> kernel = getConstant(window.kernel);
    if (!kernel)
      return failure();
    all.kernel.push_back(*kernel);
    all.strides.push_back(window.stride);
    all.dilations.push_back(window.dilation);
    all.inputDilations.push_back(window.inputDilation);
    all.input.push_back(ShapedType::isDynamic(from[i]) ? -1 : from[i]);
    all.result.push_back(ShapedType::isDynamic(to[i]) ? -1 : to[i]);
    int64_t before = window.padBefore, after = window.padAfter;
    if (window.autoPad != AutoPad::NotSet || window.fixedCount) {
      if (all.isOpen(i))
        return failure();
      int64_t total = std::max<int64_t>(
          (all.result[i] - 1) * window.stride + all.span(i) - all.dilatedInput(i), 0);
      before = window.autoPad == AutoPad::SameLower ? total - total / 2 : total / 2;
      after = total - before;
    }
    all.before.push_back(before);
    all.after.push_back(after);
  }
  return all;
}

/// Positions 0 up to the extents of `like` of the spatial dimensions for which
/// `isLonger` holds.
static Value crop(GradientMath &b, Value x, ArrayRef<bool> isLonger,
                  function_ref<Value(int64_t)> extent) {
  for (auto [i, longer] : llvm::enumerate(isLonger))
    if (longer)
      x = b.pad(x, 2 + i, b.ints(0), b.sub(extent(i), b.extent(x, 2 + i)));
  return x;
}

/// The filter [G * O, C, kernel...] of G groups backwards, from results to inputs:
/// [G * C, O, kernel...].
static Value reverseFilter(GradientMath &b, Value filter, int64_t groups) {
  int64_t rank = b.rank(filter), spatial = rank - 2;
  SmallVector<int64_t> last(spatial, -1), beforeFirst(spatial, INT64_MIN);
  Value dims = b.ints(llvm::to_vector(llvm::seq<int64_t>(2, rank)));
  Value taps = SliceOp::create(b, filter, b.ints(last), b.ints(beforeFirst), dims, b.ints(last));
  if (groups == 1)
    return b.moveDim(taps, 1, 0);
  Value count = b.ints(groups), outputs = b.div(b.extent(taps, 0), count);
  Value channels = b.extent(taps, 1), kernel = b.extents(taps, 2, rank);
  taps = b.reshape(taps, b.concat({count, outputs, channels, kernel}));
  taps = b.moveDim(taps, 2, 1);
  return b.reshape(taps, b.concat({b.mul(count, channels), outputs, kernel}));
}

static Value convolve(GradientMath &b, Value input, Value filter, ArrayRef<int64_t> strides,
                      ArrayRef<int64_t> dilations, ArrayRef<int64_t> before,
                      ArrayRef<int64_t> after, int64_t groups,
                      ArrayRef<int64_t> inputDilations) {
  SmallVector<int64_t> pads(before);
  llvm::append_range(pads, after);
  bool isDilated = llvm::any_of(inputDilations, [](int64_t step) { return step != 1; });
  return ConvOp::create(b, input, filter, Value(), strides, dilations, pads, groups,
                        AutoPadAttr(),
                        isDilated ? b.getDenseI64ArrayAttr(inputDilations)
                                  : DenseI64ArrayAttr(),
                        DenseI64ArrayAttr(), /*channels_last=*/false);
}

/// What the filter makes of the result's gradient, laid over the input x.
static Value differentiateInput(GradientMath &b, const Windows &windows, Value gradient,
                                Value filter, int64_t groups, Value x) {
  SmallVector<int64_t> before, after;
  SmallVector<bool> isLonger;
  for (size_t i = 0; i < windows.size(); ++i) {
    int64_t span = windows.span(i), stride = windows.strides[i];
    before.push_back(span - 1 - windows.before[i]);
    // An open extent is not met, but by strides of 1: up to a stride may be left over.
    bool isOpen = windows.isOpen(i);
    after.push_back(isOpen ? span - 1 - windows.after[i] + stride - 1
                           : windows.dilatedInput(i) + span - 1 -
                                 windows.dilatedResult(i) - before.back());
    isLonger.push_back(isOpen && stride != 1);
  }
  Value result = convolve(b, gradient, reverseFilter(b, filter, groups),
                          windows.inputDilations, windows.dilations, before, after, groups,
                          windows.strides);
  return crop(b, result, isLonger, [&](int64_t i) { return b.extent(x, 2 + i); });
}

/// Images are filters: for each tap, the products of input and gradient, summed over
/// batch and positions.
static Value differentiateFilter(GradientMath &b, const Windows &windows, Value gradient,
                                 Value filter, int64_t groups, Value x) {
  SmallVector<int64_t> after;
  SmallVector<bool> isLonger;
  for (size_t i = 0; i < windows.size(); ++i) {
    bool isOpen = windows.isOpen(i);
    after.push_back(isOpen ? windows.after[i]
                           : windows.span(i) - 1 + windows.dilatedResult(i) -
                                 windows.dilatedInput(i) - windows.before[i]);
    isLonger.push_back(isOpen && windows.strides[i] != 1);
  }
  // [N, G * C, ...]  =>  [C, G * N, ...]
  Value images = x;
  if (groups == 1) {
    images = b.moveDim(x, 1, 0);
  } else {
    Value count = b.ints(groups), batch = b.extent(x, 0), channels = b.extent(filter, 1);
    Value rest = b.extents(x, 2, b.rank(x));
    images = b.reshape(x, b.concat({batch, count, channels, rest}));
    images = b.moveDim(b.moveDim(images, 2, 0), 1, 2);
    images = b.reshape(images, b.concat({channels, b.mul(count, batch), rest}));
  }
  Value taps = convolve(b, images, b.moveDim(gradient, 1, 0), windows.dilations,
                        windows.strides, windows.before, after, groups,
                        windows.inputDilations);
  taps = crop(b, taps, isLonger, [&](int64_t i) { return b.ints(windows.kernel[i]); });
  return b.moveDim(taps, 1, 0);
}

//===--- Other forms of an op --------------------------------------------===//

/// The input of an op with `auto_pad` with its padding, which the run computes.
static Value padInput(GradientMath &b, Value x, ArrayRef<Window> windows) {
  for (auto [i, window] : llvm::enumerate(windows)) {
    int64_t stride = window.stride;
    int64_t span = (*getConstant(window.kernel) - 1) * window.dilation + 1;
    Value extent = b.extent(x, 2 + i);
    Value count = b.div(b.add(extent, stride - 1), b.ints(stride));
    Value total = b.sub(b.add(b.mul(count, stride), span - stride), extent);
    total = b.binary(BinaryKind::Max, total, b.ints(0));
    Value half = b.div(total, b.ints(2)), rest = b.sub(total, half);
    bool isLower = window.autoPad == AutoPad::SameLower;
    x = b.pad(x, 2 + i, isLower ? rest : half, isLower ? half : rest);
  }
  return x;
}

/// True if the run computes the padding of `op`; `kernel` is known.
template <typename OpTy> static bool isAutoPadded(OpTy op, ArrayRef<Window> windows) {
  return op.getAutoPad().value_or(AutoPad::NotSet) != AutoPad::NotSet &&
         llvm::all_of(windows, [](const Window &window) {
           return getConstant(window.kernel) && window.inputDilation == 1 &&
                  !window.fixedCount;
         });
}

template <typename OpTy> static OpTy cloneOn(GradientMath &b, OpTy op, Value input) {
  IRMapping map;
  map.map(op.getInput(), input);
  auto copy = cast<OpTy>(b.clone(*op.getOperation(), map));
  return copy;
}

/// Infers the type of an op whose attributes or operands were changed.
template <typename OpTy> static Value infer(OpTy op) {
  SmallVector<Type> types;
  [[maybe_unused]] LogicalResult inferred = OpTy::inferReturnTypes(
      op.getContext(), op.getLoc(), op->getOperands(), op->getRawDictionaryAttrs(),
      op->getPropertiesStorage(), op->getRegions(), types);
  assert(succeeded(inferred) && "the op was one before");
  op.getResult().setType(cast<RankedTensorType>(types.front()));
  return op.getResult();
}

/// op on an image with the channels last as one on an image in ONNX's order.
template <typename OpTy> static Value putChannelsFirst(GradientMath &b, OpTy op) {
  int64_t last = b.rank(op.getInput()) - 1;
  OpTy first = cloneOn(b, op, b.moveDim(op.getInput(), last, 1));
  first.setChannelsLast(false);
  return b.moveDim(infer(first), 1, last);
}

/// op on an input that has its padding.
template <typename OpTy>
static OpTy padBefore(GradientMath &b, OpTy op, ArrayRef<Window> windows) {
  OpTy padded = cloneOn(b, op, padInput(b, op.getInput(), windows));
  padded.removeAutoPadAttr();
  padded.setPads(SmallVector<int64_t>(2 * windows.size(), 0));
  infer(padded);
  return padded;
}

//===--- Rules -----------------------------------------------------------===//

static LogicalResult addConv(ConvOp op, Gradients &g) {
  GradientMath &b = g.math();
  if (op.getChannelsLast())
    return g.through(op, [&]() -> SmallVector<Value> { return {putChannelsFirst(b, op)}; });
  Value x = op.getInput(), filter = op.getFilter(), gradient = g.get(op.getResult());
  SmallVector<Window> each = op.getWindows(g.getShapes());
  FailureOr<Windows> windows = getWindows(each, x, op.getResult());
  if (failed(windows) && isAutoPadded(op, each))
    return g.through(op, [&]() -> SmallVector<Value> { return {padBefore(b, op, each).getResult()}; });
  if (failed(windows))
    return g.emitError(op) << "there is no gradient of a convolution whose kernel's "
                              "extents or padding the run computes";
  int64_t groups = op.getGroups();
  if (g.wants(x))
    g.add(x, differentiateInput(b, *windows, gradient, filter, groups, x));
  if (g.wants(filter))
    g.add(filter, differentiateFilter(b, *windows, gradient, filter, groups, x));
  if (op.getBias() && g.wants(op.getBias())) {
    auto others = llvm::to_vector(llvm::seq<int64_t>(1, b.rank(x)));
    others.front() = 0;
    g.add(op.getBias(), b.sum(gradient, others));
  }
  return success();
}

/// Each channel of each image by itself.
static void addSumPool(PoolOp op, const Windows &windows, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getInput(), gradient = g.get(op.getResult());
  auto flatten = [&](Value image) {
    Value count = b.product(b.extents(image, 0, 2)), one = b.ints(1);
    return b.reshape(image, b.concat({count, one, b.extents(image, 2, b.rank(image))}));
  };
  SmallVector<int64_t> kernel{1, 1};
  llvm::append_range(kernel, windows.kernel);
  Value ones = b.full(b.ints(kernel), b.element(x), 1);
  Value flat = differentiateInput(b, windows, flatten(gradient), ones, /*groups=*/1, x);
  g.add(x, b.reshapeLike(flat, x));
}

/// The sum of each window, over the number of its elements.
static Value rebuildAverage(PoolOp op, GradientMath &b, ArrayRef<Window> windows) {
  Value ones = b.full(b.shape(op.getInput()), b.element(op.getInput()), 1);
  PoolOp average = cloneOn(b, op, ones), count = cloneOn(b, op, ones);
  count.setKind(PoolKind::Sum);
  bool isOpen = ShapedType::isDynamicShape(b.type(op.getResult()).getShape());
  PoolOp sum = isOpen && isAutoPadded(op, windows) ? padBefore(b, op, windows)
                                                   : cloneOn(b, op, op.getInput());
  sum.setKind(PoolKind::Sum);
  // A window may be all padding.
  Value most = b.binary(BinaryKind::Max, infer(count), b.scalar(ones, 1));
  return b.mul(sum.getResult(), b.div(infer(average), most));
}

/// The first of the greatest elements of each window.
static void addMaxPool(PoolOp op, Gradients &g) {
  GradientMath &b = g.math();
  Value x = op.getInput();
  Value indices = MaxPoolIndicesOp::create(b, x, op.getKernel(), op.getStrides(),
                                           op.getDilations(), op.getPads(),
                                           op.getAutoPadAttr(), op.getCeilMode(),
                                           /*column_major=*/false);
  auto flatten = [&](Value value) { return b.reshape(value, b.product(b.shape(value))); };
  Value zeros = b.full(b.product(b.shape(x)), b.element(x), 0);
  Value sum = ScatterElementsOp::create(b, flatten(g.get(op.getResult())), zeros,
                                        flatten(indices), /*axis=*/0,
                                        BinaryKindAttr::get(b.getContext(), BinaryKind::Add));
  g.add(x, b.reshapeLike(sum, x));
}

static LogicalResult addPool(PoolOp op, Gradients &g) {
  GradientMath &b = g.math();
  if (op.getChannelsLast())
    return g.through(op, [&]() -> SmallVector<Value> { return {putChannelsFirst(b, op)}; });
  if (op.getKind() == PoolKind::Max) {
    addMaxPool(op, g);
    return success();
  }
  SmallVector<Window> each = op.getWindows(g.getShapes());
  if (op.getKind() != PoolKind::Sum)
    return g.through(op, [&]() -> SmallVector<Value> { return {rebuildAverage(op, b, each)}; });
  FailureOr<Windows> windows = getWindows(each, op.getInput(), op.getResult());
  if (failed(windows))
    return g.through(op, [&]() -> SmallVector<Value> { return {padBefore(b, op, each).getResult()}; });
  addSumPool(op, *windows, g);
  return success();
}

void graphopt::addWindowGradients(GradientRules &rules) {
  rules.add(addConv);
  rules.add(addPool);
}
