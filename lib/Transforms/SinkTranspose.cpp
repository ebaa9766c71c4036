#include "SinkTranspose.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Normalization.h"
#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Resize.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

SmallVector<int64_t> graphopt::getChannelsLastOrder(int64_t rank) {
  SmallVector<int64_t> order{0};
  llvm::append_range(order, llvm::seq<int64_t>(2, rank));
  order.push_back(1);
  return order;
}

RankedTensorType graphopt::getPermuted(Type type, ArrayRef<int64_t> order) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.clone(applyPermutation(tensor.getShape(), order));
}

Value graphopt::createTranspose(OpBuilder &b, Location loc, Value value,
                                ArrayRef<int64_t> order) {
  return TransposeOp::create(b, loc, getPermuted(value.getType(), order), value,
                             order);
}

/// Marks transposes that restore the order of an image. With one spatial dimension
/// nothing else tells them from transposed matrices.
static constexpr StringLiteral restoresAttr = "graph.restores_order";

Value graphopt::restoreOrder(OpBuilder &b, Location loc, Value channelsLast) {
  int64_t rank = cast<RankedTensorType>(channelsLast.getType()).getRank();
  Value result =
      createTranspose(b, loc, channelsLast,
                      invertPermutationVector(getChannelsLastOrder(rank)));
  result.getDefiningOp()->setAttr(restoresAttr, b.getUnitAttr());
  return result;
}

void graphopt::forgetRestored(Operation *root) {
  root->walk([](TransposeOp op) { op->removeAttr(restoresAttr); });
}

/// The channels-last tensor that `value` is a transpose of into ONNX's order, if
/// it is one.
static Value getChannelsLast(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (!transpose)
    return {};
  int64_t rank = transpose.getType().getRank();
  if (rank < 4 && !transpose->hasAttr(restoresAttr))
    return {};
  bool restores =
      transpose.getPermutation() ==
      ArrayRef(invertPermutationVector(getChannelsLastOrder(rank)));
  return restores ? transpose.getInput() : Value();
}

static bool isOne(int64_t extent) { return extent == 1; }

namespace {
/// One op that reads a transpose. Dimension `i` of a channels-last tensor is
/// dimension `order[i]` of the usual one; dimension `i` of the usual one is
/// `position[i]` of the channels-last one.
class Sinking {
public:
  Sinking(Operation *op, int64_t rank, PatternRewriter &rewriter)
      : op(op), b(rewriter), loc(op->getLoc()), rank(rank),
        order(getChannelsLastOrder(rank)),
        position(invertPermutationVector(order)) {}

  /// The results in the usual order, or failure if the op has no other form.
  Values run() {
    return TypeSwitch<Operation *, Values>(op)
        .Case<UnaryOp, BinaryOp, WhereOp, CastOp>(
            [&](auto) { return reorder({}); })
        .Case([&](PoolOp pool) -> Values {
          if (pool.getChannelsLast())
            return failure();
          return reorder({b.getNamedAttr("channels_last", b.getUnitAttr())});
        })
        .Case([&](ConcatOp op) { return reorder(axisAttribute(op)); })
        .Case<SplitOp, SoftmaxOp, LogSoftmaxOp, HardmaxOp, LpNormalizationOp,
              LRNOp, BatchNormalizationOp, GroupNormalizationOp>(
            [&](auto op) { return reorder(axisAttribute(op), /*images=*/1); })
        .Case([&](ResizeOp op) {
          auto axes = b.getDenseI64ArrayAttr(reorderDims(op.getAxes()));
          return reorder(b.getNamedAttr("axes", axes), /*images=*/1);
        })
        .Case<PadOp, SliceOp>([&](auto op) { return reorderAxes(op); })
        .Case([&](ReduceOp op) { return reduce(op); })
        .Case([&](SqueezeOp op) { return squeeze(op); })
        .Case([&](ReshapeOp op) { return reshape(op); })
        .Default([](Operation *) { return failure(); });
  }

private:
  template <typename Op> NamedAttribute axisAttribute(Op op) {
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    return b.getNamedAttr("axis", b.getI64IntegerAttr(position[axis]));
  }

  /// The op with its first `images` operands, by default all, and its results of
  /// `rank` in channels-last order.
  Values reorder(ArrayRef<NamedAttribute> attributes,
                 unsigned images = UINT_MAX) {
    if (cast<RankedTensorType>(op->getResult(0).getType()).getRank() != rank)
      return failure();
    images = std::min(images, op->getNumOperands());
    if (!llvm::all_of(op->getOperands().take_front(images),
                      [&](Value value) { return canReorder(value); }))
      return failure();
    SmallVector<Value> operands(op->getOperands());
    for (Value &operand : MutableArrayRef(operands).take_front(images))
      operand = reorderOperand(operand);
    Operation *moved = b.clone(*op);
    moved->setOperands(operands);
    for (NamedAttribute attribute : attributes)
      moved->setAttr(attribute.getName(), attribute.getValue());
    SmallVector<Value> results;
    for (OpResult result : moved->getResults()) {
      // Statistics of channels, beside the first result, have no order.
      bool isImage = cast<RankedTensorType>(result.getType()).getRank() == rank;
      if (isImage)
        result.setType(getPermuted(result.getType(), order));
      results.push_back(isImage ? restoreOrder(b, loc, result)
                                : Value(result));
    }
    return results;
  }

  /// The extents of `value`, aligned at the last dimension as broadcasting does.
  SmallVector<int64_t> getAligned(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(rank - type.getRank(), 1);
    llvm::append_range(shape, type.getShape());
    return shape;
  }

  /// True if the operand is a transpose, or can be reordered for nothing: if it
  /// is constant, or has an extent of 1 wherever the order matters.
  bool canReorder(Value operand) {
    if (cast<RankedTensorType>(operand.getType()).getRank() > rank)
      return false;
    SmallVector<int64_t> shape = getAligned(operand);
    return isTransposed(operand) || shape[1] == 1 ||
           llvm::all_of(ArrayRef(shape).drop_front(2), isOne) ||
           matchPattern(operand, m_Constant());
  }

  bool isTransposed(Value operand) {
    return cast<RankedTensorType>(operand.getType()).getRank() == rank &&
           getChannelsLast(operand);
  }

  Value reorderOperand(Value operand) {
    auto type = cast<RankedTensorType>(operand.getType());
    int64_t missing = rank - type.getRank();
    SmallVector<int64_t> shape = getAligned(operand);
    if (isTransposed(operand))
      return getChannelsLast(operand);
    if (llvm::all_of(shape, isOne))
      return operand;
    bool isOnePixel = llvm::all_of(ArrayRef(shape).drop_front(2), isOne);
    if (isOnePixel) {
      auto spatial = llvm::to_vector(llvm::seq<int64_t>(2 - missing, rank - missing));
      Value value = SqueezeOp::create(b, loc, operand, spatial);
      if (missing > 0)
        return value;
      return UnsqueezeOp::create(
          b, loc, value, llvm::to_vector(llvm::seq<int64_t>(1, rank - 1)));
    }
    bool isOneChannel = shape[1] == 1;
    if (isOneChannel) {
      if (missing <= 1)
        operand = SqueezeOp::create(b, loc, operand, 1 - missing);
      return UnsqueezeOp::create(b, loc, operand, -1);
    }
    if (missing > 0)
      operand = UnsqueezeOp::create(
          b, loc, operand, llvm::to_vector(llvm::seq<int64_t>(0, missing)));
    return createTranspose(b, loc, operand, order);
  }

  Value createInts(ArrayRef<int64_t> values) {
    auto type = RankedTensorType::get(static_cast<int64_t>(values.size()),
                                      b.getI64Type());
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(type, values));
  }

  SmallVector<int64_t> reorderDims(ArrayRef<int64_t> dims) {
    return llvm::map_to_vector(*normalizeAxes(std::nullopt, dims, rank),
                               [&](int64_t dim) { return position[dim]; });
  }
  SmallVector<int64_t> reorderSet(ArrayRef<int64_t> dims) {
    SmallVector<int64_t> result = reorderDims(dims);
    llvm::sort(result);
    return result;
  }

  /// Ops whose operand `axes` names the dimensions that others speak of.
  template <typename Op> Values reorderAxes(Op op) {
    Value input = getChannelsLast(op.getInput());
    int64_t count = rank;
    if constexpr (std::is_same_v<Op, SliceOp>)
      count = op.getStarts().getType().getDimSize(0);
    std::optional<SmallVector<int64_t>> axes =
        llvm::to_vector(llvm::seq<int64_t>(0, count));
    if (op.getAxes())
      axes = ShapeInference(op->getContext())
                 .get(op.getAxes())
                 .getConstantElements();
    if (!input || !axes)
      return failure();
    Value moved = createInts(reorderDims(*axes));
    auto result = cast<Op>(b.clone(*op));
    result.getInputMutable().assign(input);
    result.getAxesMutable().assign(moved);
    result.getResult().setType(getPermuted(op.getType(), order));
    return {{restoreOrder(b, loc, result.getResult())}};
  }

  /// `value`, whose dimensions are these of the usual order, with them sorted.
  Value sortDims(Value value, ArrayRef<int64_t> dims) {
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, dims.size()));
    llvm::sort(permutation,
               [&](int64_t a, int64_t b) { return dims[a] < dims[b]; });
    if (isIdentityPermutation(permutation))
      return value;
    if (ArrayRef(dims) == ArrayRef(order))
      return restoreOrder(b, loc, value);
    return createTranspose(b, loc, value, permutation);
  }

  /// The dimensions of the usual order that a channels-last tensor has left
  /// without `axes`, in its order.
  SmallVector<int64_t> getOthers(ArrayRef<int64_t> axes) {
    SmallVector<int64_t> others;
    for (int64_t i = 0; i < rank; ++i)
      if (!llvm::is_contained(axes, i))
        others.push_back(order[i]);
    return others;
  }

  /// `type`, whose dimensions are those of `dims` sorted, with them in the order
  /// of `dims`.
  static RankedTensorType getUnsorted(RankedTensorType type,
                                      ArrayRef<int64_t> dims) {
    SmallVector<int64_t> sorted(dims), shape;
    llvm::sort(sorted);
    for (int64_t dim : dims)
      shape.push_back(type.getDimSize(llvm::find(sorted, dim) - sorted.begin()));
    return type.clone(shape);
  }

  Values reduce(ReduceOp op) {
    SmallVector<int64_t> axes = reorderSet(op.getAxes());
    SmallVector<int64_t> dims = op.getKeepdims() ? order : getOthers(axes);
    Value result = ReduceOp::create(b, loc, getUnsorted(op.getType(), dims),
                                    op.getKind(), getChannelsLast(op.getInput()),
                                    axes, op.getKeepdims());
    return {{sortDims(result, dims)}};
  }

  Values squeeze(SqueezeOp op) {
    SmallVector<int64_t> axes = reorderSet(op.getAxes());
    SmallVector<int64_t> dims = getOthers(axes);
    Value result = SqueezeOp::create(b, loc, getUnsorted(op.getType(), dims),
                                     getChannelsLast(op.getInput()), axes);
    return {{sortDims(result, dims)}};
  }

  Values reshape(ReshapeOp op) {
    Value input = getChannelsLast(op.getInput());
    const InferredTensor shape =
        ShapeInference(op.getContext()).get(op.getShape());
    if (!input || !shape.elements)
      return failure();
    Values result = reshapePixel(op, input, *shape.elements);
    return succeeded(result) ? result : mergeSpatial(op, input, *shape.elements);
  }

  /// Without spatial extents the order of the elements is the same.
  Values reshapePixel(ReshapeOp op, Value input, ArrayRef<AffineExpr> shape) {
    auto type = cast<RankedTensorType>(input.getType());
    bool copiesExtents =
        !op.getAllowZero() &&
        llvm::any_of(shape.drop_front(shape.empty() ? 0 : 1),
                     [](AffineExpr size) {
                       return getConstant(size).value_or(0) == 0;
                     });
    if (copiesExtents ||
        !llvm::all_of(type.getShape().drop_front().drop_back(), isOne))
      return failure();
    auto moved = cast<ReshapeOp>(b.clone(*op));
    moved.getInputMutable().assign(input);
    return {{moved.getResult()}};
  }

  /// [batch, channels, spatial...] to [batch, channels, pixels].
  Values mergeSpatial(ReshapeOp op, Value input, ArrayRef<AffineExpr> shape) {
    RankedTensorType from = op.getInput().getType(), to = op.getType();
    if (to.getRank() != 3 || from.isDynamicDim(1) || from.getDimSize(1) == 0 ||
        to.getDimSize(1) != from.getDimSize(1) || from.getDimSize(0) == 0 ||
        to.getDimSize(2) == 0)
      return failure();
    bool isOpenBatch = from.isDynamicDim(0);
    bool keepsBatch = isOpenBatch
                          ? getConstant(shape.front()) == 0 && !op.getAllowZero()
                          : from.getDimSize(0) == to.getDimSize(0);
    if (!keepsBatch)
      return failure();
    Value target = createInts(
        {isOpenBatch ? 0 : from.getDimSize(0),
         to.isDynamicDim(2) ? -1 : to.getDimSize(2), to.getDimSize(1)});
    Value merged = ReshapeOp::create(b, loc, getPermuted(to, {0, 2, 1}), input,
                                     target, /*allowZero=*/false);
    return {{createTranspose(b, loc, merged, {0, 2, 1})}};
  }

  Operation *op;
  PatternRewriter &b;
  Location loc;
  int64_t rank;
  SmallVector<int64_t> order, position;
};
} // namespace

LogicalResult graphopt::sinkTranspose(Operation *op,
                                      PatternRewriter &rewriter) {
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || !getChannelsLast(operand))
      continue;
    Values results = Sinking(op, type.getRank(), rewriter).run();
    if (failed(results))
      return rewriter.notifyMatchFailure(op, "has no channels-last form");
    rewriter.replaceOp(op, *results);
    return success();
  }
  return rewriter.notifyMatchFailure(op, "reads no transpose");
}
