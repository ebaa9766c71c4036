//===- AttentionMasks.cpp - Masks of scores as one operand ----------------===//

#include "Attention.h"
#include "ConstantSubgraph.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Scores this low have no weight beside others, as no score is near it.
static constexpr double kNoWeight = -1e4;
/// To be added: floats of this size have no digits for a score.
static constexpr double kNoSum = -1e8;
/// To be added in place of a finite `fill`: absorbs any score, and so leaves
/// equal ones where no key is kept, as the fill does.
static constexpr double kAbsorbing = -std::numeric_limits<float>::max();

//===----------------------------------------------------------------------===//
// Known masks
//===----------------------------------------------------------------------===//

/// Which elements of a constant condition are true.
static std::optional<SmallVector<bool>> getConstantFlags(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.getElementType().isInteger(1))
    return std::nullopt;
  DenseElementsAttr dense;
  if (matchPattern(value, m_Constant(&dense)))
    return llvm::to_vector(dense.getValues<bool>());
  if (std::optional<ArrayRef<char>> bytes = getBlobBytes(value))
    return llvm::map_to_vector(*bytes, [](char byte) { return byte != 0; });
  return std::nullopt;
}

/// Which scores a constant mask keeps; nothing if it does anything but keep
/// them or take their weight.
static std::optional<SmallVector<bool>> getKept(const Mask &mask) {
  if (mask.kind == Mask::Kind::Keep) {
    std::optional<SmallVector<bool>> flags = getConstantFlags(mask.value);
    if (flags && mask.isInverted)
      for (bool &flag : *flags)
        flag = !flag;
    return flags;
  }
  std::optional<SmallVector<double>> numbers = getConstantFloats(mask.value);
  if (!numbers)
    return std::nullopt;
  SmallVector<bool> kept;
  for (double number : *numbers) {
    if (number != 0 && !(number * mask.factor <= kNoSum))
      return std::nullopt;
    kept.push_back(number == 0);
  }
  return kept;
}

/// True if a row of scores without a kept one differs from one that keeps some.
static bool isInfinite(const Mask &mask) {
  if (mask.kind == Mask::Kind::Keep)
    return std::isinf(mask.fill);
  auto numbers = getConstantFloats(mask.value);
  return numbers && llvm::all_of(*numbers, [](double number) {
           return number == 0 || std::isinf(number);
         });
}

static bool isOne(AffineExpr extent) { return getConstant(extent) == 1; }

/// The order that `kept` is, row by row.
static Causal matchCausal(ArrayRef<bool> kept, int64_t rows, int64_t columns) {
  auto isOrder = [&](int64_t offset) {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        if (kept[i * columns + j] != (j <= i + offset))
          return false;
    return true;
  };
  if (isOrder(0))
    return Causal::TopLeft;
  return isOrder(columns - rows) ? Causal::BottomRight : Causal::None;
}

/// Tells the order that `mask` is; None if it is something else.
static Causal matchCausal(const Mask &mask, const ScoreShape &shape,
                          ShapeInference &shapes) {
  if (std::optional<SmallVector<bool>> kept = getKept(mask)) {
    auto type = cast<RankedTensorType>(mask.value.getType());
    std::optional<int64_t> rows = getConstant(shape.rows);
    std::optional<int64_t> columns = getConstant(shape.columns);
    if (!rows || !columns || type.getRank() < 2 ||
        type.getNumElements() != *rows * *columns ||
        type.getShape().take_back(2) != ArrayRef({*rows, *columns}))
      return Causal::None;
    return matchCausal(*kept, *rows, *columns);
  }
  if (mask.kind == Mask::Kind::Keep)
    return matchCausalCondition(mask.value, mask.isInverted, shape, shapes);
  std::optional<Filled> filled = matchFilled(mask.value);
  if (!filled || !(filled->fill * mask.factor <= kNoSum))
    return Causal::None;
  return matchCausalCondition(filled->condition, !filled->isInverted, shape,
                              shapes);
}

static bool keepsAll(const Mask &mask) {
  std::optional<SmallVector<bool>> kept = getKept(mask);
  return kept && llvm::all_of(*kept, [](bool flag) { return flag; });
}

/// condition ? 0 : -inf, to be added, keeps what the condition does.
static Mask simplify(Mask mask) {
  if (mask.kind != Mask::Kind::Add)
    return mask;
  std::optional<Filled> filled = matchFilled(mask.value);
  double fill = filled ? mask.factor * filled->fill : 0;
  if (!std::isinf(fill) || fill > 0 ||
      !getElementTypeOrSelf(filled->condition).isInteger(1))
    return mask;
  return {Mask::Kind::Keep,    filled->condition, 1, fill,
          !filled->isInverted, mask.scores};
}

/// condition ? x : -inf, to be added, keeps what the condition does and adds x.
static std::optional<std::pair<Mask, Mask>> splitAdded(const Mask &mask) {
  auto where = mask.value.getDefiningOp<WhereOp>();
  if (mask.kind != Mask::Kind::Add || mask.factor <= 0 || !where)
    return std::nullopt;
  std::optional<double> fill = getSplat(where.getOnFalse());
  if (!fill || !std::isinf(*fill) || *fill > 0)
    return std::nullopt;
  Mask kept{Mask::Kind::Keep, where.getCondition(), 1, *fill, false,
            mask.scores};
  Mask added = mask;
  added.value = where.getOnTrue();
  return std::pair(kept, added);
}

/// Both parts of a conjunction, or of a disjunction that is not kept.
static void appendParts(Mask mask, SmallVectorImpl<Mask> &parts) {
  if (auto split = splitAdded(mask)) {
    appendParts(split->first, parts);
    return appendParts(split->second, parts);
  }
  auto binary = mask.value.getDefiningOp<BinaryOp>();
  auto kind = mask.isInverted ? BinaryKind::Or : BinaryKind::And;
  if (mask.kind == Mask::Kind::Keep && isInfinite(mask)) {
    if (auto unary = mask.value.getDefiningOp<UnaryOp>();
        unary && unary.getKind() == UnaryKind::Not) {
      mask.value = unary.getInput();
      mask.isInverted = !mask.isInverted;
      return appendParts(mask, parts);
    }
    if (binary && binary.getKind() == kind) {
      for (Value part : {binary.getLhs(), binary.getRhs()}) {
        mask.value = part;
        appendParts(mask, parts);
      }
      return;
    }
  }
  parts.push_back(mask);
}

KnownMasks graphopt::findCausal(ArrayRef<Mask> masks, const ScoreShape &shape,
                                ShapeInference &shapes) {
  SmallVector<Mask> parts;
  for (const Mask &mask : masks)
    if (!keepsAll(mask))
      appendParts(simplify(mask), parts);
  llvm::erase_if(parts, keepsAll);

  KnownMasks known;
  // A finite fill that is applied later brings back what -inf had removed.
  bool isLast = true;
  for (const Mask &part : parts) {
    // Finite fills differ from -inf in rows where other masks keep nothing.
    bool isAlone = parts.size() == 1;
    Causal causal = isAlone || (isLast && isInfinite(part))
                        ? matchCausal(part, shape, shapes)
                        : Causal::None;
    if (part.kind == Mask::Kind::Keep && !(part.fill <= kNoWeight))
      causal = Causal::None;
    // Then the first queries see no key.
    if (causal == Causal::BottomRight && !isInfinite(part) &&
        !shapes.isNonNegative(shapes.sub(shape.columns, shape.rows)))
      causal = Causal::None;
    if (causal != Causal::None &&
        (known.causal == Causal::None || known.causal == causal)) {
      known.causal = causal;
      continue;
    }
    known.masks.push_back(part);
    isLast &= part.kind == Mask::Kind::Add || isInfinite(part);
  }
  return known;
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

namespace {
/// How a mask of some scores is aligned with [batch, heads, m, n].
struct Alignment {
  /// What the mask is repeated to before; empty if it is not.
  SmallVector<int64_t> shape;
  /// Joins leading dimensions; empty if nothing is to be done.
  SmallVector<int64_t> groups;
  /// Cuts the first dimension into batch and this many heads.
  std::optional<int64_t> heads;
};
} // namespace

/// Joins the dimensions of `lead` that belong to the batch and to the heads;
/// nothing if a group of several is not known to be whole, or 1.
static std::optional<Alignment> groupLead(Extents lead, Extents scores,
                                          size_t numBatch) {
  int64_t missing = int64_t(scores.size()) - int64_t(lead.size());
  Alignment alignment;
  SmallVector<int64_t> shape(scores.size() + 2, 1);
  bool isRepeated = false;
  for (auto [first, end] :
       {std::pair<int64_t, int64_t>(0, numBatch),
        std::pair<int64_t, int64_t>(numBatch, scores.size())}) {
    int64_t from = std::max(first, missing);
    Extents own =
        from < end ? lead.slice(from - missing, end - from) : Extents();
    alignment.groups.push_back(own.size());
    if (end - first < 2 || own == scores.slice(first, end - first) ||
        llvm::all_of(own, isOne))
      continue;
    isRepeated = true;
    for (int64_t i = first; i < end; ++i) {
      std::optional<int64_t> extent = getConstant(scores[i]);
      if (!extent)
        return std::nullopt;
      shape[i] = *extent;
    }
  }
  if (isRepeated) {
    alignment.shape = shape;
    alignment.groups = {int64_t(numBatch), int64_t(scores.size() - numBatch)};
  }
  return alignment;
}

static std::optional<Alignment> align(const Mask &mask, const ScoreShape &shape,
                                      ShapeInference &shapes) {
  Extents dims = shapes.get(mask.value).dims;
  Extents scores = mask.scores;
  Extents lead = dims.drop_back(std::min<size_t>(dims.size(), 2));
  bool hasRows = dims.size() >= 2 && !isOne(dims[lead.size()]);
  bool isAligned = scores.size() >= 2 &&
                   scores.take_back(2) == ArrayRef({shape.rows, shape.columns});
  if (!isAligned && (hasRows || !llvm::all_of(lead, isOne)))
    return std::nullopt;
  if (llvm::all_of(lead, isOne) && dims.size() <= 4)
    return Alignment{};
  Extents scoresLead = scores.drop_back(2);
  auto split = splitHeads(
      llvm::map_to_vector(
          scoresLead, [](AffineExpr extent) { return Matrices::Dim{extent}; }),
      shape.heads, shapes);
  if (split) {
    auto grouped = groupLead(lead, scoresLead, split->numBatch);
    bool isPlain =
        grouped && grouped->groups.back() == 1 && grouped->groups.front() <= 1;
    return isPlain ? Alignment{} : grouped;
  }
  std::optional<int64_t> heads = getConstant(shape.heads.heads);
  if (lead.size() == 1 && scoresLead == lead && heads &&
      shapes.mul(shape.heads.batch, shape.heads.heads) == lead.front())
    return Alignment{{}, {}, heads};
  return std::nullopt;
}

static Value emitAligned(ImplicitLocOpBuilder &b, Value value,
                         const Alignment &alignment) {
  auto ints = [&](ArrayRef<int64_t> values) -> Value {
    return arith::ConstantOp::create(b, b.getI64TensorAttr(values));
  };
  if (!alignment.shape.empty())
    value = ExpandOp::create(b, value, ints(alignment.shape));
  if (!alignment.groups.empty())
    return emitGrouped(b, value, alignment.groups);
  if (!alignment.heads)
    return value;
  // [batch * heads, m, n] to [batch, heads, m, n]
  Value rest = SliceOp::create(b, ShapeOp::create(b, value), ints({1}),
                               ints({3}), Value(), Value());
  Value shape =
      ConcatOp::create(b, ValueRange{ints({-1, *alignment.heads}), rest}, 0);
  return ReshapeOp::create(b, value, shape, /*allowZero=*/false);
}

LogicalResult graphopt::checkMasks(ArrayRef<Mask> masks,
                                   const ScoreShape &shape, Type elementType,
                                   ShapeInference &shapes,
                                   std::string &reason) {
  auto fail = [&](const char *text) {
    reason = text;
    return failure();
  };
  bool isChangedLater = false;
  for (const Mask &mask : masks) {
    bool isFinite = mask.kind == Mask::Kind::Keep && !isInfinite(mask);
    if (mask.kind == Mask::Kind::Keep && !(mask.fill <= kNoWeight))
      return fail("a mask gives scores a value that counts");
    if (isFinite && (isChangedLater || elementType.isF16()))
      return fail(
          "a mask fills with a number that another one changes, or that "
          "its type has no room for");
    if (mask.kind == Mask::Kind::Add &&
        getElementTypeOrSelf(mask.value) != elementType)
      return fail("a mask has another element type than the queries");
    isChangedLater |= mask.kind == Mask::Kind::Add || isFinite;
    if (!align(mask, shape, shapes))
      return fail("a mask has other dimensions than batch, heads, queries and "
                  "keys");
  }
  return success();
}

Value graphopt::emitMasks(ImplicitLocOpBuilder &b, ArrayRef<Mask> masks,
                          const ScoreShape &shape, Type elementType,
                          ShapeInference &shapes,
                          llvm::function_ref<Value(Value)> remap) {
  auto scalar = [&](double value) -> Value {
    auto type = RankedTensorType::get({}, elementType);
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(
               type, b.getFloatAttr(elementType, value).getValue()));
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  auto isCondition = [](Value value) {
    return getElementTypeOrSelf(value).isInteger(1);
  };
  auto toFloats = [&](Value value) -> Value {
    return isCondition(value)
               ? WhereOp::create(b, value, scalar(0), scalar(-infinity))
               : value;
  };
  Value result;
  for (const Mask &mask : llvm::reverse(masks)) {
    Value value =
        emitAligned(b, remap(mask.value), *align(mask, shape, shapes));
    if (mask.kind == Mask::Kind::Add) {
      if (mask.factor == -1)
        value = UnaryOp::create(b, UnaryKind::Neg, value);
      else if (mask.factor != 1)
        value =
            BinaryOp::create(b, BinaryKind::Mul, value, scalar(mask.factor));
      result =
          result ? BinaryOp::create(b, BinaryKind::Add, toFloats(result), value)
                 : value;
      continue;
    }
    if (mask.isInverted)
      value = UnaryOp::create(b, UnaryKind::Not, value);
    if (!isInfinite(mask))
      result = WhereOp::create(b, value, result ? toFloats(result) : scalar(0),
                               scalar(kAbsorbing));
    else if (!result)
      result = value;
    else if (isCondition(result))
      result = BinaryOp::create(b, BinaryKind::And, result, value);
    else
      result = WhereOp::create(b, value, result, scalar(-infinity));
  }
  return result;
}
