// Lists whose tensors are known: what reads them reads the tensors.
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Sequence.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace graphopt::graph;

//===----------------------------------------------------------------------===//
// What is known of a list
//===----------------------------------------------------------------------===//

namespace {
/// A tensor of a list: a value, or part `part` of a tensor that is cut.
struct Item {
  Value value;
  SplitToSequenceOp split = {};
  int64_t part = 0;
};
} // namespace

using Items = std::optional<SmallVector<Item>>;

/// Longer lists, and those that are made in more steps, are for the run.
static constexpr int64_t maxItems = 1024;
static constexpr unsigned maxSteps = 2 * maxItems;

static std::optional<SmallVector<int64_t>> getInts(Value value) {
  return ShapeInference(value.getContext()).get(value).getConstantElements();
}

/// `position`, from the end if it is negative, among `count`; nothing if it is not
/// constant or out of range.
static std::optional<int64_t> resolve(Value position, int64_t count) {
  auto ints = getInts(position);
  if (!ints || ints->size() != 1)
    return std::nullopt;
  int64_t at = ints->front() < 0 ? ints->front() + count : ints->front();
  return at < 0 || at >= count ? std::nullopt : std::optional(at);
}

static int64_t getAxis(SplitToSequenceOp op) {
  int64_t axis = op.getAxis();
  return axis < 0 ? axis + op.getInput().getType().getRank() : axis;
}

/// The extents of the parts where they are known.
static std::optional<SmallVector<int64_t>> getPartSizes(SplitToSequenceOp op) {
  int64_t extent = op.getInput().getType().getDimSize(getAxis(op));
  auto sizes = op.getSizes() ? getInts(op.getSizes()) : SmallVector<int64_t>{1};
  if (!sizes)
    return std::nullopt;
  if (op.getSizes() && op.getSizes().getType().getRank() == 1) {
    int64_t sum = 0;
    for (int64_t size : *sizes)
      if (size < 0 || llvm::AddOverflow(sum, size, sum))
        return std::nullopt;
    // What does not fit is for the run to refuse.
    bool fits = ShapedType::isDynamic(extent) || sum == extent;
    return fits ? sizes : std::nullopt;
  }
  int64_t size = sizes->front();
  if (ShapedType::isDynamic(extent) || size <= 0 || extent / size >= maxItems)
    return std::nullopt;
  SmallVector<int64_t> parts(extent / size, size);
  if (int64_t rest = extent % size)
    parts.push_back(rest);
  return parts;
}

static Items getItems(Value sequence, unsigned steps = 0);

static Items getInserted(SequenceInsertOp op, unsigned steps) {
  Items items = getItems(op.getSequence(), steps);
  if (!items || int64_t(items->size()) >= maxItems)
    return std::nullopt;
  int64_t count = items->size(), at = count;
  if (op.getPosition()) {
    auto ints = getInts(op.getPosition());
    if (!ints || ints->size() != 1)
      return std::nullopt;
    at = ints->front() < 0 ? ints->front() + count : ints->front();
  }
  if (at < 0 || at > count)
    return std::nullopt;
  items->insert(items->begin() + at, {op.getValue()});
  return items;
}

static Items getErased(SequenceEraseOp op, unsigned steps = 0) {
  Items items = getItems(op.getSequence(), steps);
  if (!items || items->empty())
    return std::nullopt;
  int64_t count = items->size();
  std::optional<int64_t> at = op.getPosition()
                                  ? resolve(op.getPosition(), count)
                                  : std::optional(count - 1);
  if (!at)
    return std::nullopt;
  items->erase(items->begin() + *at);
  return items;
}

/// The tensors of a list, if they are known.
static Items getItems(Value sequence, unsigned steps) {
  Operation *op = sequence.getDefiningOp();
  if (++steps > maxSteps)
    return std::nullopt;
  if (isa_and_nonnull<SequenceEmptyOp>(op))
    return SmallVector<Item>();
  if (auto construct = dyn_cast_or_null<SequenceConstructOp>(op))
    return llvm::map_to_vector(construct.getValues(),
                               [](Value value) { return Item{value}; });
  if (auto insert = dyn_cast_or_null<SequenceInsertOp>(op))
    return getInserted(insert, steps);
  if (auto erase = dyn_cast_or_null<SequenceEraseOp>(op))
    return getErased(erase, steps);
  if (auto retype = dyn_cast_or_null<RetypeOp>(op))
    return getItems(retype.getValue(), steps);
  auto split = dyn_cast_or_null<SplitToSequenceOp>(op);
  auto sizes = split ? getPartSizes(split) : std::nullopt;
  if (!sizes)
    return std::nullopt;
  SmallVector<Item> items;
  for (size_t i = 0; i < sizes->size(); ++i)
    items.push_back({{}, split, int64_t(i)});
  return items;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static Value createInts(OpBuilder &b, Location loc, ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(int64_t(values.size()), b.getI64Type());
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, values));
}

static Value cut(OpBuilder &b, Location loc, const Item &item) {
  SplitToSequenceOp split = item.split;
  int64_t axis = getAxis(split);
  SmallVector<int64_t> sizes = *getPartSizes(split);
  if (split.getInput().getType().isDynamicDim(axis)) // whose extent is looked at
    return SplitOp::create(b, loc, split.getInput(), axis, sizes.size(),
                           createInts(b, loc, sizes))
        .getResult(item.part);
  int64_t start = 0;
  for (int64_t i = 0; i < item.part; ++i)
    start += sizes[i];
  Value part = SliceOp::create(b, loc, split.getInput(), createInts(b, loc, start),
                               createInts(b, loc, start + sizes[item.part]),
                               createInts(b, loc, axis), /*steps=*/Value());
  return split.dropsAxis()
             ? SqueezeOp::create(b, loc, part, ArrayRef<int64_t>(axis))
             : part;
}

static Value getValue(OpBuilder &b, Location loc, const Item &item) {
  return item.value ? item.value : cut(b, loc, item);
}

//===----------------------------------------------------------------------===//
// What ops give
//===----------------------------------------------------------------------===//

static Value createConstant(OpBuilder &b, Operation *op, DenseElementsAttr value) {
  return arith::ConstantOp::create(b, op->getLoc(), value);
}

/// at(split(x), i)  =>  gather(x, i), for parts that are slices
static Value takeSlice(OpBuilder &b, SequenceAtOp op) {
  auto split = op.getSequence().getDefiningOp<SplitToSequenceOp>();
  if (!split || split.getSizes() || !op.getPosition().getType().hasStaticShape())
    return {};
  int64_t extent = split.getInput().getType().getDimSize(getAxis(split));
  if (!ShapedType::isDynamic(extent) && getInts(op.getPosition()) &&
      !resolve(op.getPosition(), extent))
    return {}; // for the run to refuse
  Location loc = op.getLoc();
  SmallVector<int64_t> shape(split.dropsAxis() ? 0 : 1, 1);
  Value position = ReshapeOp::create(b, loc, op.getPosition(), createInts(b, loc, shape),
                                     /*allowZero=*/false);
  return GatherOp::create(b, loc, split.getInput(), position, getAxis(split));
}

/// at(list, constant)  =>  its tensor
Value graphopt::graph::foldKnown(OpBuilder &b, SequenceAtOp op) {
  Items items = getItems(op.getSequence());
  std::optional<int64_t> at =
      items ? resolve(op.getPosition(), items->size()) : std::nullopt;
  return at ? getValue(b, op.getLoc(), (*items)[*at]) : takeSlice(b, op);
}

/// length(list)  =>  constant
Value graphopt::graph::foldKnown(OpBuilder &b, SequenceLengthOp op) {
  Items items = getItems(op.getSequence());
  return items ? createConstant(b, op,
                                DenseElementsAttr::get(op.getResult().getType(),
                                                       int64_t(items->size())))
               : Value();
}

/// erase(list, constant)  =>  the list without it
Value graphopt::graph::foldKnown(OpBuilder &b, SequenceEraseOp op) {
  Items items = getErased(op);
  if (!items || items->empty())
    return {};
  SmallVector<Value> values;
  for (const Item &item : *items)
    values.push_back(getValue(b, op.getLoc(), item));
  return SequenceConstructOp::create(b, op.getLoc(), values);
}

/// Null if its rank is for the run to tell.
static RankedTensorType typeOf(const Item &item) {
  if (item.value)
    return dyn_cast<RankedTensorType>(item.value.getType());
  SplitToSequenceOp split = item.split;
  RankedTensorType type = split.getInput().getType();
  SmallVector<int64_t> shape(type.getShape());
  if (split.dropsAxis())
    shape.erase(shape.begin() + getAxis(split));
  else
    shape[getAxis(split)] = (*getPartSizes(split))[item.part];
  return type.clone(shape);
}

/// Whether the run has no reason to refuse to join the tensors, whose extents may differ
/// in dimension `axis` only, if it is not -1.
static bool canConcat(ArrayRef<Item> items, int64_t axis) {
  SmallVector<SmallVector<int64_t>> shapes;
  for (const Item &item : items) {
    RankedTensorType type = typeOf(item);
    if (!type || type.getRank() <= axis)
      return false;
    shapes.emplace_back(type.getShape());
    if (axis >= 0)
      shapes.back()[axis] = ShapedType::kDynamic;
  }
  return llvm::all_of(shapes, [&](ArrayRef<int64_t> shape) {
    return succeeded(verifyCompatibleShape(shapes.front(), shape));
  });
}

/// concat(list)  =>  concat of its tensors
Value graphopt::graph::foldKnown(OpBuilder &b, ConcatFromSequenceOp op) {
  Items items = getItems(op.getSequence());
  int64_t axis = op.getAxis();
  if (axis < 0)
    axis += op.getType().getRank();
  if (!items || items->empty() || !canConcat(*items, op.getNewAxis() ? -1 : axis))
    return {};
  Location loc = op.getLoc();
  SmallVector<Value> values;
  for (const Item &item : *items) {
    Value value = getValue(b, loc, item);
    values.push_back(op.getNewAxis() ? UnsqueezeOp::create(b, loc, value,
                                                           ArrayRef<int64_t>(axis))
                                     : value);
  }
  return ConcatOp::create(b, loc, values, axis);
}

/// The op that makes an optional value, seen through other types of it.
static Operation *getOptional(Value value) {
  while (auto retype = value.getDefiningOp<RetypeOp>())
    value = retype.getValue();
  return value.getDefiningOp();
}

/// has_element(some or none)  =>  constant
Value graphopt::graph::foldKnown(OpBuilder &b, OptionalHasElementOp op) {
  Operation *optional = getOptional(op.getValue());
  bool isThere = isa_and_nonnull<OptionalSomeOp>(optional);
  if (!isThere && !isa_and_nonnull<OptionalNoneOp>(optional))
    return {};
  return createConstant(b, op,
                        DenseElementsAttr::get(op.getResult().getType(), isThere));
}

/// get_element(some(x))  =>  x
Value graphopt::graph::foldKnown(OpBuilder &, OptionalGetElementOp op) {
  auto some = dyn_cast_or_null<OptionalSomeOp>(getOptional(op.getValue()));
  return some ? some.getValue() : Value();
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// Gives the op's readers what it is known to give, as a value of its type.
template <typename Op>
static LogicalResult replaceByKnown(Op op, PatternRewriter &rewriter) {
  Value value = foldKnown(rewriter, op);
  if (!value)
    return rewriter.notifyMatchFailure(op, "only the run knows");
  Type type = op->getResult(0).getType();
  if (value.getType() != type) {
    bool isRanked = isa<RankedTensorType>(value.getType());
    if (isRanked && !isa<RankedTensorType>(type))
      return rewriter.notifyMatchFailure(op, "its rank is for the run to tell");
    value = isRanked
                ? tensor::CastOp::create(rewriter, op.getLoc(), type, value).getResult()
                : RetypeOp::create(rewriter, op.getLoc(), type, value).getResult();
  }
  rewriter.replaceOp(op, value);
  return success();
}

LogicalResult SequenceAtOp::canonicalize(SequenceAtOp op, PatternRewriter &rewriter) {
  return replaceByKnown(op, rewriter);
}

LogicalResult SequenceLengthOp::canonicalize(SequenceLengthOp op,
                                             PatternRewriter &rewriter) {
  return replaceByKnown(op, rewriter);
}

LogicalResult SequenceEraseOp::canonicalize(SequenceEraseOp op,
                                            PatternRewriter &rewriter) {
  return replaceByKnown(op, rewriter);
}

LogicalResult ConcatFromSequenceOp::canonicalize(ConcatFromSequenceOp op,
                                                 PatternRewriter &rewriter) {
  return replaceByKnown(op, rewriter);
}

LogicalResult OptionalHasElementOp::canonicalize(OptionalHasElementOp op,
                                                 PatternRewriter &rewriter) {
  return replaceByKnown(op, rewriter);
}

LogicalResult OptionalGetElementOp::canonicalize(OptionalGetElementOp op,
                                                 PatternRewriter &rewriter) {
  return replaceByKnown(op, rewriter);
}
