#include "dialects/Graph/Sorting.h"
#include "Heap.h"
#include "Lowering.h"
#include "Scalar.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using P = arith::CmpIPredicate;

/// Whether x > y, both elements of the graph's type `type`; NaN is greatest.
static Value isGreater(IndexMath m, Type type, Value x, Value y) {
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
    Value values = to.map(
        indices, to.b.getMultiDimIdentityMap(rank), sizes,
        to.element(input.elementType),
        [&](OpBuilder &b, Location loc, ValueRange index) {
          SmallVector<Value> at;
          for (int64_t dim = 0; dim < rank; ++dim)
            at.push_back(linalg::IndexOp::create(b, loc, dim));
          at[axis] = IndexMath{b, loc}.index(index[0]);
          return tensor::ExtractOp::create(b, loc, in.getInput(), at).getResult();
        });
    return {{values, indices}};
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
      int64_t rank = op.getK().getType().getRank();
      count = m.index(tensor::ExtractOp::create(
          to.b, to.loc, to.lowered(op.getK()),
          SmallVector<Value>(rank, to.constantIndex(0))));
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
      if (!op.getLargest())
        std::swap(x, y);
      Value isEqual = m.compare(P::eq, isGreater(m, type, y, x),
                                arith::ConstantIntOp::create(m.b, m.loc, 0, 1));
      return m.orI(isGreater(m, type, x, y),
                   m.andI(isEqual, m.compare(P::slt, i, j)));
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
} // namespace

void graphopt::populateSortingLowering(LoweringPatterns to) {
  to.add<LowerTopK>();
}
