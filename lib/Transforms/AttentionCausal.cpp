//===- AttentionCausal.cpp - Conditions that order queries and keys -------===//

#include "Attention.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Shape.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

std::optional<Filled> graphopt::matchFilled(Value value) {
  if (auto trilu = value.getDefiningOp<TriluOp>())
    if (std::optional<double> fill = getSplat(trilu.getInput()))
      return Filled{value, false, *fill};
  auto where = value.getDefiningOp<WhereOp>();
  if (!where)
    return std::nullopt;
  std::optional<double> onTrue = getSplat(where.getOnTrue());
  std::optional<double> onFalse = getSplat(where.getOnFalse());
  if (!onTrue || !onFalse || (*onTrue != 0 && *onFalse != 0))
    return std::nullopt;
  bool isInverted = *onTrue == 0;
  return Filled{where.getCondition(), isInverted,
                isInverted ? *onFalse : *onTrue};
}

namespace {
/// Integers that depend on their place only: offset + row * i + column * j.
struct Places {
  AffineExpr offset;
  int64_t row = 0, column = 0;
};

class PlaceMatcher {
public:
  explicit PlaceMatcher(ShapeInference &shapes) : shapes(shapes) {}

  /// `value` as places along its last two dimensions.
  std::optional<Places> match(Value value) {
    Operation *op = value.getDefiningOp();
    const InferredTensor &known = shapes.get(value);
    if (known.elements && known.elements->size() == 1 &&
        known.elements->front())
      return Places{known.elements->front()};
    if (auto range = dyn_cast_or_null<RangeOp>(op))
      return matchRange(range);
    if (auto unsqueeze = dyn_cast_or_null<UnsqueezeOp>(op))
      return matchUnsqueeze(unsqueeze);
    if (auto cast = dyn_cast_or_null<CastOp>(op))
      return isWide(cast.getTo()) &&
                     isWide(cast.getInput().getType().getElementType())
                 ? match(cast.getInput())
                 : std::nullopt;
    if (auto binary = dyn_cast_or_null<BinaryOp>(op))
      return matchBinary(binary);
    return matchConstant(value);
  }

private:
  static bool isWide(Type type) {
    return type.isInteger(32) || type.isInteger(64);
  }

  std::optional<Places> matchRange(RangeOp op) {
    const InferredTensor start = shapes.get(op.getStart());
    const InferredTensor delta = shapes.get(op.getDelta());
    if (!start.elements || !start.elements->front() || !delta.elements)
      return std::nullopt;
    std::optional<int64_t> step = getConstant(delta.elements->front());
    if (!step)
      return std::nullopt;
    return Places{start.elements->front(), 0, *step};
  }

  /// [n] to [n, 1] makes rows of columns.
  std::optional<Places> matchUnsqueeze(UnsqueezeOp op) {
    std::optional<Places> places = match(op.getInput());
    if (!places)
      return std::nullopt;
    int64_t rank = op.getType().getRank();
    SmallVector<int64_t> axes =
        *normalizeAxes(std::nullopt, op.getAxes(), rank);
    int64_t inputRank = op.getInput().getType().getRank();
    Places moved{places->offset};
    int64_t next = 0;
    for (int64_t i = 0; i < rank; ++i) {
      if (llvm::is_contained(axes, i))
        continue;
      int64_t fromEnd = inputRank - next++;
      int64_t step = fromEnd == 1   ? places->column
                     : fromEnd == 2 ? places->row
                                    : 0;
      if (i == rank - 1)
        moved.column = step;
      else if (i == rank - 2)
        moved.row = step;
      else if (step != 0)
        return std::nullopt;
    }
    return moved;
  }

  std::optional<Places> matchBinary(BinaryOp op) {
    bool adds = op.getKind() == BinaryKind::Add;
    if (!adds && op.getKind() != BinaryKind::Sub)
      return std::nullopt;
    std::optional<Places> lhs = match(op.getLhs()), rhs = match(op.getRhs());
    if (!lhs || !rhs)
      return std::nullopt;
    int64_t sign = adds ? 1 : -1;
    AffineExpr offset = adds ? shapes.add(lhs->offset, rhs->offset)
                             : shapes.sub(lhs->offset, rhs->offset);
    if (!offset)
      return std::nullopt;
    return Places{offset, lhs->row + sign * rhs->row,
                  lhs->column + sign * rhs->column};
  }

  /// 0, 1, 2, ... along one of the last two dimensions.
  std::optional<Places> matchConstant(Value value) {
    DenseIntElementsAttr dense;
    auto type = cast<RankedTensorType>(value.getType());
    if (!matchPattern(value, m_Constant(&dense)) || type.getRank() < 1 ||
        !isWide(type.getElementType()) || type.getNumElements() < 2)
      return std::nullopt;
    bool isRow = type.getShape().back() == 1;
    int64_t dim = type.getRank() - 1 - isRow;
    if (dim < 0 || type.getDimSize(dim) != type.getNumElements())
      return std::nullopt;
    auto numbers =
        llvm::map_to_vector(dense.getValues<APInt>(), [](const APInt &number) {
          return number.getSExtValue();
        });
    int64_t step = numbers[1] - numbers[0];
    for (auto [i, number] : llvm::enumerate(numbers))
      if (number != numbers[0] + int64_t(i) * step)
        return std::nullopt;
    return Places{shapes.constant(numbers[0]), isRow ? step : 0,
                  isRow ? 0 : step};
  }

  ShapeInference &shapes;
};
} // namespace

/// The order that j - i + offset <= 0 is.
static Causal getOrder(AffineExpr offset, const ScoreShape &shape,
                       ShapeInference &shapes) {
  if (getConstant(offset) == 0)
    return Causal::TopLeft;
  return offset && offset == shapes.sub(shape.rows, shape.columns)
             ? Causal::BottomRight
             : Causal::None;
}

/// True if all elements are one number other than 0.
static bool isFilledWithOnes(Value value) {
  if (std::optional<double> number = getSplat(value))
    return *number != 0;
  DenseElementsAttr dense;
  if (matchPattern(value, m_Constant(&dense)) && dense.isSplat())
    return !matchPattern(value, m_Zero()) &&
           !matchPattern(value, m_AnyZeroFloat());
  if (auto expand = value.getDefiningOp<ExpandOp>())
    return isFilledWithOnes(expand.getInput());
  if (auto made = value.getDefiningOp<ConstantOfShapeOp>()) {
    auto integer = dyn_cast<IntegerAttr>(made.getValue());
    auto number = dyn_cast<FloatAttr>(made.getValue());
    return (integer && !integer.getValue().isZero()) ||
           (number && !number.getValue().isZero());
  }
  return false;
}

/// trilu(ones, k) keeps j - i - k <= 0; with `upper` its opposite j - i - k >=
/// 0.
static Causal matchTrilu(TriluOp op, bool isInverted, const ScoreShape &shape,
                         ShapeInference &shapes) {
  AffineExpr k = shapes.constant(0);
  if (op.getK()) {
    const InferredTensor known = shapes.get(op.getK());
    k = known.elements ? known.elements->front() : AffineExpr();
  }
  Extents dims = shapes.get(op.getResult()).dims;
  if (!k || !isFilledWithOnes(op.getInput()) || op.getUpper() != isInverted ||
      dims.take_back(2) != ArrayRef({shape.rows, shape.columns}))
    return Causal::None;
  // What is not above the diagonal is what lies below it.
  AffineExpr last = isInverted ? shapes.sub(k, shapes.constant(1)) : k;
  return getOrder(shapes.sub(shapes.constant(0), last), shape, shapes);
}

/// A comparison of places; its opposite where `isInverted`.
static Causal matchComparison(BinaryOp op, bool isInverted,
                              const ScoreShape &shape, ShapeInference &shapes) {
  PlaceMatcher matcher(shapes);
  std::optional<Places> lhs = matcher.match(op.getLhs());
  std::optional<Places> rhs = lhs ? matcher.match(op.getRhs()) : std::nullopt;
  if (!rhs)
    return Causal::None;
  // keys - queries + offset <= 0, where `less` tells the side of the keys.
  BinaryKind kind = op.getKind();
  bool less = kind == BinaryKind::Less || kind == BinaryKind::LessOrEqual;
  bool greater =
      kind == BinaryKind::Greater || kind == BinaryKind::GreaterOrEqual;
  bool isStrict = kind == BinaryKind::Less || kind == BinaryKind::Greater;
  if (!less && !greater)
    return Causal::None;
  if (isInverted) {
    less = !less;
    isStrict = !isStrict;
  }
  const Places &keys = less ? *lhs : *rhs, &queries = less ? *rhs : *lhs;
  if (keys.column - queries.column != 1 || keys.row - queries.row != -1)
    return Causal::None;
  AffineExpr offset = shapes.sub(keys.offset, queries.offset);
  return getOrder(shapes.add(offset, shapes.constant(isStrict)), shape, shapes);
}

Causal graphopt::matchCausalCondition(Value value, bool isInverted,
                                      const ScoreShape &shape,
                                      ShapeInference &shapes) {
  // What is not the whole of the scores would be repeated.
  Extents dims = shapes.get(value).dims;
  if (dims.size() < 2 ||
      dims.take_back(2) != ArrayRef({shape.rows, shape.columns}) ||
      !llvm::all_of(dims.drop_back(2),
                    [](AffineExpr dim) { return getConstant(dim) == 1; }))
    return Causal::None;
  Operation *op = value.getDefiningOp();
  if (auto unary = dyn_cast_or_null<UnaryOp>(op))
    return unary.getKind() == UnaryKind::Not
               ? matchCausalCondition(unary.getInput(), !isInverted, shape,
                                      shapes)
               : Causal::None;
  if (auto cast = dyn_cast_or_null<CastOp>(op);
      cast && cast.getTo().isInteger(1))
    return matchCausalCondition(cast.getInput(), isInverted, shape, shapes);
  if (auto unsqueeze = dyn_cast_or_null<UnsqueezeOp>(op))
    return matchCausalCondition(unsqueeze.getInput(), isInverted, shape,
                                shapes);
  if (auto trilu = dyn_cast_or_null<TriluOp>(op))
    return matchTrilu(trilu, isInverted, shape, shapes);
  if (auto binary = dyn_cast_or_null<BinaryOp>(op))
    return matchComparison(binary, isInverted, shape, shapes);
  return Causal::None;
}
