#include "dialects/Graph/Sorting.h"
#include "Heap.h"
#include "Scalar.h"
#include "Selection.h"
#include "Sorting.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

Value graphopt::isGreater(IndexMath m, Type type, Value x, Value y) {
  if (!isa<FloatType>(type))
    return m.compare(type.isUnsignedInteger() || type.isInteger(1) ? P::ugt
                                                                   : P::sgt,
                     x, y);
  Scalar s{m.b, m.loc};
  if (type.getIntOrFloatBitWidth() < 32) {
    x = s.convert(x, m.b.getF32Type());
    y = s.convert(y, m.b.getF32Type());
  }
  return m.andI(s.cmp(arith::CmpFPredicate::UGT, x, y),
                s.cmp(arith::CmpFPredicate::ORD, y, y));
}

Value graphopt::readScalar(Lowering &to, Value graphValue) {
  const InferredTensor &tensor = to.get(graphValue);
  for (AffineExpr dim : tensor.dims)
    to.requireEqual(dim, to.shapes.constant(1), "a limit is not one number");
  return tensor::ExtractOp::create(
      to.b, to.loc, to.lowered(graphValue),
      SmallVector<Value>(tensor.getRank(), to.constantIndex(0)));
}

Value graphopt::isBefore(IndexMath m, Type type, Value x, Value y, Value i,
                         Value j) {
  Value isNotGreater = m.compare(P::eq, isGreater(m, type, x, y),
                                 arith::ConstantIntOp::create(m.b, m.loc, 0, 1));
  return m.orI(isGreater(m, type, y, x),
               m.andI(isNotGreater, m.compare(P::slt, i, j)));
}

namespace {
/// Each row keeps the best k of what it has seen in a heap.
struct LowerTopK : LoweringPattern<TopKOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(TopKOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    int64_t rank = input.getRank();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    Value k = countOf(op, axis, to);
    SmallVector<OpFoldResult> sizes = to.sizes(input.dims);
    Value extent = to.asIndex(sizes[axis]);
    sizes[axis] = getAsOpFoldResult(k);

    Value indices = to.generate(
        sizes, to.b.getI64Type(),
        [&](OpBuilder &b, Location loc, ValueRange position) {
          return IndexMath{b, loc}.cast(b.getI64Type(), position[axis]);
        });
    indices = forEachRow(to, axis, indices, sizes, [&](ValueRange row, Value items) {
      return select(op, in.getInput(), axis, row, items, k, extent, to);
    });
    Value values = takeElements(to, in.getInput(), indices, axis, sizes);
    return {{values, indices}};
  }

  static Value takeElements(Lowering &to, Value input, Value indices,
                            int64_t axis, ArrayRef<OpFoldResult> sizes) {
    int64_t rank = sizes.size();
    return to.map(
        indices, to.b.getMultiDimIdentityMap(rank), sizes,
        cast<RankedTensorType>(input.getType()).getElementType(),
        [&](OpBuilder &b, Location loc, ValueRange index) {
          SmallVector<Value> at;
          for (int64_t dim = 0; dim < rank; ++dim)
            at.push_back(linalg::IndexOp::create(b, loc, dim));
          at[axis] = IndexMath{b, loc}.index(index[0]);
          return tensor::ExtractOp::create(b, loc, input, at).getResult();
        });
  }

  static Value countOf(TopKOp op, int64_t axis, Lowering &to) {
    IndexMath m = to.math();
    AffineExpr k = to.get(op.getValues()).dims[axis],
               extent = to.get(op.getInput()).dims[axis];
    bool isKnown = to.isComputable(k);
    Value count;
    if (isKnown) {
      count = to.asIndex(to.size(k));
    } else {
      count = m.index(readScalar(to, op.getK()));
    }
    if (isKnown && to.shapes.isNonNegative(k) &&
        to.shapes.isNonNegative(to.shapes.sub(extent, k)))
      return count;
    Value isGood = m.compare(P::ule, count, to.asIndex(to.size(extent)));
    to.require(isGood, "k is not a number of elements in a row");
    return count;
  }

  /// Calls `body` with each position in the dimensions but `axis`, and with the
  /// row of `tensor` there, which it turns into the row of the result.
  static Value
  forEachRow(Lowering &to, int64_t axis, Value tensor,
             ArrayRef<OpFoldResult> sizes,
             llvm::function_ref<Value(ValueRange, Value)> body) {
    if (sizes.size() == 1)
      return body({}, tensor);
    SmallVector<OpFoldResult> rows(sizes), size(sizes.size(), to.b.getIndexAttr(1)),
        ones(size);
    rows.erase(rows.begin() + axis);
    size[axis] = sizes[axis];
    auto loop = scf::ForallOp::create(to.b, to.loc, rows, tensor, std::nullopt);
    OpBuilder::InsertionGuard guard(to.b);
    to.b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> row = loop.getInductionVars();
    SmallVector<OpFoldResult> offsets(row.begin(), row.end());
    offsets.insert(offsets.begin() + axis, to.b.getIndexAttr(0));
    Value all = loop.getRegionIterArgs()[0];
    auto type = cast<RankedTensorType>(tensor.getType());
    type = RankedTensorType::get(type.getDimSize(axis), type.getElementType());
    Value items = tensor::ExtractSliceOp::create(to.b, to.loc, type, all, offsets,
                                                 size, ones);
    items = body(row, items);
    to.b.setInsertionPointToStart(loop.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(to.b, to.loc, items, all, offsets, size,
                                          ones);
    return loop.getResult(0);
  }

  static Value select(TopKOp op, Value input, int64_t axis, ValueRange row,
                      Value items, Value k, Value extent, Lowering &to) {
    Type type = op.getInput().getType().getElementType();
    auto element = [&](IndexMath m, Value item) {
      SmallVector<Value> at(row);
      at.insert(at.begin() + axis, item);
      return tensor::ExtractOp::create(m.b, m.loc, input, at).getResult();
    };
    Heap heap(to.b, to.loc, [&](IndexMath m, Value i, Value j) {
      Value x = element(m, i), y = element(m, j);
      if (op.getLargest())
        std::swap(x, y);
      return isBefore(m, type, x, y, i, j);
    });
    items = heap.build(items, k);
    // Of no elements, there is no best.
    IndexMath m = to.math();
    Value end = m.select(m.compare(P::sgt, k, m.constant(0)), extent, k);
    items = scf::ForOp::create(
                to.b, to.loc, k, end, m.constant(1), items,
                [&](OpBuilder &b, Location loc, Value i, ValueRange state) {
                  scf::YieldOp::create(b, loc, heap.offer(state[0], k, i));
                })
                .getResult(0);
    return op.getSorted() ? heap.sort(items, k) : items;
  }
};

/// Compares slices along a dimension with each other.
class Slices {
public:
  Slices(Lowering &to, Value input, Type type, int64_t axis)
      : type(type), values(input) {
    int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
    if (rank == 1)
      return;
    // One row each.
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq(rank));
    order.erase(order.begin() + axis);
    order.insert(order.begin(), axis);
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(to.b, to.loc, input);
    applyPermutationToVector(sizes, order);
    Value init = to.empty(
        sizes, cast<RankedTensorType>(input.getType()).getElementType());
    values = linalg::TransposeOp::create(to.b, to.loc, input, init, order)
                 .getResult()[0];
    SmallVector<ReassociationIndices> groups{{0}, {}};
    for (int64_t dim = 1; dim < rank; ++dim)
      groups[1].push_back(dim);
    values = tensor::CollapseShapeOp::create(to.b, to.loc, values, groups);
    width = to.asIndex(tensor::getMixedSize(to.b, to.loc, values, 1));
  }

  /// i1s: whether slice `i` is less than slice `j`, and whether it is equal.
  std::pair<Value, Value> compare(IndexMath m, Value i, Value j) const {
    Value no = arith::ConstantIntOp::create(m.b, m.loc, 0, 1);
    if (!width) {
      Value x = read(m, i), y = read(m, j);
      Value isLess = isGreater(m, type, y, x);
      Value differ = m.orI(isLess, isGreater(m, type, x, y));
      return {isLess, m.compare(P::eq, differ, no)};
    }
    // The first column where they differ decides.
    auto loop = scf::WhileOp::create(
        m.b, m.loc, TypeRange{m.b.getIndexType()}, ValueRange{m.constant(0)},
        [&](OpBuilder &b, Location loc, ValueRange at) {
          Value isSame = ifInside(m, at[0], [&] {
            Value x = read(m, i, at[0]), y = read(m, j, at[0]);
            return m.compare(P::eq,
                             m.orI(isGreater(m, type, x, y),
                                   isGreater(m, type, y, x)),
                             no);
          });
          scf::ConditionOp::create(b, loc, isSame, at);
        },
        [&](OpBuilder &b, Location loc, ValueRange at) {
          scf::YieldOp::create(b, loc, m.add(at[0], m.constant(1)));
        });
    Value column = loop.getResult(0);
    Value isLess = ifInside(m, column, [&] {
      return isGreater(m, type, read(m, j, column), read(m, i, column));
    });
    return {isLess, m.compare(P::eq, column, width)};
  }

private:
  /// `body` if there is such a column, else false.
  Value ifInside(IndexMath m, Value column, llvm::function_ref<Value()> body) const {
    return scf::IfOp::create(
               m.b, m.loc, m.compare(P::slt, column, width),
               [&](OpBuilder &b, Location loc) {
                 scf::YieldOp::create(b, loc, body());
               },
               [&](OpBuilder &b, Location loc) {
                 Value no = arith::ConstantIntOp::create(b, loc, 0, 1);
                 scf::YieldOp::create(b, loc, no);
               })
        .getResult(0);
  }
  Value read(IndexMath m, Value row, Value column = {}) const {
    SmallVector<Value> at{row};
    if (column)
      at.push_back(column);
    return tensor::ExtractOp::create(m.b, m.loc, values, at);
  }

  Type type;
  Value values;
  Value width; // null: single elements
};

/// Slices are sorted, so that equal ones meet; each set has the position of its
/// first one as its leader.
struct LowerUnique : LoweringPattern<UniqueOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(UniqueOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &input = to.get(op.getInput());
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), input.getRank());
    SmallVector<OpFoldResult> sizes = to.sizes(input.dims);
    OpFoldResult extent = sizes[axis];
    Type i64 = to.b.getI64Type();
    Slices slices(to, in.getInput(), input.elementType, axis);
    Value order = sort(to, slices, extent);
    Value leaders = findLeaders(to, slices, order, extent);

    // Positions are walked in the order of the values.
    auto item = [&](IndexMath m, ValueRange at, Value element) {
      return op.getSorted() ? m.index(element) : at[0];
    };
    auto isLeader = [&](IndexMath m, ValueRange at, Value element) {
      Value own = item(m, at, element);
      return m.compare(P::eq, own, read(m, leaders, own));
    };
    Selection selection(to, op.getSorted() ? order : leaders);
    Value count = selection.count(isLeader);
    Value firsts = to.empty(getAsOpFoldResult(count), i64);
    firsts = selection
                 .write(firsts, to.constantIndex(0), isLeader,
                        [&](IndexMath m, ValueRange at, Value element,
                            Value place, Value result) {
                          return write(m, result, place, item(m, at, element));
                        })
                 .first;

    Value numbers = forEachPosition(
        to, getAsOpFoldResult(count), to.empty(extent, i64),
        [&](IndexMath m, ValueRange at, Value state) {
          return write(m, state, read(m, firsts, at[0]), at[0]);
        });
    Value inverse = to.map(
        leaders, to.b.getMultiDimIdentityMap(1), extent, i64,
        [&](OpBuilder &b, Location loc, ValueRange leader) {
          Value at = IndexMath{b, loc}.index(leader[0]);
          return tensor::ExtractOp::create(b, loc, numbers, at).getResult();
        });
    Value counts = forEachPosition(
        to, extent, to.filled(getAsOpFoldResult(count), to.constant(i64, 0)),
        [&](IndexMath m, ValueRange at, Value state) {
          Value number = read(m, inverse, at[0]);
          return write(m, state, number,
                       m.add(read(m, state, number), m.constant(1)));
        });
    sizes[axis] = getAsOpFoldResult(count);
    Value values = takeSlices(to, in.getInput(), firsts, axis, sizes);
    return {{values, firsts, inverse, counts}};
  }

  static Value read(IndexMath m, Value list, Value at) {
    return m.index(tensor::ExtractOp::create(m.b, m.loc, list, at));
  }
  static Value write(IndexMath m, Value list, Value at, Value position) {
    return tensor::InsertOp::create(
        m.b, m.loc, m.cast(m.b.getI64Type(), position), list, at);
  }

  static Value sort(Lowering &to, const Slices &slices, OpFoldResult extent) {
    Value order = to.generate(
        extent, to.b.getI64Type(),
        [](OpBuilder &b, Location loc, ValueRange position) {
          return IndexMath{b, loc}.cast(b.getI64Type(), position[0]);
        });
    Heap heap(to.b, to.loc, [&](IndexMath m, Value i, Value j) {
      auto [isLess, isEqual] = slices.compare(m, i, j);
      return m.orI(isLess, m.andI(isEqual, m.compare(P::slt, i, j)));
    });
    Value count = to.asIndex(extent);
    return heap.sort(heap.build(order, count), count);
  }

  /// For each slice the first one that equals it.
  static Value findLeaders(Lowering &to, const Slices &slices, Value order,
                           OpFoldResult extent) {
    return forEachPosition(
        to, extent, to.empty(extent, to.b.getI64Type()),
        [&](IndexMath m, ValueRange at, Value leaders) {
          Value zero = m.constant(0);
          Value item = read(m, order, at[0]);
          Value before =
              read(m, order, m.max(m.sub(at[0], m.constant(1)), zero));
          Value isFirst = m.compare(P::eq, at[0], zero);
          Value isEqual = slices.compare(m, before, item).second;
          Value leader = m.select(isEqual, read(m, leaders, before), item);
          return write(m, leaders, item, m.select(isFirst, item, leader));
        });
  }
};
} // namespace

void graphopt::populateSortingLowering(LoweringPatterns to) {
  to.add<LowerTopK, LowerUnique>();
  populateNonMaxSuppressionLowering(to);
}
