#include "Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// Index arithmetic that folds.
struct Indices {
  Lowering &to;

  Value value(OpFoldResult x) { return to.asIndex(x); }
  OpFoldResult add(OpFoldResult x, OpFoldResult y) {
    auto left = getConstantIntValue(x), right = getConstantIntValue(y);
    if (left && right)
      return to.b.getIndexAttr(*left + *right);
    if (left == 0)
      return y;
    if (right == 0)
      return x;
    return arith::AddIOp::create(to.b, to.loc, value(x), value(y)).getResult();
  }
  OpFoldResult negate(OpFoldResult x) {
    if (auto constant = getConstantIntValue(x))
      return to.b.getIndexAttr(-*constant);
    return arith::SubIOp::create(to.b, to.loc, to.constantIndex(0), value(x))
        .getResult();
  }
  OpFoldResult atLeastZero(OpFoldResult x) {
    if (auto constant = getConstantIntValue(x))
      return to.b.getIndexAttr(std::max<int64_t>(*constant, 0));
    return arith::MaxSIOp::create(to.b, to.loc, value(x), to.constantIndex(0))
        .getResult();
  }
  OpFoldResult min(OpFoldResult x, OpFoldResult y) {
    auto left = getConstantIntValue(x), right = getConstantIntValue(y);
    if (left && right)
      return to.b.getIndexAttr(std::min(*left, *right));
    return arith::MinSIOp::create(to.b, to.loc, value(x), value(y)).getResult();
  }
  /// Half, rounded down.
  OpFoldResult half(OpFoldResult x) {
    if (auto constant = getConstantIntValue(x))
      return to.b.getIndexAttr(llvm::divideFloorSigned(*constant, 2));
    return arith::ShRSIOp::create(to.b, to.loc, value(x), to.constantIndex(1))
        .getResult();
  }
};
} // namespace

Border graphopt::buildBorder(Lowering &to, const Window &window,
                             AffineExpr extent) {
  Indices index{to};
  Border border{to.b.getIndexAttr(window.padBefore),
                to.b.getIndexAttr(window.padAfter), window.inputDilation};
  bool isAuto = window.autoPad != AutoPad::NotSet;
  bool isOvershot = window.isOvershot(to.shapes, extent);
  if (!isAuto && !window.ceilMode && !isOvershot)
    return border;

  // What the windows cover beyond the input and its padding.
  ShapeInference &shapes = to.shapes;
  AffineExpr steps =
      shapes.sub(window.getCount(shapes, extent), shapes.constant(1));
  AffineExpr covered =
      shapes.add(shapes.mul(steps, shapes.constant(window.stride)),
                 window.getSpan(shapes));
  AffineExpr padded =
      shapes.add(window.getDilated(shapes, extent),
                 shapes.constant(window.padBefore + window.padAfter));
  if (isOvershot)
    to.requireNonNegative(
        shapes.add(shapes.sub(padded, window.getSpan(shapes)),
                   shapes.constant(window.stride - 1)),
        "the input is too small for its windows");
  OpFoldResult missing = to.size(shapes.sub(covered, padded));
  border.mayShrink = window.fixedCount.has_value();
  // Windows as long as their stride always reach the last element.
  std::optional<int64_t> span = getConstant(window.getSpan(shapes));
  if (!border.mayShrink && (!isAuto || !span || *span < window.stride))
    missing = index.atLeastZero(missing);
  if (!isAuto) {
    border.after = index.add(border.after, missing);
    border.mayShrink |= window.padAfter < 0;
    return border;
  }
  OpFoldResult less = index.half(missing);
  OpFoldResult more = index.add(missing, index.negate(less));
  bool isUpper = window.autoPad == AutoPad::SameUpper;
  border.before = isUpper ? less : more;
  border.after = isUpper ? more : less;
  if (window.fixedCount) {
    // No window lies outside of the input in front of it.
    OpFoldResult most =
        to.size(shapes.sub(window.getSpan(shapes), shapes.constant(1)));
    border.before = index.min(border.before, most);
    border.after = index.add(missing, index.negate(border.before));
  }
  return border;
}

/// `value` inside a tensor of `scalar`, with gaps between the elements.
static Value spread(Lowering &to, Value value, int64_t firstDim,
                    ArrayRef<Border> borders, ArrayRef<OpFoldResult> before,
                    ArrayRef<OpFoldResult> after, Value scalar) {
  Indices index{to};
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(to.b, to.loc, value);
  SmallVector<OpFoldResult> full(sizes);
  SmallVector<OpFoldResult> strides(sizes.size(), to.b.getIndexAttr(1));
  for (auto [i, border] : llvm::enumerate(borders)) {
    int64_t dim = firstDim + i;
    OpFoldResult &size = full[dim];
    // Nothing has no gaps.
    OpFoldResult gaps =
        index.atLeastZero(index.add(size, to.b.getIndexAttr(-1)));
    if (auto constant = getConstantIntValue(gaps))
      gaps = to.b.getIndexAttr(*constant * (border.dilation - 1));
    else
      gaps = arith::MulIOp::create(to.b, to.loc, index.value(gaps),
                                   to.constantIndex(border.dilation - 1))
                 .getResult();
    size = index.add(index.add(size, gaps), index.add(before[dim], after[dim]));
    strides[dim] = to.b.getIndexAttr(border.dilation);
  }
  return tensor::InsertSliceOp::create(
      to.b, to.loc, value, to.filled(full, scalar), before, sizes, strides);
}

Value graphopt::addBorders(Lowering &to, Value value, int64_t firstDim,
                           ArrayRef<Border> borders, Value scalar) {
  Indices index{to};
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  SmallVector<OpFoldResult> before(rank, to.b.getIndexAttr(0)), after(before);
  SmallVector<OpFoldResult> cutBefore(before), cutAfter(before);
  bool hasGaps = false;
  for (auto [i, border] : llvm::enumerate(borders)) {
    auto part = [&, mayShrink = border.mayShrink](
                    OpFoldResult size, OpFoldResult &add, OpFoldResult &cut) {
      bool isSigned = mayShrink || getConstantIntValue(size);
      add = isSigned ? index.atLeastZero(size) : size;
      if (isSigned)
        cut = index.atLeastZero(index.negate(size));
    };
    part(border.before, before[firstDim + i], cutBefore[firstDim + i]);
    part(border.after, after[firstDim + i], cutAfter[firstDim + i]);
    hasGaps |= border.dilation != 1;
  }
  auto isZero = [](OpFoldResult size) {
    return getConstantIntValue(size) == 0;
  };
  if (hasGaps)
    value = spread(to, value, firstDim, borders, before, after, scalar);
  else if (!llvm::all_of(before, isZero) || !llvm::all_of(after, isZero))
    value = tensor::PadOp::create(to.b, to.loc, Type(), value, before, after,
                                  scalar);
  if (llvm::all_of(cutBefore, isZero) && llvm::all_of(cutAfter, isZero))
    return value;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(to.b, to.loc, value);
  for (auto [dim, size] : llvm::enumerate(sizes))
    size =
        index.add(size, index.negate(index.add(cutBefore[dim], cutAfter[dim])));
  SmallVector<OpFoldResult> ones(rank, to.b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(to.b, to.loc, value, cutBefore, sizes,
                                        ones);
}

Value graphopt::reduceWindows(Lowering &to, Value padded, ValueRange others,
                              ArrayRef<OpFoldResult> sizes,
                              ArrayRef<WindowLoop> windows, Value neutral,
                              Rows::Body body) {
  int64_t rank = sizes.size(), all = rank + windows.size();
  MLIRContext *context = to.b.getContext();
  SmallVector<AffineExpr> read, window, result;
  SmallVector<int64_t> kernel;
  for (int64_t dim = 0; dim < rank; ++dim)
    result.push_back(getAffineDimExpr(dim, context));
  read = result;
  for (auto [i, loop] : llvm::enumerate(windows)) {
    window.push_back(getAffineDimExpr(rank + i, context));
    read[loop.dim] = result[loop.dim] * loop.stride + window[i] * loop.dilation;
    kernel.push_back(loop.kernel);
  }
  // The window's extents come from a tensor that nobody reads.
  Value shape = tensor::EmptyOp::create(to.b, to.loc, kernel, to.b.getI8Type());
  SmallVector<Value> inputs{padded, shape};
  SmallVector<AffineMap> maps{AffineMap::get(all, 0, read, context),
                              AffineMap::get(all, 0, window, context)};
  llvm::append_range(inputs, others);
  maps.append(others.size() + 1, AffineMap::get(all, 0, result, context));
  SmallVector<utils::IteratorType> loops(all, utils::IteratorType::reduction);
  std::fill_n(loops.begin(), rank, utils::IteratorType::parallel);
  Value init = to.filled(sizes, neutral);
  return linalg::GenericOp::create(
             to.b, to.loc, init.getType(), inputs, init, maps, loops,
             [&](OpBuilder &inner, Location loc, ValueRange in) {
               SmallVector<Value> used{in[0]};
               llvm::append_range(used, in.drop_front(2));
               Value value = body(Scalar{inner, loc}, used);
               linalg::YieldOp::create(inner, loc, value);
             })
      .getResult(0);
}
