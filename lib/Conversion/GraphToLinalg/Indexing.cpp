#include "dialects/Graph/Indexing.h"
#include "Positions.h"
#include "Scalar.h"
#include "Selection.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
struct LowerGather : LoweringPattern<GatherOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(GatherOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &data = to.get(op.getData()),
                         &indices = to.get(op.getIndices());
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), data.getRank());
    int64_t depth = indices.getRank(), rank = data.getRank() - 1 + depth;
    Position position = Position::in(data.dims[axis], op.getIndices(), to);
    SmallVector<OpFoldResult> sizes = to.sizes(op.getResult());
    if (depth <= 1 && getConstant(to.shapes.product(indices.dims)) == 1)
      return {{takeOne(in, axis, depth, position, sizes, to)}};

    SmallVector<AffineExpr> read;
    for (int64_t i = 0; i < depth; ++i)
      read.push_back(to.b.getAffineDimExpr(axis + i));
    AffineMap map = AffineMap::get(rank, 0, read, to.b.getContext());
    Value input = in.getData();
    return {{to.map(
        in.getIndices(), map, sizes, to.element(data.elementType),
        [&](OpBuilder &b, Location loc, ValueRange index) {
          SmallVector<Value> at;
          for (int64_t dim = 0; dim < data.getRank(); ++dim) {
            int64_t own = dim < axis ? dim : dim + depth - 1;
            at.push_back(dim == axis
                             ? position.build({b, loc}, index[0])
                             : linalg::IndexOp::create(b, loc, own).getResult());
          }
          return tensor::ExtractOp::create(b, loc, input, at).getResult();
        })}};
  }

  /// A single index takes a slice, without a copy.
  static Value takeOne(Adaptor in, int64_t axis, int64_t depth,
                       const Position &position, ArrayRef<OpFoldResult> sizes,
                       Lowering &to) {
    auto type = cast<RankedTensorType>(in.getData().getType());
    Value index = tensor::ExtractOp::create(
        to.b, to.loc, in.getIndices(),
        SmallVector<Value>(depth, to.constantIndex(0)));
    SmallVector<OpFoldResult> offsets(type.getRank(), to.b.getIndexAttr(0)),
        ones(type.getRank(), to.b.getIndexAttr(1)), all(sizes);
    offsets[axis] = getAsOpFoldResult(position.build(to.math(), index));
    if (depth == 0)
      all.insert(all.begin() + axis, to.b.getIndexAttr(1));
    SmallVector<int64_t> shape;
    SmallVector<Value> ignored;
    dispatchIndexOpFoldResults(sizes, ignored, shape);
    // Of two dimensions of extent 1 upstream's patterns may take the wrong one away.
    if (depth == 0 && llvm::is_contained(shape, 1)) {
      Value whole = tensor::ExtractSliceOp::create(to.b, to.loc, in.getData(), offsets, all, ones);
      return tensor::CollapseShapeOp::create(to.b, to.loc, type.clone(shape), whole,
                                             mergeInto(axis, type.getRank()));
    }
    return tensor::ExtractSliceOp::create(to.b, to.loc, type.clone(shape),
                                          in.getData(), offsets, all, ones);
  }

  /// Dimension `axis` joins the one before it, the first one the one after it.
  static SmallVector<ReassociationIndices> mergeInto(int64_t axis, int64_t rank) {
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim == std::max<int64_t>(axis, 1))
        groups.back().push_back(dim);
      else
        groups.push_back({dim});
    return groups;
  }
};

struct LowerGatherElements : LoweringPattern<GatherElementsOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(GatherElementsOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &data = to.get(op.getData()),
                         &indices = to.get(op.getIndices());
    int64_t rank = data.getRank();
    int64_t axis = *normalizeAxis(std::nullopt, op.getAxis(), rank);
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != axis)
        to.requireNonNegative(
            to.shapes.sub(data.dims[dim], indices.dims[dim]),
            "there are more indices than data");
    Position position = Position::in(data.dims[axis], op.getIndices(), to);
    Value input = in.getData();
    return {{to.map(
        in.getIndices(), to.b.getMultiDimIdentityMap(rank), to.sizes(indices.dims),
        to.element(data.elementType),
        [&](OpBuilder &b, Location loc, ValueRange index) {
          SmallVector<Value> at;
          for (int64_t dim = 0; dim < rank; ++dim)
            at.push_back(dim == axis
                             ? position.build({b, loc}, index[0])
                             : linalg::IndexOp::create(b, loc, dim).getResult());
          return tensor::ExtractOp::create(b, loc, input, at).getResult();
        })}};
  }
};

/// The elements of a position are operands of their own: the same tensor, read
/// at 0, 1, ... of its last dimension.
struct LowerGatherND : LoweringPattern<GatherNDOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(GatherNDOp op, Adaptor in, Lowering &to) const override {
    const InferredTensor &data = to.get(op.getData()),
                         &indices = to.get(op.getIndices());
    int64_t batch = op.getBatchDims(), depth = *getConstant(indices.dims.back());
    int64_t outer = indices.getRank() - 1;
    int64_t rank = outer + data.getRank() - batch - depth;
    for (int64_t dim = 0; dim < batch; ++dim)
      to.requireEqual(data.dims[dim], indices.dims[dim],
                      "batch dimensions differ");
    SmallVector<Position> positions = positionsIn(
        ArrayRef<AffineExpr>(data.dims).slice(batch, depth), op.getIndices(), to);
    SmallVector<AffineMap> maps;
    SmallVector<AffineExpr> read;
    for (int64_t i = 0; i < outer; ++i)
      read.push_back(to.b.getAffineDimExpr(i));
    read.push_back({});
    for (int64_t i = 0; i < depth; ++i) {
      read.back() = to.b.getAffineConstantExpr(i);
      maps.push_back(AffineMap::get(rank, 0, read, to.b.getContext()));
    }
    Value input = in.getData();
    return {{to.map(
        SmallVector<Value>(depth, in.getIndices()), maps,
        to.sizes(op.getResult()), to.element(data.elementType),
        [&](OpBuilder &b, Location loc, ValueRange index) {
          SmallVector<Value> at;
          for (int64_t dim = 0; dim < data.getRank(); ++dim) {
            if (dim >= batch && dim < batch + depth) {
              at.push_back(positions[dim - batch].build({b, loc}, index[dim - batch]));
              continue;
            }
            int64_t own = dim < batch ? dim : dim - batch - depth + outer;
            at.push_back(linalg::IndexOp::create(b, loc, own));
          }
          return tensor::ExtractOp::create(b, loc, input, at).getResult();
        })}};
  }
};

struct LowerNonZero : LoweringPattern<NonZeroOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(NonZeroOp op, Adaptor in, Lowering &to) const override {
    int64_t rank = op.getInput().getType().getRank();
    auto isNonZero = [&](IndexMath m, ValueRange, Value x) -> Value {
      Value zero = m.zero(x.getType());
      if (isa<FloatType>(x.getType()))
        return arith::CmpFOp::create(m.b, m.loc, arith::CmpFPredicate::UNE, x,
                                     zero);
      return m.compare(arith::CmpIPredicate::ne, x, zero);
    };
    Selection selection(to, to.known(op.getInput()));
    Value count = selection.count(isNonZero);
    Value columns =
        to.empty({to.b.getIndexAttr(rank), getAsOpFoldResult(count)},
                 to.b.getI64Type());
    return {{selection
                 .write(columns, to.constantIndex(0), isNonZero,
                        [&](IndexMath m, ValueRange at, Value, Value place,
                            Value result) {
                          for (auto [dim, index] : llvm::enumerate(at))
                            result = tensor::InsertOp::create(
                                m.b, m.loc, m.cast(m.b.getI64Type(), index),
                                result, ValueRange{m.constant(dim), place});
                          return result;
                        })
                 .first}};
  }
};

struct LowerTreeLeaves : LoweringPattern<TreeLeavesOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(TreeLeavesOp op, Adaptor in, Lowering &to) const override {
    AffineExpr width = to.get(op.getInput()).dims[1];
    auto bounds = getConstantBounds(op.getFeatures());
    if (bounds && !getConstant(width))
      to.require(to.math().compare(arith::CmpIPredicate::sgt, to.asIndex(to.size(width)),
                                   to.constantIndex(bounds->second)),
                 "a row has too few features");
    Value depth = to.constantIndex(op.getDepth()), zero = to.constantIndex(0),
          one = to.constantIndex(1);
    AffineMap perTree = AffineMap::get(2, 0, to.b.getAffineDimExpr(1));
    return {{to.map(in.getRoots(), perTree, to.sizes(op.getResult()), to.b.getI32Type(),
                    [&](OpBuilder &b, Location loc, ValueRange root) {
                      Value row = linalg::IndexOp::create(b, loc, 0);
                      auto loop = scf::ForOp::create(
                          b, loc, zero, depth, one, root[0],
                          [&](OpBuilder &b, Location loc, Value, ValueRange step) {
                            scf::YieldOp::create(
                                b, loc, takeStep(in, {b, loc}, row, step[0]));
                          });
                      return loop.getResult(0);
                    })}};
  }

  static Value takeStep(Adaptor in, IndexMath m, Value row, Value step) {
    auto read = [&](Value table, ValueRange at) -> Value {
      return tensor::ExtractOp::create(m.b, m.loc, table, at);
    };
    Value place = m.index(step);
    Value feature = m.index(read(in.getFeatures(), place));
    Value x = read(in.getInput(), {row, feature});
    Value holds = arith::CmpFOp::create(m.b, m.loc, arith::CmpFPredicate::OLE, x,
                                        read(in.getSplits(), place));
    if (in.getMissing()) {
      Value isMissing = arith::CmpFOp::create(m.b, m.loc, arith::CmpFPredicate::UNO, x, x);
      Value isTaken = buildCondition(m.b, m.loc, read(in.getMissing(), place));
      holds = m.orI(holds, m.andI(isMissing, isTaken));
    }
    Value side = m.select(holds, m.constant(1), m.constant(0));
    return read(in.getNext(), {place, side});
  }
};
} // namespace

void graphopt::populateIndexingLowering(LoweringPatterns to) {
  to.add<LowerGather, LowerGatherElements, LowerGatherND, LowerNonZero,
         LowerTreeLeaves>();
}
