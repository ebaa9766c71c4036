// Sequences and optional values are numbers here: see lib/Runtime/Sequences.c.
#include "dialects/Graph/Sequence.h"
#include "Lowering.h"
#include "Sorting.h"
#include "dialects/Kernel/Kernel.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// Calls of the runtime for one op.
struct SequenceCalls {
  Lowering &to;

  Value integer(int64_t value) {
    return arith::ConstantOp::create(to.b, to.loc, to.b.getI64IntegerAttr(value));
  }
  /// An integer of any type, or an index.
  Value integer(Value value) {
    Type i64 = to.b.getI64Type();
    if (value.getType().isInteger(32))
      return arith::ExtSIOp::create(to.b, to.loc, i64, value);
    return to.math().cast(i64, value);
  }

  /// A function that gives a number.
  Value call(StringRef name, ValueRange inputs) {
    return kernel::CallOp::create(to.b, to.loc, ("graphopt_sequence_" + name).str(),
                                  inputs, ValueRange(), to.b.getI64Type())
        .getResult(0);
  }
  /// A function that writes a tensor.
  Value fill(StringRef name, ValueRange inputs, Value init) {
    return kernel::CallOp::create(to.b, to.loc, ("graphopt_sequence_" + name).str(),
                                  inputs, init)
        .getResult(0);
  }

  Value length(Value list) { return call("length", list); }

  /// A position that the graph gives, or if it does not, `otherwise`.
  Value position(Value graphPosition, Value otherwise) {
    return graphPosition ? integer(readScalar(to, graphPosition)) : otherwise;
  }

  /// Integers in memory; of none there is one, so that it has an address.
  Value list(ArrayRef<Value> values) {
    SmallVector<Value> elements(values);
    if (elements.empty())
      elements.push_back(integer(0));
    return tensor::FromElementsOp::create(to.b, to.loc, elements);
  }

  int64_t elementBytes(Type type) {
    return cast<RankedTensorType>(type).getElementTypeBitWidth() / 8;
  }

  /// What the runtime is told of a tensor: data, extents, rank, bytes of an element.
  SmallVector<Value> describe(Value tensor) {
    auto type = cast<RankedTensorType>(tensor.getType());
    SmallVector<Value> extents;
    for (OpFoldResult size : tensor::getMixedSizes(to.b, to.loc, tensor))
      extents.push_back(integer(to.asIndex(size)));
    return {tensor, list(extents), integer(type.getRank()),
            integer(elementBytes(type))};
  }

  /// The list with `value` at `position`: a tensor, or a list of one.
  Value insert(Value list, Value position, Value value) {
    if (!isa<RankedTensorType>(value.getType()))
      return call("insert_item", {list, position, value});
    SmallVector<Value> inputs{list, position};
    llvm::append_range(inputs, describe(value));
    return call("insert", inputs);
  }

  /// Bytes of a tensor.
  Value bytes(Value tensor) {
    Value count = to.constantIndex(elementBytes(tensor.getType()));
    for (OpFoldResult size : tensor::getMixedSizes(to.b, to.loc, tensor))
      count = to.math().mul(count, to.asIndex(size));
    return integer(count);
  }

  /// The tensor at a position of a list, which must have the rank of `type`.
  Value read(Value list, Value position, RankedTensorType type) {
    Value rank = integer(type.getRank());
    SmallVector<OpFoldResult> sizes;
    for (auto [dim, extent] : llvm::enumerate(type.getShape()))
      if (ShapedType::isDynamic(extent))
        sizes.push_back(to.math().index(
            call("extent", {list, position, rank, integer(dim)})));
      else
        sizes.push_back(to.b.getIndexAttr(extent));
    Value init = to.empty(sizes, type.getElementType());
    return fill("read", {list, position, rank, bytes(init)}, init);
  }

  /// The same as what the value is lowered to: a tensor, or a list of one.
  Value take(Value list, Value position, Type lowered) {
    if (auto type = dyn_cast<RankedTensorType>(lowered))
      return read(list, position, type);
    return call("at", {list, position});
  }
};

struct LowerSequenceEmpty : LoweringPattern<SequenceEmptyOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SequenceEmptyOp, Adaptor, Lowering &to) const override {
    return {{SequenceCalls{to}.call("empty", {})}};
  }
};

struct LowerSequenceConstruct : LoweringPattern<SequenceConstructOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SequenceConstructOp, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    Value list = calls.call("empty", {});
    for (auto [i, value] : llvm::enumerate(in.getValues()))
      list = calls.insert(list, calls.integer(i), value);
    return {{list}};
  }
};

struct LowerSequenceInsert : LoweringPattern<SequenceInsertOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SequenceInsertOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    Value list = in.getSequence();
    Value end = op.getPosition() ? Value() : calls.length(list);
    return {{calls.insert(list, calls.position(op.getPosition(), end), in.getValue())}};
  }
};

struct LowerSequenceErase : LoweringPattern<SequenceEraseOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SequenceEraseOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    Value last = op.getPosition() ? Value() : calls.integer(-1);
    return {{calls.call("erase", {in.getSequence(),
                                  calls.position(op.getPosition(), last)})}};
  }
};

struct LowerSequenceAt : LoweringPattern<SequenceAtOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SequenceAtOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    return {{calls.take(in.getSequence(), calls.position(op.getPosition(), {}),
                        to.types.convertType(op.getType()))}};
  }
};

struct LowerSequenceLength : LoweringPattern<SequenceLengthOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SequenceLengthOp, Adaptor in, Lowering &to) const override {
    Value length = SequenceCalls{to}.length(in.getSequence());
    auto type = RankedTensorType::get({}, to.b.getI64Type());
    return {{tensor::FromElementsOp::create(to.b, to.loc, type, length).getResult()}};
  }
};

struct LowerSplitToSequence : LoweringPattern<SplitToSequenceOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(SplitToSequenceOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    int64_t axis = op.getAxis();
    if (axis < 0)
      axis += op.getInput().getType().getRank();
    SmallVector<Value> inputs = calls.describe(in.getInput());
    inputs.push_back(calls.integer(axis));
    if (op.getSizes() && op.getSizes().getType().getRank() == 1) {
      Value sizes = asIntegers(to, op.getSizes());
      Value count = tensor::DimOp::create(to.b, to.loc, sizes, 0);
      inputs.append({sizes, calls.integer(count)});
      return {{calls.call("split", inputs)}};
    }
    inputs.append({calls.position(op.getSizes(), calls.integer(1)),
                   calls.integer(op.dropsAxis())});
    return {{calls.call("cut", inputs)}};
  }

  static Value asIntegers(Lowering &to, Value graphList) {
    return to.map(to.lowered(graphList), to.b.getMultiDimIdentityMap(1),
                  to.sizes(graphList), to.b.getI64Type(),
                  [](OpBuilder &b, Location loc, ValueRange element) -> Value {
                    Type i64 = b.getI64Type();
                    return element[0].getType() == i64
                               ? element[0]
                               : arith::ExtSIOp::create(b, loc, i64, element[0]);
                  });
  }
};

struct LowerConcatFromSequence : LoweringPattern<ConcatFromSequenceOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(ConcatFromSequenceOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    auto type = cast<RankedTensorType>(to.types.convertType(op.getType()));
    int64_t rank = type.getRank(), axis = op.getAxis();
    if (axis < 0)
      axis += rank;
    // A new dimension joins what is before it with what is behind: no other extent is
    // a sum.
    Value list = in.getSequence(),
          itemRank = calls.integer(rank - op.getNewAxis()),
          joined = calls.integer(op.getNewAxis() ? -1 : axis);
    SmallVector<OpFoldResult> sizes;
    for (int64_t dim = 0; dim < rank; ++dim) {
      bool isNew = op.getNewAxis() && dim == axis;
      Value of = calls.integer(dim - (op.getNewAxis() && dim > axis));
      sizes.push_back(to.math().index(
          isNew ? calls.length(list)
                : calls.call("joint", {list, itemRank, joined, of})));
    }
    if (rank == 1 && op.getNewAxis()) // scalars, of which none is no tensor
      to.require(to.math().compare(arith::CmpIPredicate::ne, to.asIndex(sizes[0]),
                                   to.constantIndex(0)),
                 "an empty sequence is joined");
    Value init = to.empty(sizes, type.getElementType());
    return {{calls.fill("concat", {list, calls.integer(axis), calls.bytes(init)}, init)}};
  }
};

//===----------------------------------------------------------------------===//
// Optional values
//===----------------------------------------------------------------------===//

/// A tensor that may be absent is a list of one, anything absent 0.
struct LowerOptionalSome : LoweringPattern<OptionalSomeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(OptionalSomeOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    Value value = in.getValue();
    if (isa<RankedTensorType>(value.getType()))
      value = calls.insert(calls.call("empty", {}), calls.integer(0), value);
    return {{value}};
  }
};

struct LowerOptionalNone : LoweringPattern<OptionalNoneOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(OptionalNoneOp, Adaptor, Lowering &to) const override {
    return {{SequenceCalls{to}.integer(0)}};
  }
};

static Value isThere(Lowering &to, Value handle) {
  return to.math().compare(arith::CmpIPredicate::ne, handle,
                           SequenceCalls{to}.integer(0));
}

struct LowerOptionalHasElement : LoweringPattern<OptionalHasElementOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(OptionalHasElementOp, Adaptor in, Lowering &to) const override {
    Value flag = arith::ExtUIOp::create(to.b, to.loc, to.b.getI8Type(),
                                        isThere(to, in.getValue()));
    auto type = RankedTensorType::get({}, to.b.getI8Type());
    return {{tensor::FromElementsOp::create(to.b, to.loc, type, flag).getResult()}};
  }
};

struct LowerOptionalGetElement : LoweringPattern<OptionalGetElementOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(OptionalGetElementOp op, Adaptor in, Lowering &to) const override {
    to.require(isThere(to, in.getValue()), "an optional value is absent");
    auto type = dyn_cast<RankedTensorType>(to.types.convertType(op.getType()));
    SequenceCalls calls{to};
    return {{type ? calls.read(in.getValue(), calls.integer(0), type) : in.getValue()}};
  }
};

/// Only a tensor whose rank is known from here on is another value.
struct LowerRetype : LoweringPattern<RetypeOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RetypeOp op, Adaptor in, Lowering &to) const override {
    SequenceCalls calls{to};
    auto type = dyn_cast<RankedTensorType>(to.types.convertType(op.getType()));
    return {{type ? calls.read(in.getValue(), calls.integer(0), type) : in.getValue()}};
  }
};
} // namespace

void graphopt::populateSequenceLowering(LoweringPatterns to) {
  to.add<LowerConcatFromSequence, LowerOptionalGetElement, LowerOptionalHasElement,
         LowerOptionalNone, LowerOptionalSome, LowerRetype, LowerSequenceAt,
         LowerSequenceConstruct, LowerSequenceEmpty, LowerSequenceErase,
         LowerSequenceInsert, LowerSequenceLength, LowerSplitToSequence>();
}
