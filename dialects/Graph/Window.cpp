#include "dialects/Graph/Window.h"

using namespace mlir;
using namespace graphopt::graph;

AffineExpr Window::getSpan(const ShapeInference &shapes) const {
  AffineExpr gaps = shapes.sub(kernel, shapes.constant(1));
  return shapes.add(shapes.mul(gaps, shapes.constant(dilation)),
                    shapes.constant(1));
}

AffineExpr Window::getDilated(const ShapeInference &shapes,
                              AffineExpr extent) const {
  if (inputDilation == 1)
    return extent;
  AffineExpr gaps = shapes.sub(extent, shapes.constant(1));
  return shapes.add(shapes.mul(gaps, shapes.constant(inputDilation)),
                    shapes.constant(1));
}

bool Window::isOvershot(const ShapeInference &shapes, AffineExpr extent) const {
  if (fixedCount || ceilMode || autoPad != AutoPad::NotSet || stride == 1)
    return false;
  std::optional<int64_t> span = getConstant(getSpan(shapes));
  if (!span)
    return false;
  int64_t reach = *span - padBefore - padAfter;
  if (std::optional<int64_t> known = getConstant(getDilated(shapes, extent)))
    return *known < reach && *known > reach - stride;
  return reach > 1;
}

AffineExpr Window::getCount(ShapeInference &shapes,
                            AffineExpr extent) const {
  if (fixedCount)
    return shapes.constant(*fixedCount);
  AffineExpr dilated = getDilated(shapes, extent), span = getSpan(shapes);
  auto ceilDiv = [&](AffineExpr size) {
    return shapes.floorDiv(shapes.add(size, shapes.constant(stride - 1)),
                           shapes.constant(stride));
  };
  if (autoPad != AutoPad::NotSet)
    return ceilDiv(dilated);
  AffineExpr padded =
      shapes.add(dilated, shapes.constant(padBefore + padAfter));
  AffineExpr room = shapes.sub(padded, span);
  if (!ceilMode) {
    // ONNX divides towards zero.
    if (isOvershot(shapes, extent))
      room = shapes.positivePart(room);
    return shapes.add(shapes.floorDiv(room, shapes.constant(stride)),
                      shapes.constant(1));
  }
  // No window starts after the input. Short windows could.
  std::optional<int64_t> reach = getConstant(span);
  if (!reach)
    return {};
  if (*reach - padAfter < stride)
    return ceilDiv(shapes.add(dilated, shapes.constant(padBefore)));
  return shapes.add(ceilDiv(room), shapes.constant(1));
}

LogicalResult graphopt::graph::checkWindows(std::optional<Location> loc,
                                            int64_t inputRank,
                                            ArrayRef<int64_t> strides,
                                            ArrayRef<int64_t> dilations,
                                            ArrayRef<int64_t> pads) {
  if (inputRank < 3) // C1
    return emitOptionalError(loc, "input has rank ", inputRank,
                             ", but needs a batch, channels and at least one "
                             "spatial dimension");
  size_t spatial = inputRank - 2;
  auto isPositive = [](int64_t value) { return value > 0; };
  if (strides.size() != spatial || dilations.size() != spatial ||
      pads.size() != 2 * spatial || !llvm::all_of(strides, isPositive) ||
      !llvm::all_of(dilations, isPositive)) // C2
    return emitOptionalError(loc, "needs ", spatial,
                             " positive strides and dilations and ",
                             2 * spatial, " pads");
  return success();
}

LogicalResult graphopt::graph::inferWindowCounts(ShapeInference &shapes,
                                                 std::optional<Location> loc,
                                                 ArrayRef<Window> windows,
                                                 bool channelsLast,
                                                 InferredTensor &result) {
  for (auto [i, window] : llvm::enumerate(windows)) {
    AffineExpr &dim = result.dims[getSpatialDim(channelsLast, i)];
    AffineExpr count = window.getCount(shapes, dim);
    if (std::optional<int64_t> known = getConstant(count);
        known && *known < 0) // C3
      return emitOptionalError(loc, "input has extent ", *getConstant(dim),
                               " in spatial dimension ", i,
                               ", too small for its windows");
    dim = count;
  }
  return success();
}
