#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Export/Exporters.h"
#include "lib/Export/Windows.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static RankedTensorType getType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

//===--- Forward ---------------------------------------------------------===//

/// Cuts off what `pads` take away from the input: ONNX's convolutions only add.
static NodeInput cropInput(ConvOp op, NodeExporter &node,
                           MutableArrayRef<int64_t> pads) {
  if (llvm::all_of(pads, [](int64_t pad) { return pad >= 0; }))
    return op.getInput();
  RankedTensorType type = getType(op.getInput());
  int64_t rank = type.getRank(), spatial = rank - 2;
  SmallVector<int64_t> cuts(2 * rank, 0);
  for (int64_t i = 0; i < 2 * spatial; ++i) {
    int64_t side = i / spatial;
    cuts[side * rank + 2 + i % spatial] = std::min<int64_t>(pads[i], 0);
    pads[i] = std::max<int64_t>(pads[i], 0);
  }
  return node
      .insert("Pad", {op.getInput(), node.createInts("cuts", cuts)}, "cut",
              type.getElementType())
      .getOutput();
}

static LogicalResult writeForward(ConvOp op, NodeExporter &node) {
  SmallVector<int64_t> pads(op.getPads());
  NodeInput input = cropInput(op, node, pads);
  bool ofBytes = getType(op.getInput()).getElementType().isInteger(8);
  OnnxNode onnx = ofBytes ? node.write("ConvInteger", {input, op.getFilter()})
                          : node.write("Conv", {input, op.getFilter(), op.getBias()});
  setWindows(onnx, op, pads);
  onnx.set("group", op.getGroups());
  ArrayRef<int64_t> kernel = getType(op.getFilter()).getShape().drop_front(2);
  if (!ShapedType::isDynamicShape(kernel))
    onnx.set("kernel_shape", kernel);
  return success();
}

//===--- Transposed ------------------------------------------------------===//

/// `value` before its channels' dimensions were swapped, and before the reshapes
/// around that which set groups apart; null if it is not made like that.
static Value skipSwap(Value value, bool isGrouped) {
  if (isGrouped) {
    auto joined = value.getDefiningOp<ReshapeOp>();
    if (!joined)
      return {};
    value = joined.getInput();
  }
  auto swapped = value.getDefiningOp<TransposeOp>();
  if (!swapped)
    return {};
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, getType(value).getRank()));
  std::swap(order[isGrouped], order[isGrouped + 1]);
  if (swapped.getPermutation() != ArrayRef(order))
    return {};
  if (!isGrouped)
    return swapped.getInput();
  auto split = swapped.getInput().getDefiningOp<ReshapeOp>();
  return split ? split.getInput() : Value();
}

/// The filter that the importer made that of `op` of, by reversing the kernel and
/// swapping channels; null if it is another value.
static Value findOriginal(ConvOp op) {
  Value swapped = skipSwap(op.getFilter(), op.getGroups() != 1);
  auto reversed = swapped ? swapped.getDefiningOp<SliceOp>() : SliceOp();
  if (!reversed || !reversed.getAxes() || !reversed.getSteps())
    return {};
  int64_t rank = getType(op.getFilter()).getRank();
  if (getType(reversed).getRank() != rank ||
      getType(reversed).getDimSize(0) !=
          int64_t(op.getGroups()) * getType(op.getFilter()).getDimSize(1))
    return {};
  ShapeInference shapes(op.getContext());
  auto holds = [&](Value list, ArrayRef<int64_t> wanted) {
    auto elements = shapes.get(list).getConstantElements();
    return elements && ArrayRef(*elements) == wanted;
  };
  SmallVector<int64_t> last(rank - 2, -1), before(rank - 2, INT64_MIN);
  auto dims = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  bool fits = holds(reversed.getStarts(), last) &&
              holds(reversed.getEnds(), before) &&
              holds(reversed.getAxes(), dims) && holds(reversed.getSteps(), last);
  return fits ? reversed.getInput() : Value();
}

/// [O, C / groups, kernel...] to [C, O / groups, kernel...] with the kernel
/// reversed, element by element.
static ElementsAttr transposeFilter(DenseResourceElementsAttr filter,
                                    int64_t groups) {
  ArrayRef<int64_t> shape = filter.getType().getShape();
  int64_t outputs = shape[0] / groups, inputs = shape[1];
  int64_t taps = llvm::product_of(shape.drop_front(2));
  ArrayRef<char> from = filter.getRawHandle().getBlob()->getData();
  size_t bytes = filter.getElementType().getIntOrFloatBitWidth() / 8;
  AsmResourceBlob blob =
      HeapAsmResourceBlob::allocate(from.size(), /*align=*/64, /*dataIsMutable=*/true);
  char *to = blob.getMutableData().data();
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t o = 0; o < outputs; ++o)
        for (int64_t tap = taps - 1; tap >= 0; --tap, to += bytes)
          std::memcpy(to,
                      &from[(((g * outputs + o) * inputs + i) * taps + tap) * bytes],
                      bytes);
  SmallVector<int64_t> newShape(shape);
  newShape[0] = inputs * groups;
  newShape[1] = outputs;
  return DenseResourceElementsAttr::get(filter.getType().clone(newShape),
                                        "transposed", std::move(blob));
}

/// The same by nodes, for a filter that the run computes.
static std::string writeTransposedFilter(ConvOp op, NodeExporter &node) {
  RankedTensorType type = getType(op.getFilter());
  int64_t rank = type.getRank();
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(order[0], order[1]);
  OnnxNode swapped =
      node.insert("Transpose", {op.getFilter()}, "swapped", type.getElementType());
  swapped.set("perm", order);
  SmallVector<int64_t> last(rank - 2, -1), before(rank - 2, INT64_MIN);
  auto dims = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  return node
      .insert("Slice",
              {swapped.getOutput(), node.createInts("last", last),
               node.createInts("before", before), node.createInts("dims", dims),
               node.createInts("steps", last)},
              "reversed", type.getElementType())
      .getOutput();
}

static FailureOr<NodeInput> getTransposedFilter(ConvOp op, NodeExporter &node) {
  if (Value original = findOriginal(op))
    return NodeInput(original);
  DenseResourceElementsAttr constant;
  if (matchPattern(op.getFilter(), m_Constant(&constant)))
    return NodeInput(node.createTensor(
        "filter", transposeFilter(constant, op.getGroups())));
  if (op.getGroups() == 1)
    return NodeInput(writeTransposedFilter(op, node));
  return node.refuse("transposed, with groups of a filter that is computed");
}

/// ONNX counts what is cut off the full result where `graph.conv` counts what is
/// added to the input.
static LogicalResult writeTransposed(ConvOp op, NodeExporter &node) {
  ArrayRef<int64_t> kernel = getType(op.getFilter()).getShape().drop_front(2);
  size_t spatial = kernel.size();
  if (ShapedType::isDynamicShape(kernel) ||
      llvm::any_of(op.getStrides(), [](int64_t stride) { return stride != 1; }) ||
      (op.getAutoPad() && !op.getOutputShape()))
    return node.refuse("transposed, with strides, or an open kernel, or padding "
                       "that follows from sizes");
  SmallVector<int64_t> cuts(2 * spatial), extra(spatial, 0);
  for (size_t i = 0; i < spatial; ++i) {
    int64_t span = (kernel[i] - 1) * op.getDilations()[i];
    cuts[i] = span - op.getPads()[i];
    cuts[spatial + i] = span - op.getPads()[spatial + i];
    extra[i] = std::max<int64_t>(-cuts[spatial + i], 0);
    cuts[spatial + i] += extra[i];
    if (cuts[i] < 0 && !op.getOutputShape())
      return node.refuse("transposed, with more in front than a window");
  }
  FailureOr<NodeInput> filter = getTransposedFilter(op, node);
  if (failed(filter))
    return failure();
  SmallVector<int64_t> ones(spatial, 1);
  OnnxNode onnx =
      node.write("ConvTranspose", {op.getInput(), *filter, op.getBias()});
  onnx.set("kernel_shape", kernel)
      .set("strides", op.getInputDilations().value_or(ones))
      .set("dilations", op.getDilations())
      .set("group", op.getGroups());
  if (std::optional<ArrayRef<int64_t>> shape = op.getOutputShape()) {
    onnx.set("output_shape", *shape);
    // What is cut off here is what is not added there.
    if (op.getAutoPad() == AutoPad::SameLower)
      onnx.set("auto_pad", "SAME_UPPER");
  } else {
    onnx.set("pads", cuts).set("output_padding", extra);
  }
  return success();
}

LogicalResult graphopt::exportOp(ConvOp op, NodeExporter &node) {
  if (op.getChannelsLast())
    return node.refuse("its channels are last");
  bool isTransposed = op.getInputDilations() || op.getOutputShape();
  return isTransposed ? writeTransposed(op, node) : writeForward(op, node);
}
