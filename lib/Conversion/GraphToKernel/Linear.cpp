#include "dialects/Graph/Linear.h"
#include "Kernels.h"
#include "lib/Conversion/GraphToLinalg/Rows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

/// [0], ..., [dim, dim + 1], ..., [rank - 1]
static SmallVector<ReassociationIndices> mergePair(int64_t rank, int64_t dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i) {
    if (i == dim + 1)
      groups.back().push_back(i);
    else
      groups.push_back({i});
  }
  return groups;
}

/// Removes dimension `dim`, which has extent 1, from a tensor of rank > 1.
static Value dropOne(Lowering &to, Value value, int64_t dim) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  return tensor::CollapseShapeOp::create(
      to.b, to.loc, value, mergePair(rank, std::min(dim, rank - 2)));
}

/// A row, [1, K], of a vector.
static Value makeRow(Lowering &to, Value vector) {
  OpFoldResult one = to.b.getIndexAttr(1);
  OpFoldResult size = tensor::getMixedSize(to.b, to.loc, vector, 0);
  auto type = cast<RankedTensorType>(vector.getType());
  return tensor::ExpandShapeOp::create(
      to.b, to.loc, type.clone({1, type.getDimSize(0)}), vector,
      ArrayRef<ReassociationIndices>{{0, 1}},
      ArrayRef<OpFoldResult>{one, size});
}

namespace {
struct LowerMatMul : LoweringPattern<MatMulOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(MatMulOp op, Adaptor in, Lowering &to) const override {
    SmallVector<AffineExpr> left(to.get(op.getLhs()).dims);
    ArrayRef<AffineExpr> right = to.get(op.getRhs()).dims;
    if (right.size() == 1)
      return {{multiplyVector(op, to, to.lowered(op.getRhs()))}};
    Type element = op.getType().getElementType();
    Type leftElement = op.getLhs().getType().getElementType();
    Type rightElement = op.getRhs().getType().getElementType();
    bool isWide = element != leftElement;
    if (!isWide && right.size() == 2 && getConstant(right[1]) == 1) {
      Value vector = dropOne(to, to.known(op.getRhs()), 1);
      return {{appendOne(to, multiplyVector(op, to, vector))}};
    }

    bool isRow = left.size() == 1;
    if (isRow)
      left.insert(left.begin(), to.shapes.constant(1));
    ArrayRef<AffineExpr> leftBatch = ArrayRef(left).drop_back(2);
    ArrayRef<AffineExpr> rightBatch = right.drop_back(2);
    ArrayRef<AffineExpr> batch =
        ArrayRef(to.get(op.getResult()).dims).drop_back(isRow ? 1 : 2);
    SmallVector<OpFoldResult> sizes =
        to.broadcastSizes({leftBatch, rightBatch}, batch);
    Value lhs = isRow ? makeRow(to, to.lowered(op.getLhs()))
                      : expandBatch(to, op.getLhs(), batch, sizes);
    Value rhs = expandBatch(to, op.getRhs(), batch, sizes);
    sizes.push_back(to.size(left[left.size() - 2]));
    sizes.push_back(to.size(right.back()));
    kernel::MatMulOp product = buildMatMul(to, element, lhs, rhs, sizes);
    product.setUnsignedLhs(leftElement.isUnsignedInteger());
    product.setUnsignedRhs(rightElement.isUnsignedInteger());
    Value result = product.getResult();
    if (isRow)
      result = dropOne(to, result, sizes.size() - 2);
    return {{result}};
  }

  /// The operand with batch dimensions that are 1 for certain or the result's.
  static Value expandBatch(Lowering &to, Value operand,
                           ArrayRef<AffineExpr> batch,
                           ArrayRef<OpFoldResult> batchSizes) {
    ArrayRef<AffineExpr> own = to.get(operand).dims;
    SmallVector<AffineExpr> dims(batch);
    llvm::append_range(dims, own.take_back(2));
    SmallVector<OpFoldResult> sizes(batchSizes);
    llvm::append_range(sizes, to.sizes(own.take_back(2)));
    AffineMap map;
    return to.expand(operand, dims, sizes, map);
  }

  /// One sum along each row of lhs.
  static Value multiplyVector(MatMulOp op, Lowering &to, Value vector) {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getLhs());
    int64_t last = sizes.size() - 1;
    Rows rows(to, sizes, last);
    AffineMap map =
        AffineMap::get(sizes.size(), 0, to.b.getAffineDimExpr(last));
    Type type = to.element(op.getType().getElementType());
    bool isFloat = isa<FloatType>(type);
    Type wide = isFloat ? getSumType(type) : type;
    Value sum =
        rows.reduce({rows.full(to.lowered(op.getLhs())), {vector, map}},
                    to.constant(wide, 0), [&](Scalar s, ValueRange in) {
                      if (!isFloat)
                        return s.op<arith::AddIOp>(
                            {in[2], s.op<arith::MulIOp>({in[0], in[1]})});
                      return s.add(in[2], s.mul(s.convert(in[0], wide),
                                                s.convert(in[1], wide)));
                    });
    if (type == wide)
      return sum;
    return rows.mapRows(sum, type, [&](Scalar s, ValueRange in) {
      return s.convert(in[0], type);
    });
  }

  static Value appendOne(Lowering &to, Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(to.b, to.loc, value);
    sizes.push_back(to.b.getIndexAttr(1));
    SmallVector<int64_t> shape(type.getShape());
    shape.push_back(1);
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      groups.push_back({dim});
    if (!groups.empty())
      groups.back().push_back(type.getRank());
    return tensor::ExpandShapeOp::create(to.b, to.loc, type.clone(shape), value,
                                         groups, sizes);
  }
};

/// alpha, beta and the bias become the product's epilogue.
struct LowerGemm : LoweringPattern<GemmOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(GemmOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> dims = to.get(op.getResult()).dims;
    SmallVector<OpFoldResult> sizes = to.sizes(dims);
    Type type = op.getType().getElementType();
    Value lhs = in.getLhs(), rhs = in.getRhs();
    if (op.getTransA())
      lhs = buildTranspose(to, lhs, {1, 0});
    if (op.getTransB())
      rhs = buildTranspose(to, rhs, {1, 0});
    kernel::MatMulOp product = buildMatMul(to, type, lhs, rhs, sizes);

    double alpha = op.getAlpha().convertToDouble();
    double beta = op.getBeta().convertToDouble();
    SmallVector<EpilogueExtra> extras;
    if (op.getBias() && beta != 0) {
      to.b.setInsertionPoint(product);
      EpilogueExtra bias;
      bias.value = to.expand(op.getBias(), dims, sizes, bias.map);
      to.b.setInsertionPoint(op);
      extras.push_back(bias);
    }
    if (alpha == 1 && extras.empty())
      return {{product.getResult()}};

    // Integers are scaled as f64; a factor of 1 keeps them as they are.
    Type sumType = cast<kernel::EpilogueOp>(*product).getValueType();
    bool isFloat = isa<FloatType>(type);
    bool isExact = !isFloat && alpha == 1 && beta == 1;
    Type wide = isFloat ? sumType : isExact ? type : Type(to.b.getF64Type());
    setEpilogue(
        to, cast<kernel::EpilogueOp>(*product), extras,
        [&](Scalar s, ValueRange in) -> Value {
          if (isExact)
            return s.op<arith::AddIOp>({in[0], in[1]});
          auto scaled = [&](Value x, double factor) {
            return factor == 1 ? x : s.mul(x, s.constant(x, factor));
          };
          Value x = isFloat ? in[0] : buildCast(s.b, s.loc, type, wide, in[0]);
          x = scaled(x, alpha);
          if (!extras.empty())
            x = s.add(x,
                      scaled(buildCast(s.b, s.loc, type, wide, in[1]), beta));
          return buildCast(s.b, s.loc, wide, type, x);
        });
    return {{product.getResult()}};
  }
};
} // namespace

void graphopt::populateLinearLowering(LoweringPatterns to) {
  to.add<LowerGemm, LowerMatMul>();
  populateDeterminantLowering(to);
  populateEinsumLowering(to);
}
