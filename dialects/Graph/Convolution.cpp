#include "dialects/Graph/Convolution.h"

using namespace mlir;
using namespace graphopt::graph;

#define GET_OP_CLASSES
#include "dialects/Graph/Convolution.cpp.inc"

void GraphDialect::registerConvolution() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Graph/Convolution.cpp.inc"
      >();
}

/// C4 and C5: what the filter and the bias must have.
static LogicalResult checkChannels(std::optional<Location> loc, int64_t groups,
                                   AffineExpr inputChannels,
                                   const InferredTensor &filter,
                                   const InferredTensor *bias) {
  std::optional<int64_t> channels = getConstant(inputChannels);
  std::optional<int64_t> perGroup = getConstant(filter.dims[1]);
  std::optional<int64_t> outputs = getConstant(filter.dims[0]);
  if (groups < 1 || (channels && *channels % groups != 0) ||
      (outputs && *outputs % groups != 0)) // C4
    return emitOptionalError(loc, groups, " groups do not divide ",
                             channels.value_or(-1), " channels and ",
                             outputs.value_or(-1), " filters");
  if (channels && perGroup && *channels != *perGroup * groups) // C4
    return emitOptionalError(loc, "input has ", *channels,
                             " channels, but filter has ", *perGroup, " for ",
                             groups, " groups");
  if (!bias)
    return success();
  std::optional<int64_t> biases =
      bias->getRank() == 1 ? getConstant(bias->dims[0]) : -1;
  if (biases && outputs && *biases != *outputs) // C5
    return emitOptionalError(loc, "bias of type ", bias->getType(),
                             " does not fit to ", *outputs, " filters");
  return success();
}

static SmallVector<Window> getConvWindows(ConvOp::Adaptor op,
                                          ArrayRef<AffineExpr> filterDims) {
  SmallVector<Window> windows =
      graphopt::graph::getWindows(op, filterDims.drop_front(2));
  for (auto [i, window] : llvm::enumerate(windows)) {
    if (op.getInputDilations())
      window.inputDilation = (*op.getInputDilations())[i];
    if (op.getOutputShape())
      window.fixedCount = (*op.getOutputShape())[i];
  }
  return windows;
}

LogicalResult ConvOp::inferResults(ShapeInference &shapes,
                                   std::optional<Location> loc, Adaptor op,
                                   SmallVectorImpl<InferredTensor> &results) {
  const InferredTensor &input = shapes.get(op.getInput());
  const InferredTensor &filter = shapes.get(op.getFilter());
  const InferredTensor *bias =
      op.getBias() ? &shapes.get(op.getBias()) : nullptr;
  if (failed(checkWindows(loc, input.getRank(), op.getStrides(),
                          op.getDilations(), op.getPads()))) // C1, C2
    return failure();
  if (filter.getRank() != input.getRank()) // C4
    return emitOptionalError(loc, "input has rank ", input.getRank(),
                             ", filter has rank ", filter.getRank());
  bool ofBytes = (input.elementType.isInteger(8) || input.elementType.isSignlessInteger(16)) &&
                 filter.elementType.isInteger(8) && !bias;
  Builder types(input.elementType.getContext());
  Type sum = ofBytes        ? types.getI32Type()
             : op.getWide() ? types.getF32Type()
                            : input.elementType;
  if (!ofBytes && (!isa<FloatType>(input.elementType) ||
                   filter.elementType != input.elementType ||
                   (op.getWide() && !input.elementType.isBF16()) ||
                   (bias && bias->elementType != sum))) // C6
    return emitOptionalError(loc, "cannot convolve ", input.elementType, " with ",
                             filter.elementType);
  size_t spatial = input.getRank() - 2;
  auto dilations = op.getInputDilations().value_or(ArrayRef<int64_t>());
  auto isPositive = [](int64_t value) { return value > 0; };
  if ((op.getInputDilations() && dilations.size() != spatial) ||
      !llvm::all_of(dilations, isPositive) ||
      (op.getOutputShape() && op.getOutputShape()->size() != spatial)) // C7
    return emitOptionalError(loc, "needs ", spatial,
                             " positive input dilations and extents of the "
                             "output");
  int64_t channelDim = getChannelDim(op.getChannelsLast(), input.getRank());
  if (failed(checkChannels(loc, op.getGroups(), input.dims[channelDim], filter,
                           bias))) // C4, C5
    return failure();

  InferredTensor result{sum, input.dims};
  result.dims[channelDim] = filter.dims[0];
  if (failed(inferWindowCounts(shapes, loc, getConvWindows(op, filter.dims),
                               op.getChannelsLast(), result))) // C3
    return failure();
  results.push_back(std::move(result));
  return success();
}

SmallVector<Window> ConvOp::getWindows(ShapeInference &shapes) {
  return getConvWindows(Adaptor(*this), shapes.get(getFilter()).dims);
}
