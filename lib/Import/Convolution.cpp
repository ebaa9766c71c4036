#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// ONNX says the kernel's extents twice.
static LogicalResult checkKernelShape(NodeImporter &node) {
  RankedTensorType filter = node.getInputType(1);
  ArrayRef<int64_t> actual =
      filter.getShape().drop_front(std::min<int64_t>(filter.getRank(), 2));
  SmallVector<int64_t> given = node.getInts("kernel_shape", actual);
  if (succeeded(verifyCompatibleShape(given, actual)))
    return success();
  return node.emitError() << "attribute 'kernel_shape' is [" << given
                          << "], but the filter has type " << filter;
}

LogicalResult graphopt::importConv(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows) || failed(checkKernelShape(node)))
    return failure();
  return node.finish<ConvOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), windows->strides,
      windows->dilations, windows->pads, node.getInt("group", 1),
      windows->autoPad, DenseI64ArrayAttr(), DenseI64ArrayAttr(),
      /*channels_last=*/false);
}

/// The filter [C, O / groups, kernel...] of a transposed convolution as that of
/// the convolution which does the same on an input with zeros between its
/// elements: [O, C / groups, kernel...], the kernel reversed.
static Value createForwardFilter(NodeImporter &node, int64_t groups) {
  Value filter = node.getInput(1);
  int64_t rank = node.getInputRank(1), spatial = rank - 2;
  ArrayRef<int64_t> shape = node.getInputType(1).getShape();
  SmallVector<int64_t> last(spatial, -1), beforeFirst(spatial, INT64_MIN);
  auto reversed = node.create<SliceOp>(
      filter, node.createInts(last), node.createInts(beforeFirst),
      node.createInts(llvm::to_vector(llvm::seq<int64_t>(2, rank))),
      node.createInts(last));
  if (!reversed)
    return {};
  Value result = reversed.getResult();

  // Swap C / groups and O / groups, in each group.
  bool isGrouped = groups != 1;
  if (isGrouped) {
    if (ShapedType::isDynamicShape(shape) || shape[0] % groups != 0) {
      node.emitError() << "filter of type " << node.getInputType(1)
                       << " cannot be divided into " << groups << " groups";
      return {};
    }
    SmallVector<int64_t> split{groups, shape[0] / groups};
    llvm::append_range(split, shape.drop_front());
    auto parts = node.create<ReshapeOp>(result, node.createInts(split),
                                        /*allowZero=*/true);
    if (!parts)
      return {};
    result = parts.getResult();
  }
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank + isGrouped));
  std::swap(order[isGrouped], order[isGrouped + 1]);
  auto swapped = node.create<TransposeOp>(result, order);
  if (!swapped || !isGrouped)
    return swapped ? swapped.getResult() : Value();
  SmallVector<int64_t> joined{groups * shape[1], shape[0] / groups};
  llvm::append_range(joined, shape.drop_front(2));
  auto filters = node.create<ReshapeOp>(
      swapped.getResult(), node.createInts(joined), /*allowZero=*/true);
  return filters ? filters.getResult() : Value();
}

namespace {
/// Padding of one spatial dimension of a transposed convolution: what is cut
/// off its full result.
struct TransposedPads {
  int64_t before, after;

  /// ONNX's rule for a total that is not given by side. Less than 0 is added
  /// after the result.
  static TransposedPads distribute(int64_t total, bool isUpper) {
    if (total < 0)
      return {0, total};
    return isUpper ? TransposedPads{total / 2, total - total / 2}
                   : TransposedPads{total - total / 2, total / 2};
  }
};
} // namespace

LogicalResult graphopt::importConvTranspose(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  int64_t rank = node.getInputRank(0), spatial = rank - 2;
  int64_t groups = node.getInt("group", 1);
  if (failed(windows) || failed(checkKernelShape(node)))
    return failure();
  auto sizesMatch = [&](ArrayRef<int64_t> list, int64_t factor = 1) {
    return static_cast<int64_t>(list.size()) == factor * spatial;
  };
  SmallVector<int64_t> extra =
      node.getInts("output_padding", SmallVector<int64_t>(spatial, 0));
  SmallVector<int64_t> output = node.getInts("output_shape");
  if (spatial < 1 || node.getInputRank(1) != rank || groups < 1 ||
      !sizesMatch(windows->strides) || !sizesMatch(windows->dilations) ||
      !sizesMatch(windows->pads, 2) || !sizesMatch(extra) ||
      !(output.empty() || sizesMatch(output)))
    return node.emitError()
           << "its attributes do not fit to an input of rank " << rank
           << " and a filter of rank " << node.getInputRank(1);

  SmallVector<int64_t> kernel = node.getInts(
      "kernel_shape", node.getInputType(1).getShape().drop_front(2));
  if (ShapedType::isDynamicShape(kernel))
    return node.emitError() << "its kernel's extents must be known when the "
                               "model is compiled";
  bool isAuto = bool(windows->autoPad);
  bool isUpper = node.getString("auto_pad", "NOTSET") == "SAME_UPPER";
  ArrayRef<int64_t> extents = node.getInputType(0).getShape().drop_front(2);
  bool isOpen = !output.empty() && ShapedType::isDynamicShape(extents);
  if (isOpen && llvm::any_of(extra, [](int64_t size) { return size != 0; }))
    return node.emitError() << "output_padding beside output_shape needs an "
                               "input of fixed extents";
  SmallVector<int64_t> pads(2 * spatial);
  for (int64_t i = 0; i < spatial && !isOpen; ++i) {
    int64_t span = (kernel[i] - 1) * windows->dilations[i] + 1;
    int64_t stride = windows->strides[i];
    TransposedPads cut{windows->pads[i], windows->pads[spatial + i]};
    if (!output.empty())
      cut = TransposedPads::distribute(
          stride * (extents[i] - 1) + extra[i] + span - output[i], isUpper);
    else if (isAuto)
      cut = TransposedPads::distribute(span - stride + extra[i], isUpper);
    pads[i] = span - 1 - cut.before;
    pads[spatial + i] = span - 1 - cut.after + extra[i];
  }

  Value filter = createForwardFilter(node, groups);
  if (!filter)
    return failure();
  // What is cut off here is what is not added there.
  AutoPadAttr autoPad;
  if (isOpen)
    autoPad = AutoPadAttr::get(node.getContext(), isUpper ? AutoPad::SameLower
                                                          : AutoPad::SameUpper);
  Builder &builder = node.getBuilder();
  return node.finish<ConvOp>(
      node.getInput(0), filter, node.getInput(2),
      SmallVector<int64_t>(spatial, 1), windows->dilations, pads, groups,
      autoPad, builder.getDenseI64ArrayAttr(windows->strides),
      isOpen ? builder.getDenseI64ArrayAttr(output) : DenseI64ArrayAttr(),
      /*channels_last=*/false);
}
