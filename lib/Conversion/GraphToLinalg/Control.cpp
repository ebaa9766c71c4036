#include "dialects/Graph/Control.h"
#include "GrowingScan.h"
#include "Lowering.h"
#include "Scalar.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

/// The only element of a lowered tensor.
static Value extractScalar(OpBuilder &b, Location loc, Value tensor) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  return tensor::ExtractOp::create(b, loc, tensor,
                                   SmallVector<Value>(rank, zero));
}

static Value castTo(OpBuilder &b, Location loc, Type type, Value value) {
  return value.getType() == type
             ? value
             : tensor::CastOp::create(b, loc, type, value).getResult();
}

namespace {
/// graph.if  =>  scf.if
struct LowerIf : LoweringPattern<IfOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(IfOp op, Adaptor in, Lowering &to) const override {
    Value condition =
        buildCondition(to.b, to.loc, extractScalar(to.b, to.loc, in.getCondition()));
    SmallVector<Type> types;
    if (failed(to.types.convertTypes(op.getResultTypes(), types)))
      return failure();
    auto result = scf::IfOp::create(to.b, to.loc, types, condition,
                                    /*addThenBlock=*/false,
                                    /*addElseBlock=*/false);
    to.b.inlineRegionBefore(op.getThenBranch(), result.getThenRegion(),
                            result.getThenRegion().end());
    to.b.inlineRegionBefore(op.getElseBranch(), result.getElseRegion(),
                            result.getElseRegion().end());
    return SmallVector<Value>(result.getResults());
  }
};

/// graph.yield in a branch  =>  scf.yield of values of the branch's types
struct LowerYield : OpConversionPattern<YieldOp> {
  LowerYield(const TypeConverter &types, MLIRContext *context, ShapeInference &)
      : OpConversionPattern(types, context) {}

  LogicalResult
  matchAndRewrite(YieldOp op, OpAdaptor in,
                  ConversionPatternRewriter &rewriter) const override {
    auto branch = dyn_cast<scf::IfOp>(op->getParentOp());
    if (!branch)
      return failure();
    SmallVector<Value> values;
    for (auto [value, type] :
         llvm::zip_equal(in.getValues(), branch.getResultTypes()))
      values.push_back(castTo(rewriter, op.getLoc(), type, value));
    rewriter.replaceOpWithNewOp<scf::YieldOp>(op, values);
    return success();
  }
};

/// Lowers one loop. The state that goes from one iteration to the next is the
/// carried values, then the scan outputs so far.
class LoopLowering {
public:
  LoopLowering(LoopOp op, LoopOp::Adaptor in, Lowering &to)
      : op(op), in(in), to(to), b(to.b), loc(to.loc) {}

  FailureOr<SmallVector<Value>> lower() {
    carried = op.getInits().size();
    Block &body = op.getBody().front();
    for (BlockArgument argument : body.getArguments().drop_front(2))
      stateTypes.push_back(to.types.convertType(argument.getType()));
    if (op.getMaxTrips()) {
      trips = arith::IndexCastOp::create(
          b, loc, b.getIndexType(), extractScalar(b, loc, in.getMaxTrips()));
      trips = arith::MaxSIOp::create(b, loc, trips, to.constantIndex(0));
    }
    bool isCounted = trips && isAlwaysTrue();
    for (auto [scan, value] :
         llvm::zip_equal(op.getScans(), op.getYield().getValues().drop_front(1 + carried)))
      addScan(value, isCounted);

    SmallVector<Value> state;
    for (auto [init, type] : llvm::zip(in.getInits(), stateTypes))
      state.push_back(castTo(b, loc, type, init));
    for (size_t i = carried; i < stateTypes.size(); ++i)
      state.push_back(emptyScan(i));

    FailureOr<Block *> converted =
        b.convertRegionTypes(&op.getBody(), to.types);
    if (failed(converted))
      return failure();
    block = *converted;
    return isCounted ? lowerCounted(state) : lowerConditional(state);
  }

private:
  /// Whether neither the initial condition nor the body ends the loop.
  bool isAlwaysTrue() {
    auto isTrue = [&](Value value) {
      if (value == op.getBody().front().getArgument(1))
        return true;
      std::optional<SmallVector<int64_t>> elements =
          to.get(value).getConstantElements();
      return elements && elements->size() == 1 && elements->front() != 0;
    };
    return (!op.getCondition() || isTrue(op.getCondition())) &&
           isTrue(op.getYield().getValues()[0]);
  }

  /// A counted loop whose scanned value has sizes known outside writes into a
  /// tensor of the final size; otherwise the output is a growing buffer.
  void addScan(Value value, bool isCounted) {
    const InferredTensor &tensor = to.get(value);
    auto type = cast<RankedTensorType>(to.types.convertType(value.getType()));
    bool isOutside = isCounted;
    for (AffineExpr dim : tensor.dims)
      if (dim)
        to.shapes.forEachValue(dim, [&](const ShapeInference::Symbol &symbol) {
          // Arguments that are converted already are in no region.
          Region *region = Value(symbol.value).getParentRegion();
          isOutside &= !region || !op.getBody().isAncestor(region);
        });
    growing.push_back(isOutside ? std::nullopt
                                : std::optional<GrowingScan>(type));
    if (!isOutside) {
      stateTypes.push_back(growing.back()->getType());
      scanSizes.push_back({});
      return;
    }
    SmallVector<OpFoldResult> sizes = to.sizes(tensor.dims);
    sizes.insert(sizes.begin(), trips);
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.begin(), ShapedType::kDynamic);
    stateTypes.push_back(type.clone(shape));
    scanSizes.push_back(sizes);
  }

  Value emptyScan(size_t i) {
    if (const std::optional<GrowingScan> &scan = growing[i - carried])
      return scan->create(b, loc);
    Value value = to.empty(scanSizes[i - carried],
                           cast<RankedTensorType>(stateTypes[i]).getElementType());
    return castTo(b, loc, stateTypes[i], value);
  }

  /// The scan output with `value` as the row of iteration `index`.
  Value append(size_t scan, Value output, Value value, Value index) {
    if (growing[scan])
      return growing[scan]->append(b, loc, output, value, index);
    int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, value);
    SmallVector<OpFoldResult> offsets(rank + 1, b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(rank + 1, b.getIndexAttr(1));
    offsets.front() = index;
    sizes.insert(sizes.begin(), b.getIndexAttr(1));
    return tensor::InsertSliceOp::create(b, loc, value, output, offsets, sizes,
                                         strides);
  }

  /// The loop's state after `count` iterations, without the room for more.
  SmallVector<Value> trim(ValueRange state, Value count) {
    SmallVector<Value> results(state);
    for (auto [value, scan] :
         llvm::zip_equal(llvm::drop_begin(results, carried), growing))
      if (scan)
        value = scan->finish(b, loc, value, count);
    return results;
  }

  /// Inlines the body before the end of `into`; gives the next condition (as an
  /// i1) and the next state.
  std::pair<Value, SmallVector<Value>> inlineBody(Block *into, Value index,
                                                  Value condition,
                                                  ValueRange state) {
    b.setInsertionPointToEnd(into);
    Value counter = arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
    counter = tensor::FromElementsOp::create(
        b, loc, RankedTensorType::get({}, b.getI64Type()), counter);
    Value flag = arith::ExtUIOp::create(b, loc, b.getI8Type(), condition);
    flag = tensor::FromElementsOp::create(
        b, loc, RankedTensorType::get({}, b.getI8Type()), flag);
    SmallVector<Value> arguments{counter, flag};
    llvm::append_range(arguments, state.take_front(carried));
    auto yield = cast<YieldOp>(block->getTerminator());
    b.inlineBlockBefore(block, into, into->end(), arguments);

    b.setInsertionPoint(yield);
    SmallVector<Value> values;
    for (Value value : yield.getValues())
      values.push_back(materialized(value));
    Value next = buildCondition(b, loc, extractScalar(b, loc, values[0]));
    SmallVector<Value> nextState;
    for (size_t i = 0; i < carried; ++i)
      nextState.push_back(castTo(b, loc, stateTypes[i], values[1 + i]));
    for (size_t i = carried; i < stateTypes.size(); ++i) {
      Value output = append(i - carried, state[i], values[1 + i], index);
      nextState.push_back(castTo(b, loc, stateTypes[i], output));
    }
    b.eraseOp(yield);
    return {next, nextState};
  }

  /// A value of the body, which is not lowered yet, with its lowered type.
  Value materialized(Value value) {
    Type type = to.types.convertType(value.getType());
    if (value.getType() == type)
      return value;
    return UnrealizedConversionCastOp::create(b, loc, type, value).getResult(0);
  }

  SmallVector<Value> lowerCounted(ValueRange state) {
    Value zero = to.constantIndex(0);
    auto loop = scf::ForOp::create(b, loc, zero, trips, to.constantIndex(1), state);
    Block *into = loop.getBody();
    if (!into->empty())
      b.eraseOp(&into->back());
    b.setInsertionPointToEnd(into);
    Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
    auto [condition, next] =
        inlineBody(into, loop.getInductionVar(), yes, loop.getRegionIterArgs());
    b.setInsertionPointToEnd(into);
    scf::YieldOp::create(b, loc, next);
    b.setInsertionPointAfter(loop);
    return trim(loop.getResults(), trips);
  }

  Value apart(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.hasStaticShape())
      return value;
    return bufferization::AllocTensorOp::create(b, loc, type, ValueRange(),
                                                /*copy=*/value)
        .getResult();
  }

  /// `value` in the buffer of `old`: bufferization gives scf.while two new buffers
  /// a turn for all that is in another one.
  Value inPlaceOf(Value old, Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.hasStaticShape())
      return value;
    return bufferization::MaterializeInDestinationOp::create(b, loc, type, value,
                                                             old)
        .getResult();
  }

  SmallVector<Value> lowerConditional(ValueRange state) {
    // (state..., iteration, condition): bufferization copies tensors that have
    // another position in the body, which needs no condition.
    size_t count = state.size();
    SmallVector<Value> inits(state);
    inits.push_back(to.constantIndex(0));
    inits.push_back(
        op.getCondition()
            ? buildCondition(b, loc, extractScalar(b, loc, in.getCondition()))
            : arith::ConstantIntOp::create(b, loc, 1, 1).getResult());
    SmallVector<Type> types = llvm::to_vector(ValueRange(inits).getTypes());
    SmallVector<Location> locs(types.size(), loc);
    auto loop = scf::WhileOp::create(b, loc, types, inits);

    Block *before = b.createBlock(&loop.getBefore(), {}, types, locs);
    Value goOn = before->getArgument(count + 1);
    if (trips) {
      Value isLeft = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           before->getArgument(count), trips);
      goOn = arith::AndIOp::create(b, loc, goOn, isLeft);
    }
    scf::ConditionOp::create(b, loc, goOn, before->getArguments());

    Block *after = b.createBlock(&loop.getAfter(), {}, types, locs);
    Value index = after->getArgument(count);
    ValueRange arguments = ValueRange(after->getArguments()).take_front(count);
    auto [condition, next] =
        inlineBody(after, index, after->getArgument(count + 1), arguments);
    b.setInsertionPointToEnd(after);
    // A value may be the old one of another: all are read before any is written.
    if (count > 1)
      for (Value &value : next)
        value = apart(value);
    SmallVector<Value> values;
    for (auto [argument, value] : llvm::zip_equal(arguments, next))
      values.push_back(inPlaceOf(argument, value));
    values.push_back(arith::AddIOp::create(b, loc, index, to.constantIndex(1)));
    values.push_back(condition);
    scf::YieldOp::create(b, loc, values);
    b.setInsertionPointAfter(loop);
    return trim(loop.getResults().take_front(count), loop.getResult(count));
  }

  LoopOp op;
  LoopOp::Adaptor in;
  Lowering &to;
  ConversionPatternRewriter &b;
  Location loc;
  size_t carried = 0;
  Value trips;
  Block *block = nullptr;
  SmallVector<Type> stateTypes;
  SmallVector<SmallVector<OpFoldResult>> scanSizes;
  SmallVector<std::optional<GrowingScan>> growing;
};

/// graph.loop  =>  scf.for where only the count ends it, else scf.while
struct LowerLoop : LoweringPattern<LoopOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(LoopOp op, Adaptor in, Lowering &to) const override {
    OpBuilder::InsertionGuard guard(to.b);
    return LoopLowering(op, in, to).lower();
  }
};
} // namespace

void graphopt::populateControlLowering(LoweringPatterns to) {
  to.add<LowerIf, LowerLoop, LowerYield>();
}
