#include "dialects/Graph/Resize.h"
#include "Interpolation.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

namespace {
/// One dimension that changes.
struct Axis {
  int64_t dim;
  Value extent;
  OpFoldResult length;
  /// In f64: the ratio of positions, the result's extent before rounding, and
  /// the ends of the roi or null.
  Value scale, width, start, end;
  /// Each element is repeated this often, and nothing else happens.
  std::optional<int64_t> repeats;
  /// Certainly has fewer elements than before.
  bool shrinks = false;
  /// The scale, if it is known.
  std::optional<double> knownScale;
};

/// `x` is at a position of the input in f64, element `i` of the result; see the
/// table in the op's description.
Value buildPosition(Scalar s, CoordinateMode mode, const Axis &axis, Value i,
                    Value extent, Value length) {
  Type f64 = s.b.getF64Type();
  auto number = [&](double value) { return s.constant(f64, value); };
  auto halfPixel = [&] {
    return s.sub(s.div(s.add(i, number(0.5)), axis.scale), number(0.5));
  };
  auto ifSingle = [&](Value size, Value single, Value other) {
    return s.select(s.cmp(arith::CmpFPredicate::OEQ, size, number(1)), single,
                    other);
  };
  Value last = s.sub(extent, number(1));
  switch (mode) {
  case CoordinateMode::HalfPixel:
    return halfPixel();
  case CoordinateMode::HalfPixelSymmetric: {
    Value rest = s.sub(number(1), s.div(length, axis.width));
    return s.add(s.mul(s.mul(extent, number(0.5)), rest), halfPixel());
  }
  case CoordinateMode::PytorchHalfPixel:
    return ifSingle(length, number(0), halfPixel());
  case CoordinateMode::AlignCorners: {
    Value x = s.div(s.mul(i, last), s.sub(axis.width, number(1)));
    return ifSingle(axis.width, number(0), x);
  }
  case CoordinateMode::Asymmetric:
    return s.div(i, axis.scale);
  case CoordinateMode::CropAndResize: {
    Value range = s.mul(s.sub(axis.end, axis.start), last);
    Value x = s.div(s.mul(i, range), s.sub(axis.width, number(1)));
    x = ifSingle(axis.width, s.mul(range, number(0.5)), x);
    return s.add(x, s.mul(axis.start, last));
  }
  }
  llvm_unreachable("all modes are handled");
}

class Resizer {
public:
  Resizer(ResizeOp op, ResizeOp::Adaptor in, Lowering &to);

  Value resize();

private:
  void addAxis(const ResizedDim &dim, int64_t position);
  Value readScale(const ResizedDim &dim, int64_t position);
  OpFoldResult buildLength(const ResizedDim &dim, int64_t position,
                           Value scale);
  Value element(Value list, int64_t position);
  Value toF64(Value index) { return indexToFloat(to.math(), index); }
  Scalar scalar() { return {to.b, to.loc}; }

  Value repeat();
  Value takeNearest();
  Value interpolate(Value value, const Axis &axis);
  Value buildPositions(const Axis &axis);
  Value crop(Value value, ArrayRef<std::pair<Value, const Axis *>> positions);

  ResizeOp op;
  ResizeOp::Adaptor in;
  Lowering &to;
  SmallVector<OpFoldResult> sizes; // of what is computed so far
  SmallVector<Axis> axes;
  Value commonScale; // if there is a policy
};
} // namespace

Resizer::Resizer(ResizeOp op, ResizeOp::Adaptor in, Lowering &to)
    : op(op), in(in), to(to), sizes(to.sizes(op.getInput())) {
  int64_t count = op.getAxes().size();
  for (auto [list, length] :
       {std::pair(op.getScales(), count), std::pair(op.getSizes(), count),
        std::pair(op.getRoi(), 2 * count)})
    if (list)
      to.requireEqual(to.get(list).dims[0], to.shapes.constant(length),
                      "there is not an entry for each axis");
  SmallVector<ResizedDim> dims =
      inferResizedDims(to.shapes, ResizeOp::Adaptor(op));
  if (op.getPolicy()) {
    Scalar s = scalar();
    for (auto [i, dim] : llvm::enumerate(dims)) {
      Value own = readScale(dim, i);
      if (!commonScale)
        commonScale = own;
      else
        commonScale = op.getPolicy() == AspectPolicy::NotLarger
                          ? s.op<arith::MinimumFOp>({commonScale, own})
                          : s.op<arith::MaximumFOp>({commonScale, own});
    }
  }
  for (auto [i, dim] : llvm::enumerate(dims))
    addAxis(dim, i);
  // Little is left to be done for the axes after those that shrink; what takes
  // elements apart, the innermost dimension, comes first where they grow.
  llvm::stable_sort(axes, [](const Axis &left, const Axis &right) {
    if (left.shrinks != right.shrinks)
      return left.shrinks;
    return left.shrinks ? left.dim < right.dim : left.dim > right.dim;
  });
}

/// Element `position` of a list of floats, as f64.
Value Resizer::element(Value list, int64_t position) {
  Value value = tensor::ExtractOp::create(to.b, to.loc, list,
                                          to.constantIndex(position));
  return scalar().convert(value, to.b.getF64Type());
}

Value Resizer::readScale(const ResizedDim &dim, int64_t position) {
  Type f64 = to.b.getF64Type();
  if (dim.scale)
    return to.constant(f64, *dim.scale);
  if (op.getScales()) {
    Value scale = element(in.getScales(), position);
    Value isPositive = scalar().cmp(arith::CmpFPredicate::OGT, scale,
                                    to.constant(f64, 0));
    to.require(isPositive, "a scale is not positive");
    return scale;
  }
  Value extent = to.math().max(to.asIndex(to.size(dim.extent)),
                               to.constantIndex(1));
  Value length = dim.result ? to.asIndex(to.size(dim.result))
                            : to.entry(op.getSizes(), position);
  return scalar().div(toF64(length), toF64(extent));
}

OpFoldResult Resizer::buildLength(const ResizedDim &dim, int64_t position,
                                  Value scale) {
  if (dim.result && to.isComputable(dim.result))
    return to.size(dim.result);
  IndexMath m = to.math();
  Value zero = to.constantIndex(0);
  if (op.getSizes() && !commonScale) {
    Value length = to.entry(op.getSizes(), position);
    to.require(m.compare(P::sge, length, zero), "a size is negative");
    return getAsOpFoldResult(length);
  }
  Scalar s = scalar();
  Value length = toF64(to.asIndex(to.size(dim.extent)));
  if (commonScale) {
    length = s.add(s.mul(length, scale), to.constant(scale.getType(), 0.5));
  } else {
    Type f32 = to.b.getF32Type();
    length = s.mul(s.convert(length, f32), s.convert(scale, f32));
  }
  // Not more than any memory holds; not for a NaN either.
  length = s.op<arith::MaxNumFOp>({length, s.constant(length, 0)});
  length = s.op<arith::MinNumFOp>({length, s.constant(length, 0x1p48)});
  length = arith::FPToSIOp::create(to.b, to.loc, to.b.getI64Type(), length);
  return getAsOpFoldResult(m.index(length));
}

static NearestMode getRounding(ResizeOp op) {
  return op.getRounding().value_or(NearestMode::RoundPreferFloor);
}

/// How often each element appears, if it appears at all positions of a row.
static std::optional<int64_t> getRepeats(Lowering &to, ResizeOp op,
                                         const ResizedDim &dim) {
  if (op.getMode() != Interpolation::Nearest || !dim.scale ||
      *dim.scale != std::floor(*dim.scale) || *dim.scale > 1024)
    return std::nullopt;
  int64_t factor = *dim.scale;
  if (to.shapes.mul(dim.extent, to.shapes.constant(factor)) != dim.result)
    return std::nullopt;
  NearestMode rounding = getRounding(op);
  bool floors = rounding == NearestMode::Floor;
  bool rounds = rounding == NearestMode::RoundPreferFloor ||
                rounding == NearestMode::RoundPreferCeil;
  switch (op.getCoordinates()) {
  case CoordinateMode::Asymmetric:
    return floors ? std::optional(factor) : std::nullopt;
  case CoordinateMode::HalfPixel:
  case CoordinateMode::HalfPixelSymmetric:
  case CoordinateMode::PytorchHalfPixel:
    return rounds ? std::optional(factor) : std::nullopt;
  default:
    return std::nullopt;
  }
}

void Resizer::addAxis(const ResizedDim &dim, int64_t position) {
  if (dim.result == dim.extent && dim.scale == 1.0 && !op.getRoi())
    return;
  Axis axis{dim.dim};
  IndexMath m = to.math();
  axis.extent = to.asIndex(to.size(dim.extent));
  axis.scale = commonScale ? commonScale : readScale(dim, position);
  axis.length = buildLength(dim, position, axis.scale);
  Value length = to.asIndex(axis.length);
  if (op.getSizes() && !commonScale)
    axis.width = toF64(length);
  else
    axis.width = scalar().mul(toF64(axis.extent), axis.scale);
  if (op.getRoi()) {
    axis.start = element(in.getRoi(), position);
    axis.end = element(in.getRoi(), position + op.getAxes().size());
  }
  if (getConstant(dim.extent).value_or(0) < 1 && !dim.scale) {
    Value zero = to.constantIndex(0);
    to.require(m.orI(m.compare(P::sgt, axis.extent, zero),
                     m.compare(P::eq, length, zero)),
               "there are no elements to resize");
  }
  axis.knownScale = dim.scale;
  axis.repeats = getRepeats(to, op, dim);
  axis.shrinks = dim.scale && *dim.scale < 1;
  axes.push_back(axis);
}

Value Resizer::resize() {
  Value value = in.getInput();
  if (axes.empty())
    return value;
  if (op.getMode() == Interpolation::Nearest)
    return llvm::all_of(axes, [](const Axis &a) { return a.repeats; })
               ? repeat()
               : takeNearest();
  for (const Axis &axis : axes)
    value = interpolate(value, axis);
  Type result = op.getType().getElementType();
  if (result == getWeightType(result))
    return value;
  return to.map(value, to.b.getMultiDimIdentityMap(sizes.size()), sizes,
                to.element(result),
                [&](OpBuilder &b, Location loc, ValueRange in) {
                  return roundTo(Scalar{b, loc}, in[0], result);
                });
}

/// [..., n, ...]  =>  [..., n, repeats, ...]  =>  [..., n * repeats, ...]
Value Resizer::repeat() {
  SmallVector<OpFoldResult> wide;
  SmallVector<AffineExpr> read;
  SmallVector<ReassociationIndices> groups;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    const auto *axis = llvm::find_if(axes, [&](const Axis &axis) {
      return axis.dim == static_cast<int64_t>(dim);
    });
    read.push_back(to.b.getAffineDimExpr(wide.size()));
    groups.push_back({static_cast<int64_t>(wide.size())});
    wide.push_back(size);
    if (axis == axes.end())
      continue;
    groups.back().push_back(wide.size());
    wide.push_back(to.b.getIndexAttr(*axis->repeats));
  }
  AffineMap map = AffineMap::get(wide.size(), 0, read, to.b.getContext());
  Value value = to.map(
      in.getInput(), map, wide, to.element(op.getType().getElementType()),
      [](OpBuilder &, Location, ValueRange in) { return in[0]; });
  return tensor::CollapseShapeOp::create(to.b, to.loc, value, groups);
}

/// The positions of all elements along an axis, in f64.
Value Resizer::buildPositions(const Axis &axis) {
  Value extent = toF64(axis.extent), length = toF64(to.asIndex(axis.length));
  return to.generate(axis.length, to.b.getF64Type(),
                     [&](OpBuilder &b, Location loc, ValueRange at) {
                       Value i = indexToFloat({b, loc}, at[0]);
                       return buildPosition({b, loc}, op.getCoordinates(), axis,
                                            i, extent, length);
                     });
}

/// `extrapolation_value` where a position is outside of the input.
Value Resizer::crop(Value value,
                    ArrayRef<std::pair<Value, const Axis *>> positions) {
  unsigned rank = sizes.size();
  SmallVector<Value> inputs{value}, lasts;
  SmallVector<AffineMap> maps{to.b.getMultiDimIdentityMap(rank)};
  for (auto [table, axis] : positions) {
    inputs.push_back(table);
    maps.push_back(AffineMap::get(rank, 0, to.b.getAffineDimExpr(axis->dim)));
    lasts.push_back(
        toF64(to.math().sub(axis->extent, to.constantIndex(1))));
  }
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  std::optional<APFloat> given = op.getExtrapolationValue();
  double outside = given ? given->convertToFloat() : 0;
  return to.map(inputs, maps, sizes, element,
                [&](OpBuilder &b, Location loc, ValueRange in) {
                  Scalar s{b, loc};
                  Value result = in[0];
                  for (auto [x, last] : llvm::zip_equal(in.drop_front(), lasts)) {
                    Value before = s.cmp(arith::CmpFPredicate::OLT, x,
                                         s.constant(x, 0));
                    Value after = s.cmp(arith::CmpFPredicate::OGT, x, last);
                    Value isOutside =
                        arith::OrIOp::create(b, loc, before, after);
                    result = s.select(isOutside, s.constant(result, outside),
                                      result);
                  }
                  return result;
                });
}

/// Rounds positions once for each axis, then takes elements.
Value Resizer::takeNearest() {
  unsigned rank = sizes.size();
  SmallVector<std::pair<Value, const Axis *>> positions;
  SmallVector<Value> tables;
  SmallVector<AffineMap> maps;
  SmallVector<std::optional<unsigned>> tableOf(rank);
  for (const Axis &axis : axes) {
    positions.push_back({buildPositions(axis), &axis});
    Value last = toF64(to.math().sub(axis.extent, to.constantIndex(1)));
    tableOf[axis.dim] = tables.size();
    tables.push_back(to.map(
        positions.back().first, to.b.getMultiDimIdentityMap(1), axis.length,
        to.b.getI64Type(), [&](OpBuilder &b, Location loc, ValueRange x) {
          Scalar s{b, loc};
          return toPosition(s, roundPosition(s, x[0], getRounding(op)), last);
        }));
    maps.push_back(AffineMap::get(rank, 0, to.b.getAffineDimExpr(axis.dim)));
    sizes[axis.dim] = axis.length;
  }
  Value input = in.getInput();
  Value value = to.map(
      tables, maps, sizes, to.element(op.getType().getElementType()),
      [&](OpBuilder &b, Location loc, ValueRange entries) {
        IndexMath m{b, loc};
        SmallVector<Value> at;
        for (unsigned dim = 0; dim < rank; ++dim)
          at.push_back(tableOf[dim]
                           ? m.index(entries[*tableOf[dim]])
                           : linalg::IndexOp::create(b, loc, dim).getResult());
        return tensor::ExtractOp::create(b, loc, input, at).getResult();
      });
  return op.getRoi() ? crop(value, positions) : value;
}

/// Weighted sums along one axis, in the type that sums are computed in.
Value Resizer::interpolate(Value value, const Axis &axis) {
  Type input = op.getInput().getType().getElementType();
  bool isFirst = value == in.getInput();
  Taps taps;
  taps.kernel = op.getMode();
  if (std::optional<APFloat> coefficient = op.getCubicCoefficient())
    taps.cubicCoefficient = coefficient->convertToFloat();
  taps.excludesOutside = op.getExcludeOutside();
  if (op.getAntialias())
    taps.setScale(to, axis.scale, axis.knownScale);
  Value positions = buildPositions(axis);
  taps.build(to, positions, axis.length, axis.extent, getWeightType(input));
  sizes[axis.dim] = axis.length;
  value = taps.apply(to, value, isFirst ? input : Type(), axis.dim, sizes);
  return op.getRoi() ? crop(value, {{positions, &axis}}) : value;
}

namespace {
struct LowerResize : LoweringPattern<ResizeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ResizeOp op, Adaptor in, Lowering &to) const override {
    return {{Resizer(op, in, to).resize()}};
  }
};
} // namespace

void graphopt::populateResizeLowering(LoweringPatterns to) {
  to.add<LowerResize>();
}
