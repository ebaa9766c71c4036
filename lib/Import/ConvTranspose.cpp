// Transposed convolutions: those that do the same on an input with zeros between its elements.
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"
#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// The filter [C, O / groups, kernel...] of a transposed convolution as that of
/// the convolution which does the same on an input with zeros between its
/// elements: [O, C / groups, kernel...], the kernel reversed.
static Value createForwardFilter(NodeImporter &node, int64_t groups) {
  GraphMath g{node};
  int64_t rank = node.getInputRank(1), spatial = rank - 2;
  SmallVector<int64_t> kernel = node.getInts("kernel_shape");
  Value filter = node.getInput(1);
  if (!kernel.empty() && !GraphMath::type(filter).hasStaticShape()) {
    SmallVector<int64_t> shape(node.getInputType(1).getShape().take_front(2));
    llvm::append_range(shape, kernel);
    filter = withShape(node, filter, shape);
  }
  SmallVector<int64_t> last(spatial, -1), beforeFirst(spatial, INT64_MIN);
  Value reversed = node.create<SliceOp>(
      filter, node.createInts(last), node.createInts(beforeFirst),
      node.createInts(llvm::to_vector(llvm::seq<int64_t>(2, rank))), node.createInts(last));
  if (groups == 1 || !reversed) {
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(order[0], order[1]);
    return g.transpose(reversed, order);
  }

  // Swap C / groups and O / groups, in each group.
  ArrayRef<int64_t> shape = GraphMath::type(reversed).getShape();
  bool isOpen = ShapedType::isDynamic(shape[0]);
  if (!isOpen && shape[0] % groups != 0) {
    node.emitError() << "filter of type " << node.getInputType(1) << " cannot be divided into "
                     << groups << " groups";
    return {};
  }
  Value channels = node.createInts(isOpen ? -1 : shape[0] / groups);
  Value parts = g.reshape(reversed, g.concat({node.createInts(groups), channels,
                                              getExtents(node, reversed, 1, rank)}));
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank + 1));
  std::swap(order[1], order[2]);
  parts = g.transpose(parts, order);
  Value filters = node.createInts(ShapedType::isDynamic(shape[1]) ? -1 : groups * shape[1]);
  return parts ? g.reshape(parts, g.concat({filters, getExtents(node, parts, 2, rank + 1)}))
               : Value();
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

namespace {
/// Where the kernel's extents are open, so are the pads: the input gets borders that are
/// wide enough for any, and what is too much of the result goes. All are lists, of an
/// entry a spatial dimension.
class OpenConvTranspose {
public:
  OpenConvTranspose(NodeImporter &node, const WindowAttributes &windows, ArrayRef<int64_t> extra)
      : node(node), windows(windows), spatial(extra.size()),
        strides(node.createInts(windows.strides)), one(node.createInts(1)),
        extra(node.createInts(extra)) {}

  Value build(int64_t groups) {
    Value filter = createForwardFilter(node, groups);
    if (!filter)
      return {};
    Value kernel = g.extents(filter, 2, 2 + spatial);
    Value size = g.extents(node.getInput(0), 2, 2 + spatial);
    // One less than what the kernel spans.
    Value reach = g.mul(g.sub(kernel, one), node.createInts(windows.dilations));
    Value spread = g.add(g.mul(g.sub(size, one), strides), one);
    auto [cutBefore, cutAfter] = buildCuts(reach, spread);
    Value before = g.sub(reach, cutBefore), after = g.add(g.sub(reach, cutAfter), extra);
    Value borderBefore = clamp(before), none = node.createInts({0, 0});
    Value borders = g.concat({none, borderBefore, none, clamp(after)});
    Value input = node.create<PadOp>(PadMode::Constant, node.getInput(0), borders, Value(),
                                     Value());
    Value whole = node.create<ConvOp>(
        input, filter, node.getInput(2), SmallVector<int64_t>(spatial, 1), windows.dilations,
        SmallVector<int64_t>(2 * spatial, 0), groups, AutoPadAttr(),
        node.getBuilder().getDenseI64ArrayAttr(windows.strides), DenseI64ArrayAttr(),
        /*channels_last=*/false);
    Value start = g.sub(g.mul(borderBefore, strides), before);
    Value extent = g.sub(g.add(g.add(before, spread), after), reach);
    Value dims = node.createInts(llvm::to_vector(llvm::seq<int64_t>(2, 2 + spatial)));
    return node.create<SliceOp>(whole, start, g.add(start, extent), dims, Value());
  }

private:
  Value clamp(Value list) { return g.binary(BinaryKind::Max, list, node.createInts(0)); }

  /// As TransposedPads.
  std::pair<Value, Value> buildCuts(Value reach, Value spread) {
    SmallVector<int64_t> output = node.getInts("output_shape");
    ArrayRef<int64_t> pads = windows.pads;
    if (output.empty() && !windows.autoPad)
      return {node.createInts(pads.take_front(spatial)),
              node.createInts(pads.drop_front(spatial))};
    Value total = g.add(reach, extra);
    total = output.empty() ? g.sub(g.add(total, one), strides)
                           : g.sub(g.add(total, spread), node.createInts(output));
    Value half = g.div(clamp(total), node.createInts(2)), rest = g.sub(total, half);
    bool isUpper = node.getString("auto_pad", "NOTSET") == "SAME_UPPER";
    Value isNegative = g.binary(BinaryKind::Less, total, node.createInts(0));
    return isUpper ? std::pair(half, rest)
                   : std::pair(g.where(isNegative, half, rest), g.where(isNegative, rest, half));
  }

  NodeImporter &node;
  GraphMath g{node};
  const WindowAttributes &windows;
  int64_t spatial;
  Value strides, one, extra;
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
      node.getInts("output_padding", SmallVector<int64_t>(std::max<int64_t>(spatial, 0), 0));
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
  bool isAuto = bool(windows->autoPad);
  bool isUpper = node.getString("auto_pad", "NOTSET") == "SAME_UPPER";
  ArrayRef<int64_t> extents = node.getInputType(0).getShape().drop_front(2);
  bool isOpen = !output.empty() && ShapedType::isDynamicShape(extents);
  bool isExtended = llvm::any_of(extra, [](int64_t size) { return size != 0; });
  if (ShapedType::isDynamicShape(kernel) || (isOpen && isExtended)) {
    Value result = OpenConvTranspose(node, *windows, extra).build(groups);
    return result ? node.bind(result) : failure();
  }
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
