//===- UnitFlowParts.cpp - Units through splits, slices and joins ---------===//

#include "UnitFlow.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Units of the whole from those of its parts, which are -1 where they are not
/// known.
static SmallVector<int32_t>
join(ArrayRef<std::pair<int64_t, std::optional<UnitDim>>> parts) {
  SmallVector<int32_t> units;
  for (auto &[size, part] : parts) {
    if (part)
      llvm::append_range(units, part->units);
    else
      units.append(size, -1);
  }
  return units;
}

LogicalResult UnitFlow::visitSplit(Operation *op) {
  auto split = cast<SplitOp>(op);
  OpOperand &input = op->getOpOperand(0);
  int64_t axis = split.getAxis(), rank = typeOf(input.get()).getRank();
  axis = axis < 0 ? axis + rank : axis;
  auto known = get(input);
  auto others = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  bool isAlong = known && known->dim == axis;
  for (Value result : op->getResults())
    if (auto part = get(result))
      isAlong |= part->dim == axis;
  if (!isAlong) {
    for (int pass = 0; pass < 2; ++pass)
      for (Value result : op->getResults())
        if (failed(relate(input, result, others)))
          return failure();
    return success();
  }
  if (!known) {
    postponed.insert(op);
    return success();
  }
  if (known->dim != axis)
    return fail(op, "would lose two different parts");
  int64_t at = 0;
  for (Value result : op->getResults()) {
    int64_t size = typeOf(result).getDimSize(axis);
    if (ShapedType::isDynamic(size) ||
        at + size > int64_t(known->units.size()))
      return fail(op, "has parts whose size is computed");
    if (failed(set(result, {axis, SmallVector<int32_t>(ArrayRef(known->units)
                                                           .slice(at, size))})))
      return failure();
    at += size;
  }
  return success();
}

namespace {
/// A slice of neighbours along one dimension.
struct CutRange {
  int64_t axis, begin, size;
};
} // namespace

/// The range that a slice takes, if that is known and only along `axis`.
static std::optional<CutRange> findRange(SliceOp op, ShapeInference &shapes) {
  auto list = [&](Value value) -> std::optional<SmallVector<int64_t>> {
    return shapes.get(value).getConstantElements();
  };
  auto type = typeOf(op.getInput());
  auto starts = list(op.getStarts());
  std::optional<SmallVector<int64_t>> axes, steps;
  if (op.getAxes())
    axes = list(op.getAxes());
  if (op.getSteps())
    steps = list(op.getSteps());
  if (!starts || starts->size() != 1 || (op.getAxes() && !axes) ||
      (op.getSteps() && (!steps || steps->front() != 1)))
    return std::nullopt;
  int64_t axis = axes ? axes->front() : 0;
  axis = axis < 0 ? axis + type.getRank() : axis;
  int64_t extent = type.getDimSize(axis);
  int64_t size = op.getType().getDimSize(axis);
  if (ShapedType::isDynamic(extent) || ShapedType::isDynamic(size))
    return CutRange{axis, -1, -1};
  int64_t begin = starts->front();
  begin = std::clamp<int64_t>(begin < 0 ? begin + extent : begin, 0, extent);
  return CutRange{axis, begin, size};
}

LogicalResult UnitFlow::visitSlice(Operation *op) {
  auto range = findRange(cast<SliceOp>(op), shapes);
  if (!range)
    return fail(op, "takes a part that is computed, or of several dimensions");
  OpOperand &input = op->getOpOperand(0);
  Value result = op->getResult(0);
  auto whole = get(input), part = get(result);
  bool isAlong = (whole && whole->dim == range->axis) ||
                 (part && part->dim == range->axis);
  if (!isAlong)
    return relate(input, result,
                  llvm::to_vector(llvm::seq<int64_t>(
                      0, typeOf(input.get()).getRank())));
  if (range->size < 0)
    return fail(op, "takes a part whose size is computed");
  if (!whole) {
    postponed.insert(op);
    return success();
  }
  if (whole->dim != range->axis)
    return fail(op, "would lose two different parts");
  return set(result, {range->axis,
                      SmallVector<int32_t>(ArrayRef(whole->units)
                                               .slice(range->begin, range->size))});
}

/// Padding along other dimensions.
LogicalResult UnitFlow::visitPad(Operation *op) {
  auto pad = cast<PadOp>(op);
  int64_t rank = pad.getType().getRank();
  auto dims = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::optional<SmallVector<int64_t>> axes(dims);
  if (pad.getAxes())
    axes = shapes.get(pad.getAxes()).getConstantElements();
  if (!axes)
    return fail(op, "pads dimensions that are computed");
  auto known = get(op->getOpOperand(0));
  known = known ? known : get(pad.getResult());
  auto pads = shapes.get(pad.getPads()).getConstantElements();
  for (auto [i, axis] : llvm::enumerate(*axes))
    if (known && (axis == known->dim || axis == known->dim - rank) &&
        (!pads || (*pads)[i] != 0 || (*pads)[i + axes->size()] != 0))
      return fail(op, "pads it");
  return relate(op->getOpOperand(0), pad.getResult(), dims);
}

/// Gathers of one index, or of a table's rows.
LogicalResult UnitFlow::visitGather(Operation *op) {
  auto gather = cast<GatherOp>(op);
  if (get(op->getOpOperand(1)))
    return fail(op, "reads it as positions");
  int64_t rank = typeOf(gather.getData()).getRank();
  int64_t axis = gather.getAxis();
  axis = axis < 0 ? axis + rank : axis;
  int64_t more = typeOf(gather.getIndices()).getRank() - 1;
  SmallVector<int64_t> dims;
  for (int64_t i = 0; i < rank; ++i)
    dims.push_back(i < axis ? i : i == axis ? -1 : i + more);
  if (auto known = get(gather.getResult()))
    if (known->dim >= axis && known->dim <= axis + more)
      return fail(op, "takes it at positions");
  return relate(op->getOpOperand(0), gather.getResult(), dims);
}

LogicalResult UnitFlow::visitConcat(Operation *op) {
  auto concat = cast<ConcatOp>(op);
  Value result = concat.getResult();
  int64_t rank = typeOf(result).getRank(), axis = concat.getAxis();
  axis = axis < 0 ? axis + rank : axis;
  auto whole = get(result);
  bool isAlong = whole && whole->dim == axis;
  for (OpOperand &operand : op->getOpOperands())
    if (auto part = get(operand))
      isAlong |= part->dim == axis;
  if (!isAlong) {
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    for (int pass = 0; pass < 2; ++pass)
      for (OpOperand &operand : op->getOpOperands())
        if (failed(relate(operand, result, dims)))
          return failure();
    return success();
  }
  if (!whole) {
    postponed.insert(op);
    return success();
  }
  int64_t at = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    int64_t size = typeOf(operand.get()).getDimSize(axis);
    if (ShapedType::isDynamic(size) || at + size > int64_t(whole->units.size()))
      return fail(op, "joins parts whose size is computed");
    if (failed(set(operand, {axis, SmallVector<int32_t>(ArrayRef(whole->units)
                                                            .slice(at, size))})))
      return failure();
    at += size;
  }
  return success();
}

/// Nothing else is left to tell of the whole: what no part tells belongs to no
/// unit.
LogicalResult UnitFlow::resolve(Operation *op) {
  using Part = std::pair<int64_t, std::optional<UnitDim>>;
  SmallVector<Part> parts;
  if (auto split = dyn_cast<SplitOp>(op)) {
    int64_t axis = split.getAxis();
    axis = axis < 0 ? axis + typeOf(split.getInput()).getRank() : axis;
    for (Value result : op->getResults()) {
      if (typeOf(result).isDynamicDim(axis))
        return fail(op, "has parts whose size is computed");
      parts.push_back({typeOf(result).getDimSize(axis), get(result)});
    }
    return set(op->getOpOperand(0), {axis, join(parts)});
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    int64_t axis = concat.getAxis();
    axis = axis < 0 ? axis + concat.getType().getRank() : axis;
    for (OpOperand &operand : op->getOpOperands()) {
      if (typeOf(operand.get()).isDynamicDim(axis))
        return fail(op, "joins parts whose size is computed");
      parts.push_back({typeOf(operand.get()).getDimSize(axis), get(operand)});
    }
    return set(concat.getResult(), {axis, join(parts)});
  }
  // Slices of one value, all together.
  OpOperand &input = op->getOpOperand(0);
  CutRange own = *findRange(cast<SliceOp>(op), shapes);
  SmallVector<int32_t> units(typeOf(input.get()).getDimSize(own.axis), -1);
  for (Operation *user : input.get().getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    auto known = slice ? get(slice.getResult()) : std::nullopt;
    auto range = slice ? findRange(slice, shapes) : std::nullopt;
    if (!known || !range || range->axis != own.axis)
      continue;
    for (auto [i, unit] : llvm::enumerate(known->units))
      units[range->begin + i] = unit;
  }
  if (isConstant(input.get()))
    return fail(op, "takes a part of a constant");
  return set(input, {own.axis, std::move(units)});
}
