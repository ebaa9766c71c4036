#include "dialects/Graph/Attention.h"
#include "Kernels.h"
#include "lib/Conversion/GraphToLinalg/Softmax.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// One kernel op, or products and a softmax if head sizes are open.
struct LowerAttention : LoweringPattern<AttentionOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(AttentionOp op, Adaptor, Lowering &to) const override {
    ArrayRef<AffineExpr> query = to.get(op.getQuery()).dims;
    ArrayRef<AffineExpr> key = to.get(op.getKey()).dims;
    ArrayRef<AffineExpr> value = to.get(op.getValue()).dims;
    constexpr StringRef kMessage = "query, key and value do not fit";
    to.requireEqual(query[0], key[0], kMessage);
    to.requireEqual(query[3], key[3], kMessage);
    for (int64_t dim : {0, 1, 2})
      to.requireEqual(value[dim], key[dim], kMessage);
    requireGroups(to, query[1], key[1], kMessage);

    SmallVector<AffineExpr> scores{query[0], query[1], query[2], key[2]};
    bool isFixed = getConstant(key[3]) && getConstant(value[3]) &&
                   getConstant(query[3]);
    return {{isFixed ? buildKernel(op, to, scores) : buildLoops(op, to, scores)}};
  }

private:
  /// Heads of queries are groups, one for each head of keys.
  static void requireGroups(Lowering &to, AffineExpr heads, AffineExpr keyHeads,
                            StringRef message) {
    if (heads == keyHeads || (getConstant(heads) && getConstant(keyHeads)))
      return;
    Value count = to.asIndex(to.size(heads));
    Value groups = to.asIndex(to.size(keyHeads));
    Value one = to.constantIndex(1);
    Value divisor = arith::MaxUIOp::create(to.b, to.loc, groups, one);
    Value quotient = arith::DivUIOp::create(to.b, to.loc, count, divisor);
    Value product = arith::MulIOp::create(to.b, to.loc, quotient, groups);
    to.require(arith::CmpIOp::create(to.b, to.loc, arith::CmpIPredicate::eq,
                                     product, count),
               message);
  }

  static Value buildKernel(AttentionOp op, Lowering &to,
                           ArrayRef<AffineExpr> scores) {
    Type element = op.getType().getElementType();
    SmallVector<OpFoldResult> sizes = to.sizes(scores.drop_back());
    sizes.push_back(to.size(to.get(op.getValue()).dims[3]));
    Value init = to.empty(sizes, element);
    auto kernel = kernel::AttentionOp::create(
        to.b, to.loc, to.known(op.getQuery()), to.known(op.getKey()),
        to.known(op.getValue()), init, op.getScale());
    if (!op.getSoftcap().isZero())
      kernel.setSoftcap(op.getSoftcap());
    kernel.setCausal(op.getCausal() != Causal::None);
    kernel.setFromEnd(op.getCausal() == Causal::BottomRight);
    if (op.getMask()) {
      to.b.setInsertionPoint(kernel);
      AffineMap map;
      Value mask = to.expand(op.getMask(), scores, to.sizes(scores), map);
      kernel.getMaskMutable().assign(makeSummand(to, op.getMask(), mask, element));
      kernel.setMaskMap(map);
      to.b.setInsertionPoint(op);
    }
    return kernel->getResult(0);
  }

  /// What a mask adds: booleans as 0 and -inf, in its own size.
  static Value makeSummand(Lowering &to, Value graphMask, Value mask,
                           Type element) {
    if (!to.get(graphMask).elementType.isInteger(1))
      return mask;
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(to.b, to.loc, mask);
    return to.map(mask, to.b.getMultiDimIdentityMap(sizes.size()), sizes,
                  element, [&](OpBuilder &b, Location loc, ValueRange in) {
                    return summand(Scalar{b, loc}, in[0], element);
                  });
  }

  static Value summand(Scalar s, Value boolean, Type type) {
    return s.select(buildCondition(s.b, s.loc, boolean), s.constant(type, 0),
                    s.constant(type, -std::numeric_limits<double>::infinity()));
  }

  static Value buildLoops(AttentionOp op, Lowering &to,
                          ArrayRef<AffineExpr> scoreDims) {
    Type element = op.getType().getElementType(), wide = getSumType(element);
    Value key = buildTranspose(to, repeatHeads(to, op.getKey(), scoreDims[1]),
                               {0, 1, 3, 2});
    SmallVector<OpFoldResult> sizes = to.sizes(scoreDims);
    Value products = kernel::MatMulOp::create(to.b, to.loc,
                                              to.known(op.getQuery()), key,
                                              to.empty(sizes, wide))
                         .getResult();
    Rows rows(to, sizes, {3});
    SmallVector<Rows::Operand> operands{rows.full(products)};
    if (op.getMask())
      operands.push_back(rows.broadcast(op.getMask(), scoreDims));
    Value difference; // of the last key and the last query
    if (op.getCausal() == Causal::BottomRight)
      difference = arith::SubIOp::create(to.b, to.loc, to.asIndex(sizes[3]),
                                         to.asIndex(sizes[2]));
    Value scores = rows.map(operands, wide, [&](Scalar s, ValueRange in) {
      return finishScore(op, s, in, difference);
    });
    Value weights = buildSoftmax(to, rows, scores, element);
    SmallVector<OpFoldResult> resultSizes(ArrayRef(sizes).drop_back());
    resultSizes.push_back(to.size(to.get(op.getValue()).dims[3]));
    return buildMatMul(to, element, weights,
                       repeatHeads(to, op.getValue(), scoreDims[1]),
                       resultSizes)
        .getResult();
  }

  /// `in` is a product and, if there is one, an element of the mask.
  static Value finishScore(AttentionOp op, Scalar s, ValueRange in,
                           Value difference) {
    Value score = in[0];
    double scale = op.getScale().convertToDouble();
    if (!op.getSoftcap().isZero()) {
      double cap = op.getSoftcap().convertToDouble();
      score = s.op<math::TanhOp>({s.mul(score, s.constant(score, scale / cap))});
      scale = cap;
    }
    score = s.mul(score, s.constant(score, scale));
    if (op.getMask()) {
      bool isBoolean =
          getElementTypeOrSelf(op.getMask().getType()).isInteger(1);
      score = s.add(score, isBoolean ? summand(s, in[1], score.getType())
                                     : s.convert(in[1], score.getType()));
    }
    if (op.getCausal() == Causal::None)
      return score;
    Value last = linalg::IndexOp::create(s.b, s.loc, 2);
    if (difference)
      last = s.op<arith::AddIOp>({last, difference});
    Value at = linalg::IndexOp::create(s.b, s.loc, 3);
    return s.select(
        s.cmp(arith::CmpIPredicate::sle, at, last), score,
        s.constant(score, -std::numeric_limits<double>::infinity()));
  }

  /// Each head once for all queries' heads that read it.
  static Value repeatHeads(Lowering &to, Value graphValue, AffineExpr heads) {
    ArrayRef<AffineExpr> dims = to.get(graphValue).dims;
    Value source = to.known(graphValue);
    if (dims[1] == heads)
      return source;
    SmallVector<OpFoldResult> sizes = to.sizes(dims);
    Value own = to.asIndex(sizes[1]);
    sizes[1] = to.size(heads);
    Value divisor =
        arith::MaxUIOp::create(to.b, to.loc, own, to.constantIndex(1));
    Value perGroup =
        arith::DivUIOp::create(to.b, to.loc, to.asIndex(sizes[1]), divisor);
    return to.generate(
        sizes, getElementTypeOrSelf(source),
        [&](OpBuilder &b, Location loc, ValueRange position) -> Value {
          SmallVector<Value> at(position);
          at[1] = arith::DivUIOp::create(b, loc, at[1], perGroup);
          return tensor::ExtractOp::create(b, loc, source, at);
        });
  }
};
} // namespace

void graphopt::populateAttentionLowering(LoweringPatterns to) {
  to.add<LowerAttention>();
}
