#include "Attention.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/RegionUtils.h"

namespace graphopt {
#define GEN_PASS_DEF_FUSEATTENTION
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// One of the three tensors that attention reads.
struct Operand {
  Matrices matrices;
  HeadSplit split;
};

/// All that graph.attention is made from.
struct Attention {
  Product product; ///< of weights and values
  Scores scores;
  ScoreShape shape;
  KnownMasks masks;
  Operand query, key, value;
  double scale;
  bool clearsRows; ///< that are NaN
};

/// Matches the attention around a softmax.
class AttentionMatcher {
public:
  AttentionMatcher(SoftmaxOp softmax, ShapeInference &shapes)
      : softmax(softmax), shapes(shapes) {}

  /// True if the softmax gives weights for a product.
  bool findProduct();
  FailureOr<Attention> match(std::string &reason);

private:
  LogicalResult findHeads(Attention &attention, std::string &reason);
  LogicalResult tryHeads(const Heads &heads, Attention &attention);
  LogicalResult checkFactor(const Attention &attention, std::string &reason);

  SoftmaxOp softmax;
  ShapeInference &shapes;
  Value weights; ///< as the product reads them
  Operation *product = nullptr;
  bool isUsedElsewhere = false;
  bool isChanged = false;
  bool hasClearedRows = false;
  SmallVector<Matrices> queries, keys, values;
};
} // namespace

static bool keepsRows(ReshapeOp op, ShapeInference &shapes) {
  Extents from = shapes.get(op.getInput()).dims;
  Extents to = shapes.get(op.getResult()).dims;
  return !from.empty() && !to.empty() && from.back() == to.back();
}

/// where(isnan(weights), 0, weights): rows without a key become zeros.
static bool clearsRows(WhereOp op, Value weights) {
  auto isNaN = op.getCondition().getDefiningOp<UnaryOp>();
  return isNaN && isNaN.getKind() == UnaryKind::IsNaN &&
         isNaN.getInput() == weights && getSplat(op.getOnTrue()) == 0.0 &&
         op.getOnFalse() == weights && op.getType() == weights.getType() &&
         isReadOnlyBy(isNaN.getResult(), op) &&
         llvm::all_of(weights.getUsers(), [&](Operation *user) {
           return user == op || user == isNaN || isa<ShapeOp>(user);
         });
}

bool AttentionMatcher::findProduct() {
  weights = softmax.getResult();
  while (true) {
    Operation *next = nullptr;
    for (Operation *user : weights.getUsers()) {
      if (isa<MatMulOp, GemmOp, EinsumOp>(user) &&
          (isa<EinsumOp>(user) || user->getOperand(0) == weights))
        product = user;
      if (isa<ReshapeOp, CastOp, WhereOp>(user))
        next = user;
    }
    auto where = dyn_cast_or_null<WhereOp>(next);
    bool clears = where && clearsRows(where, weights);
    Operation *reader = product ? product : next;
    isUsedElsewhere |= reader && !clears && !isReadOnlyBy(weights, reader);
    if (product || !next)
      return product;
    auto reshape = dyn_cast<ReshapeOp>(next);
    if (reshape && !keepsRows(reshape, shapes))
      return false;
    hasClearedRows |= clears;
    isChanged |= where && !clears;
    weights = next->getResult(0);
  }
}

/// True if several dimensions are to be joined.
static bool joinsDims(const Operand &operand) {
  SmallVector<int64_t> counts{0, 0};
  for (auto [i, dim] : llvm::enumerate(operand.matrices.batch))
    counts[i >= operand.split.numBatch] += dim.index && !dim.isRepeated;
  return counts[0] > 1 || counts[1] > 1;
}

/// The innermost of `views` that has `heads`, if possible as it is; with
/// `isWhole` one that repeats none.
static std::optional<Operand> findView(ArrayRef<Matrices> views,
                                       const Heads &heads, bool isWhole,
                                       ShapeInference &shapes) {
  std::optional<Operand> found;
  for (const Matrices &view : llvm::reverse(views)) {
    std::optional<HeadSplit> split = splitHeads(view.batch, heads, shapes);
    if (!split || (isWhole && split->heads != heads.heads))
      continue;
    Operand operand{view, *split};
    if (!joinsDims(operand))
      return operand;
    if (!found)
      found = operand;
  }
  return found;
}

/// Looks at all three operands as [batch, heads, length, depth].
LogicalResult AttentionMatcher::tryHeads(const Heads &heads,
                                         Attention &attention) {
  auto query = findView(queries, heads, /*isWhole=*/true, shapes);
  for (bool isWhole : {false, true}) {
    auto key = findView(keys, heads, isWhole, shapes);
    auto value = findView(values, heads, isWhole, shapes);
    if (!query || !key || !value)
      return failure();
    if (key->split.heads != value->split.heads)
      continue;
    attention.query = *query, attention.key = *key, attention.value = *value;
    attention.shape.heads = heads;
    return success();
  }
  return failure();
}

LogicalResult AttentionMatcher::findHeads(Attention &attention,
                                          std::string &reason) {
  SmallVector<Heads> pairs, others;
  AffineExpr one = shapes.constant(1);
  for (ArrayRef<Matrices> views :
       {ArrayRef(queries), ArrayRef(keys), ArrayRef(values)})
    for (const Matrices &view : views) {
      auto extents = llvm::map_to_vector(
          view.batch, [](const Matrices::Dim &dim) { return dim.extent; });
      if (extents.size() == 2)
        pairs.push_back({extents[0], extents[1]});
      else if (extents.size() < 2)
        others.push_back({shapes.product(extents), one});
      else
        others.append(
            {{extents[0], shapes.product(Extents(extents).drop_front())},
             {shapes.product(Extents(extents).drop_back()), extents.back()}});
    }
  llvm::append_range(pairs, others);
  for (const Heads &heads : pairs)
    if (heads.batch && heads.heads && succeeded(tryHeads(heads, attention)) &&
        succeeded(
            checkMasks(attention.masks.masks, attention.shape,
                       getElementTypeOrSelf(attention.query.matrices.value),
                       shapes, reason)) &&
        succeeded(checkFactor(attention, reason)))
      return success();
  if (reason.empty())
    reason = "queries, keys and values have no common batch and heads";
  return failure();
}

/// A factor of the scores becomes one of the queries.
LogicalResult AttentionMatcher::checkFactor(const Attention &attention,
                                            std::string &reason) {
  if (!attention.scores.factor)
    return success();
  Extents dims = shapes.get(attention.scores.factor).dims;
  Extents scores = attention.scores.factorScores;
  const Heads &heads = attention.shape.heads;
  bool isScalar = llvm::all_of(
      dims, [](AffineExpr extent) { return getConstant(extent) == 1; });
  bool isAligned = scores.size() == 4 && scores[0] == heads.batch &&
                   scores[1] == heads.heads;
  if (dims.size() <= 4 && (isScalar || isAligned))
    return success();
  reason = "its scores are multiplied with a tensor";
  return failure();
}

FailureOr<Attention> AttentionMatcher::match(std::string &reason) {
  auto fail = [&](const char *text) {
    reason = text;
    return failure();
  };
  int64_t axis = softmax.getAxis();
  if (axis != softmax.getType().getRank() - 1 && axis != -1)
    return fail("its softmax is not along the last dimension");
  if (isChanged)
    return fail("some of its weights are replaced");
  if (isUsedElsewhere)
    return fail("its weights are used elsewhere, too");
  if (!isReadOnlyBy(softmax.getInput(), softmax))
    return fail("its scores are used elsewhere, too");
  FailureOr<Scores> scores = matchScores(softmax.getInput(), shapes, reason);
  if (failed(scores))
    return failure();
  std::optional<Product> last =
      matchProduct(product, /*transposesRhs=*/false, shapes);
  if (!last || last->lhs.value != weights)
    return fail("its weights are not multiplied with as many values");
  const Product &first = *scores->product;
  int64_t lead = last->lhs.batch.size();
  bool isPlain = last->lhs.rows == lead && last->lhs.columns == lead + 1;
  for (auto [i, dim] : llvm::enumerate(last->lhs.batch))
    isPlain &= dim.index == int64_t(i) && !dim.isRepeated;
  if (!isPlain)
    return fail("its weights are transposed or broadcast");
  Extents weightDims = shapes.get(weights).dims;
  Extents scoreDims = shapes.get(first.op->getResult(0)).dims;
  if (weightDims.take_back(2) != scoreDims.take_back(2))
    return fail("its weights have another shape than its scores");

  Attention attention{*last, *scores, {}, {}, {}, {}, {}, 1, hasClearedRows};
  attention.shape.rows = scoreDims.drop_back().back();
  attention.shape.columns = scoreDims.back();
  attention.masks = findCausal(scores->masks, attention.shape, shapes);
  queries = lookThrough(first.lhs, shapes);
  keys = lookThrough(first.rhs, shapes);
  values = lookThrough(last->rhs, shapes);
  if (failed(findHeads(attention, reason)))
    return failure();
  Type type = getElementTypeOrSelf(attention.query.matrices.value);
  for (const Operand *operand : {&attention.key, &attention.value})
    if (getElementTypeOrSelf(operand->matrices.value) != type)
      return fail("queries, keys and values have different element types");
  if (getElementTypeOrSelf(product->getResult(0)) != type)
    return fail("its result has another element type than its queries");
  attention.scale = scores->scale * first.scale *
                    attention.query.matrices.scale *
                    attention.key.matrices.scale;
  return attention;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

/// Of all nodes between queries, keys, values and the product of the weights;
/// those that compute shapes are others' as well.
static Location locate(const Attention &attention) {
  Operation *product = attention.product.op;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitBlockArguments = true;
  options.filter = [&](Operation *op) {
    auto gives = [&](const Operand &operand) {
      return operand.matrices.value.getDefiningOp() == op;
    };
    return !op->hasTrait<OpTrait::ConstantLike>() &&
           isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())) &&
           !gives(attention.query) && !gives(attention.key) &&
           !gives(attention.value) &&
           llvm::none_of(attention.masks.masks, [&](const auto &mask) {
             return mask.value.getDefiningOp() == op;
           });
  };
  SetVector<Operation *> nodes;
  (void)getBackwardSlice(product, &nodes, options);
  return FusedLoc::get(
      product->getContext(),
      llvm::map_to_vector(nodes, [](Operation *op) { return op->getLoc(); }));
}

namespace {
class AttentionEmitter : ImplicitLocOpBuilder {
public:
  AttentionEmitter(const Attention &attention, ShapeInference &shapes,
                   IRMapping &replaced)
      : ImplicitLocOpBuilder(locate(attention), attention.product.op),
        attention(attention), shapes(shapes), replaced(replaced) {}

  /// The product's result.
  Value emit() {
    Value query = emitOperand(attention.query);
    Value key = emitOperand(attention.key);
    Value value = emitOperand(attention.value);
    if (attention.scores.factor)
      query = BinaryOp::create(*this, BinaryKind::Mul, query,
                               remap(attention.scores.factor));
    Value mask = emitMasks(*this, attention.masks.masks, attention.shape,
                           getElementTypeOrSelf(query), shapes,
                           [&](Value value) { return remap(value); });
    Value result = AttentionOp::create(
        *this, query, key, value, mask, llvm::APFloat(float(attention.scale)),
        llvm::APFloat(float(attention.scores.softcap)), attention.masks.causal);
    double factor = attention.product.scale * attention.value.matrices.scale;
    if (factor != 1)
      result = BinaryOp::create(*this, BinaryKind::Mul, result, number(factor));
    if (attention.clearsRows)
      result = WhereOp::create(*this,
                               UnaryOp::create(*this, UnaryKind::IsNaN, result),
                               number(0), result);
    result = restoreBatch(result);
    if (!isIdentityPermutation(attention.product.order))
      result = TransposeOp::create(*this, result, attention.product.order);
    return result;
  }

private:
  Value remap(Value value) { return replaced.lookupOrDefault(value); }

  Value number(double value) {
    Type type = getElementTypeOrSelf(attention.query.matrices.value);
    return arith::ConstantOp::create(
        *this, DenseElementsAttr::get(RankedTensorType::get({}, type),
                                      getFloatAttr(type, value).getValue()));
  }

  Value emitOperand(const Operand &operand) {
    return emitMatrices(*this, remap(operand.matrices.value), operand.matrices,
                        operand.split);
  }

  Value ints(ArrayRef<int64_t> values) {
    return arith::ConstantOp::create(*this, getI64TensorAttr(values));
  }

  Value slice(Value value, int64_t first, int64_t end) {
    return SliceOp::create(*this, ShapeOp::create(*this, value), ints({first}),
                           ints({end}), Value(), Value());
  }

  /// The first extents of the weights, which are those of the queries that they
  /// come from, too, unless a reshape is between.
  Value getLead(int64_t lead) {
    const Matrices &query = attention.scores.product->lhs;
    const Matrices &weights = attention.product.lhs;
    bool isSame = query.batch.size() == weights.batch.size();
    for (int64_t i = 0; isSame && i < lead; ++i)
      isSame = query.batch[i].index == i && !query.batch[i].isRepeated &&
               query.batch[i].extent == weights.batch[i].extent;
    return slice(remap(isSame ? query.value : weights.value), 0, lead);
  }

  /// [batch, heads, m, d] with the dimensions that the weights have in front.
  Value restoreBatch(Value result) {
    const Matrices &weights = attention.product.lhs;
    const Heads &heads = attention.shape.heads;
    int64_t lead = weights.batch.size();
    if (lead == 2 && weights.batch[0].extent == heads.batch &&
        weights.batch[1].extent == heads.heads)
      return result;
    if (lead == 1 && getConstant(heads.heads) == 1)
      return SqueezeOp::create(*this, result, ArrayRef<int64_t>{1});
    if (lead == 0)
      return SqueezeOp::create(*this, result, ArrayRef<int64_t>{0, 1});
    SmallVector<int64_t> sizes;
    for (const Matrices::Dim &dim : weights.batch)
      if (std::optional<int64_t> size = getConstant(dim.extent))
        sizes.push_back(*size);
    Value first = lead == 1                       ? ints({-1})
                  : int64_t(sizes.size()) == lead ? ints(sizes)
                                                  : getLead(lead);
    Value shape =
        ConcatOp::create(*this, ValueRange{first, slice(result, 2, 4)}, 0);
    return ReshapeOp::create(*this, result, shape, /*allowZero=*/lead != 1);
  }

  const Attention &attention;
  ShapeInference &shapes;
  IRMapping &replaced;
};

/// The part of a mask that is an order of queries and keys becomes `causal`.
void simplifyMask(AttentionOp op, ShapeInference &shapes) {
  if (!op.getMask() || op.getCausal() != Causal::None)
    return;
  Extents query = shapes.get(op.getQuery()).dims;
  AffineExpr columns = shapes.get(op.getKey()).dims[2];
  ScoreShape shape{{query[0], query[1]}, query[2], columns};
  bool isBoolean = getElementTypeOrSelf(op.getMask()).isInteger(1);
  Mask mask{isBoolean ? Mask::Kind::Keep : Mask::Kind::Add,
            op.getMask(),
            1,
            -std::numeric_limits<double>::infinity(),
            false,
            {query[0], query[1], query[2], columns}};
  KnownMasks known = findCausal(mask, shape, shapes);
  Type type = op.getType().getElementType();
  std::string reason;
  if ((known.causal == Causal::None && !known.masks.empty()) ||
      failed(checkMasks(known.masks, shape, type, shapes, reason)))
    return;
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value rest = emitMasks(b, known.masks, shape, type, shapes,
                         [](Value value) { return value; });
  op.getMaskMutable().assign(rest ? ValueRange(rest) : ValueRange());
  op.setCausal(known.causal);
}

/// Attention repeats its mask by itself.
void skipExpand(AttentionOp op) {
  while (op.getMask())
    if (auto expand = op.getMask().getDefiningOp<ExpandOp>())
      op.getMaskMutable().assign(expand.getInput());
    else
      return;
}

struct FuseAttention : graphopt::impl::FuseAttentionBase<FuseAttention> {
  using FuseAttentionBase::FuseAttentionBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(fuseSoftmax);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();

    {
      ShapeInference before(&getContext());
      before.run(getOperation());
      splitHeads(getOperation(), before);
    }
    ShapeInference shapes(&getContext());
    shapes.run(getOperation());
    getOperation()->walk([&](AttentionOp op) { simplifyMask(op, shapes); });
    std::vector<Attention> found; // before products change
    getOperation()->walk([&](SoftmaxOp softmax) {
      AttentionMatcher matcher(softmax, shapes);
      if (!matcher.findProduct())
        return;
      std::string reason;
      FailureOr<Attention> attention = matcher.match(reason);
      if (succeeded(attention))
        found.push_back(std::move(*attention));
      else
        emitRemark(softmax.getLoc())
            << "is not computed as attention: " << reason;
    });
    // One may read what another one computes.
    IRMapping replaced;
    for (const Attention &attention : found) {
      Value old = attention.product.op->getResult(0);
      Value result = AttentionEmitter(attention, shapes, replaced).emit();
      result.setType(old.getType()); // what users and the function were told
      old.replaceAllUsesWith(result);
      replaced.map(old, result);
    }
    getOperation()->walk(skipExpand);
    numFused += found.size();
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }
};
} // namespace
