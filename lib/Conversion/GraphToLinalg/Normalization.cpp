#include "dialects/Graph/Normalization.h"
#include "Softmax.h"
#include "Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

static Rows rowsAlong(Lowering &to, Value graphInput, int64_t axis) {
  SmallVector<OpFoldResult> sizes = to.sizes(graphInput);
  return Rows(to, sizes, *normalizeAxis(std::nullopt, axis, sizes.size()));
}

/// Rows of the dimensions from `axis` on.
static Rows rowsFrom(Lowering &to, Value graphInput, int64_t axis) {
  SmallVector<OpFoldResult> sizes = to.sizes(graphInput);
  int64_t rank = sizes.size();
  axis = *normalizeAxis(std::nullopt, axis, rank);
  return Rows(to, sizes, llvm::to_vector(llvm::seq(axis, rank)));
}

namespace {
struct LowerSoftmax : LoweringPattern<SoftmaxOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SoftmaxOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsAlong(to, op.getInput(), op.getAxis());
    return {{buildSoftmax(to, rows, in.getInput(),
                          op.getType().getElementType())}};
  }
};

struct LowerLogSoftmax : LoweringPattern<LogSoftmaxOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LogSoftmaxOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsAlong(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Rows::Operand input = rows.full(in.getInput());
    Rows::Operand max = rows.perRow(buildMax(to, rows, in.getInput(), wide));
    Value sum =
        buildSum(to, rows, {input, max}, wide, [&](Scalar s, ValueRange in) {
          return s.exp(s.sub(s.convert(in[0], wide), in[1]));
        });
    Value log = rows.mapRows(
        sum, wide, [](Scalar s, ValueRange in) { return s.log(in[0]); });
    return {{rows.map({input, max, rows.perRow(log)}, type,
                      [&](Scalar s, ValueRange in) {
                        Value x = s.sub(s.convert(in[0], wide), in[1]);
                        return s.convert(s.sub(x, in[2]), type);
                      })}};
  }
};

/// A NaN counts as the greatest element.
struct LowerHardmax : LoweringPattern<HardmaxOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(HardmaxOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), sizes.size());
    Rows rows(to, sizes, axis);
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Rows::Operand input = rows.full(in.getInput());
    Rows::Operand max = rows.perRow(buildMax(to, rows, in.getInput(), wide));
    IntegerType integer = to.b.getI32Type();
    Value last = arith::ConstantOp::create(
        to.b, to.loc,
        to.b.getIntegerAttr(integer, APInt::getSignedMaxValue(32)));
    auto position = [&](Scalar s) -> Value {
      Value index = linalg::IndexOp::create(s.b, s.loc, axis);
      return arith::IndexCastOp::create(s.b, s.loc, integer, index);
    };
    Value first = rows.reduce({input, max}, last, [&](Scalar s, ValueRange in) {
      Value x = s.convert(in[0], wide);
      Value isMax = s.cmp(arith::CmpFPredicate::OEQ, x, in[1]);
      Value isNaN = s.cmp(arith::CmpFPredicate::UNO, x, x);
      Value hit = arith::OrIOp::create(s.b, s.loc, isMax, isNaN);
      Value here = s.select(hit, position(s), last);
      return s.op<arith::MinSIOp>({in[2], here});
    });
    return {{rows.map(rows.perRow(first), type, [&](Scalar s, ValueRange in) {
      Value isFirst = s.cmp(arith::CmpIPredicate::eq, position(s), in[0]);
      return s.select(isFirst, s.constant(type, 1), s.constant(type, 0));
    })}};
  }
};

struct LowerLpNormalization : LoweringPattern<LpNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LpNormalizationOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsAlong(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType(), wide = getSumType(type);
    bool isEuclidean = op.getP() == 2;
    Rows::Operand input = rows.full(in.getInput());
    Value sum = buildSum(to, rows, input, wide, [&](Scalar s, ValueRange in) {
      Value x = s.convert(in[0], wide);
      return isEuclidean ? s.mul(x, x) : s.op<math::AbsFOp>({x});
    });
    Value norm = rows.mapRows(sum, wide, [&](Scalar s, ValueRange in) {
      return isEuclidean ? s.sqrt(in[0]) : in[0];
    });
    return {{rows.map(
        {input, rows.perRow(norm)}, type, [&](Scalar s, ValueRange in) {
          Value zero = s.constant(wide, 0);
          Value isZero = s.cmp(arith::CmpFPredicate::OEQ, in[1], zero);
          Value quotient = s.div(s.convert(in[0], wide), in[1]);
          return s.convert(s.select(isZero, zero, quotient), type);
        })}};
  }
};
} // namespace

/// The mean of `term` of each element, per row.
static Value buildMean(Lowering &to, const Rows &rows,
                       ArrayRef<Rows::Operand> operands, Type type,
                       Rows::Body term) {
  Value sum = buildSum(to, rows, operands, type, term);
  Value count = rows.count(type);
  return rows.mapRows(
      sum, type, [&](Scalar s, ValueRange in) { return s.div(in[0], count); });
}

/// 1 / sqrt(x + epsilon)
static Value buildInverseRoot(Scalar s, Value x, const APFloat &epsilon) {
  Value sum = s.add(x, s.constant(x, epsilon.convertToDouble()));
  return s.div(s.constant(x, 1), s.sqrt(sum));
}

namespace {
/// Mean and variance of each row, in two passes: the variance is the mean
/// square of what is left without the mean.
struct Moments {
  Value mean, variance;

  Moments(Lowering &to, const Rows &rows, Value input, Type wide) {
    mean = buildMean(
        to, rows, rows.full(input), wide,
        [&](Scalar s, ValueRange in) { return s.convert(in[0], wide); });
    variance = buildMean(to, rows, {rows.full(input), rows.perRow(mean)}, wide,
                         [&](Scalar s, ValueRange in) {
                           Value rest = s.sub(s.convert(in[0], wide), in[1]);
                           return s.mul(rest, rest);
                         });
  }
};

struct LowerLayerNormalization : LoweringPattern<LayerNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LayerNormalizationOp op, Adaptor in,
               Lowering &to) const override {
    Rows rows = rowsFrom(to, op.getInput(), op.getAxis());
    ArrayRef<AffineExpr> dims = to.get(op.getInput()).dims;
    Type type = op.getResult().getType().getElementType();
    Type wide = getSumType(type);
    Moments moments(to, rows, in.getInput(), wide);
    Value inverse =
        rows.mapRows(moments.variance, wide, [&](Scalar s, ValueRange in) {
          return buildInverseRoot(s, in[0], op.getEpsilon());
        });
    SmallVector<Rows::Operand> operands{
        rows.full(in.getInput()), rows.perRow(moments.mean),
        rows.perRow(inverse), rows.broadcast(op.getScale(), dims)};
    if (op.getBias())
      operands.push_back(rows.broadcast(op.getBias(), dims));
    Value result = rows.map(operands, type, [&](Scalar s, ValueRange in) {
      Value x = s.sub(s.convert(in[0], wide), in[1]);
      x = s.mul(s.mul(x, in[2]), s.convert(in[3], wide));
      if (op.getBias())
        x = s.add(x, s.convert(in[4], wide));
      return s.convert(x, type);
    });
    Type stash = op.getMean().getType().getElementType();
    auto stashed = [&](Value value) {
      return rows.withOnes(
          rows.mapRows(value, stash, [&](Scalar s, ValueRange in) {
            return s.convert(in[0], stash);
          }));
    };
    return {{result, stashed(moments.mean), stashed(inverse)}};
  }
};

struct LowerRMSNormalization : LoweringPattern<RMSNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RMSNormalizationOp op, Adaptor in, Lowering &to) const override {
    Rows rows = rowsFrom(to, op.getInput(), op.getAxis());
    Type type = op.getType().getElementType();
    Type wide = getSumType(op.getInput().getType().getElementType());
    Rows::Operand input = rows.full(in.getInput());
    Value square =
        buildMean(to, rows, input, wide, [&](Scalar s, ValueRange in) {
          Value x = s.convert(in[0], wide);
          return s.mul(x, x);
        });
    Value inverse = rows.mapRows(square, wide, [&](Scalar s, ValueRange in) {
      return buildInverseRoot(s, in[0], op.getEpsilon());
    });
    Rows::Operand scale =
        rows.broadcast(op.getScale(), to.get(op.getInput()).dims);
    Type wider = wide.isF64() || type.isF64() ? Type(to.b.getF64Type()) : wide;
    return {{rows.map({input, rows.perRow(inverse), scale}, type,
                      [&](Scalar s, ValueRange in) {
                        Value x = s.mul(s.convert(in[0], wide), in[1]);
                        x = s.mul(s.convert(x, wider), s.convert(in[2], wider));
                        return s.convert(x, type);
                      })}};
  }
};
} // namespace

namespace {
struct LowerBatchNormalization : LoweringPattern<BatchNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(BatchNormalizationOp op, Adaptor in,
               Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    int64_t rank = sizes.size();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    Type type = op.getResult().getType().getElementType();
    Type wide = getSumType(type);
    SmallVector<int64_t> others;
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != axis)
        others.push_back(dim);
    Rows channels(to, sizes, others);

    Value mean = in.getMean(), variance = in.getVariance();
    SmallVector<Value> running{mean, variance};
    if (op.getTraining()) {
      Moments moments(to, channels, in.getInput(), wide);
      running = {blend(channels, op, mean, moments.mean),
                 blend(channels, op, variance, moments.variance)};
      mean = moments.mean;
      variance = moments.variance;
    }
    Value factor = channels.mapRows(
        {in.getScale(), variance}, wide, [&](Scalar s, ValueRange in) {
          Value inverse =
              buildInverseRoot(s, s.convert(in[1], wide), op.getEpsilon());
          return s.mul(s.convert(in[0], wide), inverse);
        });
    Value result = channels.map(
        {channels.full(in.getInput()), channels.perRow(mean),
         channels.perRow(factor), channels.perRow(in.getBias())},
        type, [&](Scalar s, ValueRange in) {
          Value x = s.sub(s.convert(in[0], wide), s.convert(in[1], wide));
          x = s.add(s.mul(x, in[2]), s.convert(in[3], wide));
          return s.convert(x, type);
        });
    return {{result, running[0], running[1]}};
  }

  /// old * momentum + measured * (1 - momentum)
  static Value blend(const Rows &channels, BatchNormalizationOp op, Value old,
                     Value measured) {
    double momentum = op.getMomentum().convertToDouble();
    Type type = getElementTypeOrSelf(old), wide = getSumType(type);
    return channels.mapRows(
        {old, measured}, type, [&](Scalar s, ValueRange in) {
          Value x = s.mul(s.convert(in[0], wide), s.constant(wide, momentum));
          Value y =
              s.mul(s.convert(in[1], wide), s.constant(wide, 1 - momentum));
          return s.convert(s.add(x, y), type);
        });
  }
};

/// Each group of channels is a dimension of its own meanwhile.
struct LowerGroupNormalization : LoweringPattern<GroupNormalizationOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(GroupNormalizationOp op, Adaptor in,
               Lowering &to) const override {
    ArrayRef<AffineExpr> dims = to.get(op.getInput()).dims;
    int64_t rank = dims.size(), groups = op.getGroups();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    Value input = in.getInput(), scale = in.getScale(), bias = in.getBias();
    bool isSplit = groups != 0 && getConstant(dims[axis]) != groups;
    if (isSplit) {
      auto split = [&](Value value, Value graphValue, int64_t axis) {
        SmallVector<AffineExpr> parts(to.get(graphValue).dims);
        AffineExpr count = to.shapes.constant(groups);
        parts[axis] = to.shapes.floorDiv(parts[axis], count);
        parts.insert(parts.begin() + axis, count);
        return expandShape(to, value, to.sizes(parts), axis);
      };
      input = split(input, op.getInput(), axis);
      scale = split(scale, op.getScale(), 0);
      bias = split(bias, op.getBias(), 0);
    }

    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(to.b, to.loc, input);
    SmallVector<int64_t> inGroup;
    SmallVector<AffineExpr> channel;
    for (int64_t dim = 0, end = sizes.size(); dim < end; ++dim) {
      bool isChannel = dim == axis || (isSplit && dim == axis + 1);
      if (isChannel)
        channel.push_back(to.b.getAffineDimExpr(dim));
      if (dim != 0 && dim != axis)
        inGroup.push_back(dim);
    }
    AffineMap perChannel =
        AffineMap::get(sizes.size(), 0, channel, to.b.getContext());
    Rows rows(to, sizes, inGroup);
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Moments moments(to, rows, input, wide);
    Value inverse =
        rows.mapRows(moments.variance, wide, [&](Scalar s, ValueRange in) {
          return buildInverseRoot(s, in[0], op.getEpsilon());
        });
    Value result = rows.map(
        {rows.full(input),
         rows.perRow(moments.mean),
         rows.perRow(inverse),
         {scale, perChannel},
         {bias, perChannel}},
        type, [&](Scalar s, ValueRange in) {
          Value x = s.mul(s.sub(s.convert(in[0], wide), in[1]), in[2]);
          x = s.add(s.mul(x, s.convert(in[3], wide)), s.convert(in[4], wide));
          return s.convert(x, type);
        });
    if (isSplit)
      result = tensor::CollapseShapeOp::create(to.b, to.loc, result,
                                               groupsOf(rank, axis));
    return {{result}};
  }

  /// Each dimension by itself, but `axis` as two.
  static SmallVector<ReassociationIndices> groupsOf(int64_t rank,
                                                    int64_t axis) {
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0, at = 0; dim < rank; ++dim) {
      groups.push_back({at++});
      if (dim == axis)
        groups.back().push_back(at++);
    }
    return groups;
  }

  static Value expandShape(Lowering &to, Value value,
                           ArrayRef<OpFoldResult> sizes, int64_t axis) {
    SmallVector<int64_t> shape;
    SmallVector<Value> open;
    dispatchIndexOpFoldResults(sizes, open, shape);
    auto type = cast<RankedTensorType>(value.getType());
    return tensor::ExpandShapeOp::create(to.b, to.loc, type.clone(shape), value,
                                         groupsOf(type.getRank(), axis), sizes);
  }
};

struct LowerLRN : LoweringPattern<LRNOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LRNOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    int64_t rank = sizes.size(), size = op.getSize();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    Type type = op.getType().getElementType(), wide = getSumType(type);
    Border border{to.b.getIndexAttr((size - 1) / 2),
                  to.b.getIndexAttr(size / 2)};
    Value padded =
        addBorders(to, in.getInput(), axis, border, to.constant(type, 0));
    WindowLoop window{axis, size};
    Value sum =
        reduceWindows(to, padded, {}, sizes, window, to.constant(wide, 0),
                      [&](Scalar s, ValueRange in) {
                        Value x = s.convert(in[0], wide);
                        return s.add(in[1], s.mul(x, x));
                      });
    AffineMap identity = to.b.getMultiDimIdentityMap(rank);
    double alpha = op.getAlpha().convertToDouble() / size;
    return {
        {to.map({in.getInput(), sum}, {identity, identity}, sizes, type,
                [&](OpBuilder &inner, Location loc, ValueRange in) {
                  Scalar s{inner, loc};
                  Value base =
                      s.add(s.constant(wide, op.getBias().convertToDouble()),
                            s.mul(in[1], s.constant(wide, alpha)));
                  Value beta = s.constant(wide, op.getBeta().convertToDouble());
                  Value power = s.op<math::PowFOp>({base, beta});
                  return s.convert(s.div(s.convert(in[0], wide), power), type);
                })}};
  }
};
} // namespace

void graphopt::populateNormalizationLowering(LoweringPatterns to) {
  to.add<LowerBatchNormalization, LowerGroupNormalization, LowerHardmax,
         LowerLRN, LowerLayerNormalization, LowerLogSoftmax,
         LowerLpNormalization, LowerRMSNormalization, LowerSoftmax>();
}
