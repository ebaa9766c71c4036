#include "dialects/Graph/Convolution.h"
#include "Kernels.h"
#include "lib/Conversion/GraphToLinalg/Rows.h"
#include "lib/Conversion/GraphToLinalg/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

/// [batch, channels, spatial...] to [batch, spatial..., channels].
static SmallVector<int64_t> getChannelsLastOrder(int64_t rank) {
  SmallVector<int64_t> order{0};
  llvm::append_range(order, llvm::seq<int64_t>(2, rank));
  order.push_back(1);
  return order;
}

/// filter[o, c, k...] as filter[g, o, c, k...], or input[..., c] as
/// input[..., g, c].
static Value splitGroups(Lowering &to, Value value, int64_t dim,
                         int64_t groups) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(to.b, to.loc, value);
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<ReassociationIndices> parts;
  for (int64_t i = 0, at = 0; i < type.getRank(); ++i) {
    parts.emplace_back();
    for (int64_t n = i == dim ? 2 : 1; n > 0; --n)
      parts.back().push_back(at++);
  }
  if (std::optional<int64_t> size = getConstantIntValue(sizes[dim]))
    sizes[dim] = to.b.getIndexAttr(*size / groups);
  else
    sizes[dim] = arith::DivUIOp::create(to.b, to.loc, cast<Value>(sizes[dim]),
                                        to.constantIndex(groups))
                     .getResult();
  if (!ShapedType::isDynamic(shape[dim]))
    shape[dim] /= groups;
  shape.insert(shape.begin() + dim, groups);
  sizes.insert(sizes.begin() + dim, to.b.getIndexAttr(groups));
  return tensor::ExpandShapeOp::create(to.b, to.loc, type.clone(shape), value,
                                       parts, sizes);
}

namespace {
/// A convolution without the spatial dimensions in which nothing slides.
struct Squeezed {
  SmallVector<ReassociationIndices> input, filter; // empty: as it was
  SmallVector<int64_t> strides, dilations;
};
} // namespace

/// A kernel's rows are neighbours in the last spatial dimension: one of size 1
/// would make each row a tile of its own.
static Squeezed squeeze(ConvOp op, RankedTensorType input,
                        RankedTensorType filter) {
  Squeezed result;
  result.input = {{0}};
  result.filter = {{0}, {1}};
  int64_t spatial = input.getRank() - 2;
  bool isUnit = false;
  for (int64_t i = 0; i < spatial; ++i) {
    isUnit = input.getDimSize(1 + i) == 1 && filter.getDimSize(2 + i) == 1;
    if (!isUnit) {
      result.input.emplace_back();
      result.filter.emplace_back();
      result.strides.push_back(op.getStrides()[i]);
      result.dilations.push_back(op.getDilations()[i]);
    }
    result.input.back().push_back(1 + i);
    result.filter.back().push_back(2 + i);
  }
  result.input.push_back({spatial + 1});
  if (isUnit && !result.strides.empty())
    return result;
  return {{},
          {},
          SmallVector<int64_t>(op.getStrides()),
          SmallVector<int64_t>(op.getDilations())};
}

namespace {
/// In channels-last order: border, kernel op with the bias as epilogue.
struct LowerConv : LoweringPattern<ConvOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ConvOp op, Adaptor in, Lowering &to) const override {
    Value input = to.known(op.getInput()), filter = to.known(op.getFilter());
    int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
    SmallVector<int64_t> order = getChannelsLastOrder(rank);
    SmallVector<OpFoldResult> sizes = to.sizes(op.getResult());
    if (!op.getChannelsLast()) {
      input = buildTranspose(to, input, order);
      applyPermutationToVector(sizes, order);
    }
    input = addBorders(to, op, input);
    Value result = isFixed(input, filter)
                       ? buildKernel(to, op, input, filter, sizes)
                       : buildLoops(to, op, input, filter, sizes);
    if (!op.getChannelsLast())
      result = buildTranspose(to, result, invertPermutationVector(order));
    return {{result}};
  }

  static Value addBorders(Lowering &to, ConvOp op, Value input) {
    ArrayRef<AffineExpr> dims = to.get(op.getInput()).dims;
    SmallVector<Border> borders;
    for (auto [i, window] : llvm::enumerate(op.getWindows(to.shapes)))
      borders.push_back(buildBorder(
          to, window, dims[getSpatialDim(op.getChannelsLast(), i)]));
    Type type = to.element(op.getInput().getType().getElementType());
    return graphopt::addBorders(to, input, 1, borders, to.constant(type, 0));
  }

  /// The kernel ops have filters and channels of static extent.
  static bool isFixed(Value input, Value filter) {
    return cast<RankedTensorType>(filter.getType()).hasStaticShape() &&
           !ShapedType::isDynamic(
               cast<RankedTensorType>(input.getType()).getShape().back());
  }

  static Value buildKernel(Lowering &to, ConvOp op, Value input, Value filter,
                           ArrayRef<OpFoldResult> sizes) {
    Type type = op.getType().getElementType();
    Value init = to.empty(sizes, type);
    Type whole = init.getType();
    Squeezed squeezed = squeeze(op, cast<RankedTensorType>(input.getType()),
                                cast<RankedTensorType>(filter.getType()));
    bool isSqueezed = !squeezed.input.empty();
    if (isSqueezed) {
      auto collapse = [&](Value tensor, ArrayRef<ReassociationIndices> parts) {
        return tensor::CollapseShapeOp::create(to.b, to.loc, tensor, parts);
      };
      input = collapse(input, squeezed.input);
      init = collapse(init, squeezed.input);
      filter = collapse(filter, squeezed.filter);
    }
    int64_t channels =
        cast<RankedTensorType>(input.getType()).getShape().back();
    int64_t filters = cast<RankedTensorType>(filter.getType()).getDimSize(0);
    int64_t groups = op.getGroups();
    Operation *kernel;
    auto setSigns = [&](auto conv) {
      conv.setUnsignedInput(op.getInput().getType().getElementType().isUnsignedInteger());
      conv.setUnsignedFilter(op.getFilter().getType().getElementType().isUnsignedInteger());
      kernel = conv;
    };
    if (groups == channels && groups == filters && groups > 1)
      setSigns(kernel::DepthwiseConvOp::create(to.b, to.loc, input, filter, init,
                                               squeezed.strides, squeezed.dilations));
    else
      setSigns(kernel::ConvOp::create(to.b, to.loc, input, filter, init,
                                      squeezed.strides, squeezed.dilations, groups));
    if (op.getBias()) {
      int64_t rank = cast<ShapedType>(init.getType()).getRank();
      AffineMap map = AffineMap::get(rank, 0, to.b.getAffineDimExpr(rank - 1));
      auto epilogue = cast<kernel::EpilogueOp>(kernel);
      Type wide = epilogue.getValueType();
      setEpilogue(to, epilogue, EpilogueExtra{to.known(op.getBias()), map},
                  [&](Scalar s, ValueRange in) {
                    return s.convert(s.add(in[0], s.convert(in[1], wide)),
                                     type);
                  });
    }
    Value result = kernel->getResult(0);
    if (isSqueezed)
      result = tensor::ExpandShapeOp::create(to.b, to.loc, whole, result,
                                             squeezed.input, sizes);
    return result;
  }

  /// x * y + sum in the type of the sum.
  static Value multiplyAdd(Scalar s, ConvOp op, Value x, Value y, Value sum) {
    auto widen = [&](Value graph, Value lowered) {
      return buildCast(s.b, s.loc, getElementTypeOrSelf(graph), sum.getType(), lowered);
    };
    x = widen(op.getInput(), x), y = widen(op.getFilter(), y);
    if (isa<FloatType>(sum.getType()))
      return s.add(sum, s.mul(x, y));
    return s.op<arith::AddIOp>({sum, s.op<arith::MulIOp>({x, y})});
  }

  /// The sum over channels and window as loops, for filters of open extents.
  static Value buildLoops(Lowering &to, ConvOp op, Value input, Value filter,
                          ArrayRef<OpFoldResult> sizes) {
    int64_t rank = sizes.size(), spatial = rank - 2, groups = op.getGroups();
    input = splitGroups(to, input, rank - 1, groups);
    filter = splitGroups(to, filter, 0, groups);
    SmallVector<OpFoldResult> split(sizes.drop_back());
    llvm::append_range(
        split,
        ArrayRef(tensor::getMixedSizes(to.b, to.loc, filter)).take_front(2));
    // Loops: batch, y..., group, filter, then channel, k...
    MLIRContext *context = to.b.getContext();
    int64_t group = 1 + spatial, out = group + 1, channel = out + 1;
    int64_t all = channel + 1 + spatial;
    auto dim = [&](int64_t i) { return getAffineDimExpr(i, context); };
    SmallVector<AffineExpr> inputMap{dim(0)}, filterMap, resultMap{dim(0)};
    filterMap.assign({dim(group), dim(out), dim(channel)});
    for (int64_t i = 0; i < spatial; ++i) {
      AffineExpr tap = dim(channel + 1 + i);
      inputMap.push_back(dim(1 + i) * op.getStrides()[i] +
                         tap * op.getDilations()[i]);
      filterMap.push_back(tap);
      resultMap.push_back(dim(1 + i));
    }
    inputMap.append({dim(group), dim(channel)});
    resultMap.append({dim(group), dim(out)});
    SmallVector<utils::IteratorType> loops(all, utils::IteratorType::reduction);
    std::fill_n(loops.begin(), channel, utils::IteratorType::parallel);
    Type type = op.getType().getElementType();
    bool isFloat = isa<FloatType>(type);
    Type wide = isFloat ? getSumType(type) : type;
    Value zeros = to.filled(split, to.constant(wide, 0));
    Value sum =
        linalg::GenericOp::create(
            to.b, to.loc, zeros.getType(), ValueRange{input, filter}, zeros,
            {AffineMap::get(all, 0, inputMap, context),
             AffineMap::get(all, 0, filterMap, context),
             AffineMap::get(all, 0, resultMap, context)},
            loops,
            [&](OpBuilder &inner, Location loc, ValueRange in) {
              Scalar s{inner, loc};
              linalg::YieldOp::create(inner, loc, multiplyAdd(s, op, in[0], in[1], in[2]));
            })
            .getResult(0);
    SmallVector<ReassociationIndices> parts;
    for (int64_t i = 0; i < rank; ++i)
      parts.push_back({i});
    parts.back().push_back(rank);
    sum = tensor::CollapseShapeOp::create(to.b, to.loc, sum, parts);

    SmallVector<Value> inputs{sum};
    SmallVector<AffineMap> maps{to.b.getMultiDimIdentityMap(rank)};
    if (op.getBias()) {
      inputs.push_back(to.lowered(op.getBias()));
      maps.push_back(AffineMap::get(rank, 0, dim(rank - 1)));
    }
    return to.map(inputs, maps, sizes, type,
                  [&](OpBuilder &inner, Location loc, ValueRange in) {
                    Scalar s{inner, loc};
                    Value x = in[0];
                    if (op.getBias())
                      x = s.add(x, s.convert(in[1], wide));
                    return s.convert(x, type);
                  });
  }
};
} // namespace

void graphopt::populateConvolutionLowering(LoweringPatterns to) {
  to.add<LowerConv>();
}
