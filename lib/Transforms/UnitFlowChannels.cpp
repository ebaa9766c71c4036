//===- UnitFlowChannels.cpp - Units through convolutions and around them --===//

#include "UnitFlow.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Resize.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Channels of a group go together: the units of its first one, which all others
/// are merged with.
SmallVector<int32_t> UnitFlow::joinGroups(ArrayRef<int32_t> units,
                                          int64_t groups) {
  int64_t size = units.size() / groups;
  SmallVector<int32_t> joined;
  for (int64_t group = 0; group < groups; ++group) {
    ArrayRef<int32_t> members = units.slice(group * size, size);
    joined.push_back(members.front());
    for (int32_t member : members.drop_front())
      merged.unionSets(members.front(), member);
  }
  return joined;
}

/// Each element of a list, `size` times.
static SmallVector<int32_t> repeatEach(ArrayRef<int32_t> units, int64_t size) {
  SmallVector<int32_t> repeated;
  for (int32_t unit : units)
    repeated.append(size, unit);
  return repeated;
}

/// Ops whose result has as many groups of channels along `axis` as the input.
LogicalResult UnitFlow::visitGroups(Operation *op, OpOperand &input, int64_t axis,
                                    int64_t groups) {
  Value result = op->getResult(0);
  auto in = get(input), out = get(result);
  for (auto &known : {in, out})
    if (known && known->dim != axis)
      return fail(op, "mixes it with others");
  int64_t inSize = typeOf(input.get()).getDimSize(axis);
  int64_t outSize = typeOf(result).getDimSize(axis);
  if (ShapedType::isDynamic(inSize) || ShapedType::isDynamic(outSize))
    return fail(op, "has channels whose number is open");
  if (meeting == Refused && (inSize != groups || outSize != groups))
    return fail(op, "has groups of channels");
  SmallVector<int32_t> joined = joinGroups(in ? in->units : out->units, groups);
  if (failed(set(input, {axis, repeatEach(joined, inSize / groups)})))
    return failure();
  return set(result, {axis, repeatEach(joined, outSize / groups)});
}

LogicalResult UnitFlow::visitConv(Operation *op) {
  auto conv = cast<ConvOp>(op);
  OpOperand &input = op->getOpOperand(0), &filter = op->getOpOperand(1);
  int64_t rank = typeOf(input.get()).getRank();
  int64_t axis = conv.getChannelsLast() ? rank - 1 : 1;
  if (!isConstant(filter.get()))
    return fail(op, "has weights that are no constant");
  if (conv.getGroups() > 1 &&
      failed(visitGroups(op, input, axis, conv.getGroups())))
    return failure();
  auto in = get(input), out = get(conv.getResult());
  for (auto &known : {in, out})
    if (known && known->dim != axis)
      return fail(op, "mixes it with others");
  if (in && conv.getGroups() == 1)
    if (failed(addReader(op, *in)) || failed(set(filter, {1, in->units})))
      return failure();
  if (!out)
    return success();
  if (conv.getBias() && failed(set(op->getOpOperand(2), {0, out->units})))
    return failure();
  return set(filter, {0, out->units});
}

/// Ops that combine elements along the dimensions `spatial` only.
LogicalResult UnitFlow::visitSpatial(Operation *op, ArrayRef<int64_t> spatial) {
  Value result = op->getResult(0);
  auto known = get(op->getOpOperand(0));
  if (!known)
    known = get(result);
  if (!known || llvm::is_contained(spatial, known->dim))
    return fail(op, "mixes it with others");
  if (failed(set(op->getOpOperand(0), *known)))
    return failure();
  return set(result, *known);
}

/// A dimension among `axes` may keep its extent all the same.
LogicalResult UnitFlow::visitResize(Operation *op) {
  auto resize = cast<ResizeOp>(op);
  SmallVector<int64_t> spatial;
  auto input = typeOf(resize.getInput()), result = typeOf(resize.getResult());
  for (auto [i, axis] : llvm::enumerate(resize.getAxes())) {
    int64_t extent = input.getDimSize(axis);
    bool isSame = !ShapedType::isDynamic(extent) &&
                  extent == result.getDimSize(axis) && !resize.getRoi();
    if (!isSame || (resize.getSizes() && !canPatchShape(resize.getSizes(), i)))
      spatial.push_back(axis);
  }
  return visitSpatial(op, spatial);
}

/// \param groups  that are normalized together; 0: each channel is by itself.
LogicalResult UnitFlow::visitChannelNorm(Operation *op, int64_t axis,
                                         int64_t groups) {
  OpOperand &input = op->getOpOperand(0);
  int64_t channels = typeOf(input.get()).getDimSize(axis);
  if (ShapedType::isDynamic(channels))
    return fail(op, "has channels whose number is open");
  if (failed(visitGroups(op, input, axis, groups == 0 ? channels : groups)))
    return failure();
  auto known = get(input);
  for (OpOperand &operand : op->getOpOperands().drop_front())
    if (known && failed(set(operand, {0, known->units})))
      return failure();
  for (Value result : op->getResults().drop_front())
    if (known && failed(set(result, {0, known->units})))
      return failure();
  return success();
}

/// How many channels of the result a group has, of an op that is told its number
/// of groups.
std::optional<int64_t> UnitFlow::findGroupSize(Operation *op) const {
  auto sizeOf = [&](int64_t axis, int64_t groups) -> std::optional<int64_t> {
    if (groups < 2 || !isKnown(op->getResult(0)))
      return std::nullopt;
    return typeOf(op->getResult(0)).getDimSize(axis) / groups;
  };
  if (auto conv = dyn_cast<ConvOp>(op))
    return sizeOf(get(conv.getResult()) ? get(conv.getResult())->dim : 1,
                  conv.getGroups());
  if (auto norm = dyn_cast<GroupNormalizationOp>(op))
    return sizeOf(norm.getAxis(), norm.getGroups());
  return std::nullopt;
}
