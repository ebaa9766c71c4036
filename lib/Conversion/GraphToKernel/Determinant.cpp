#include "Kernels.h"
#include "dialects/Graph/Linear.h"
#include "lib/Conversion/GraphToLinalg/Rows.h"
#include "lib/Conversion/GraphToLinalg/Selection.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;
using F = arith::CmpFPredicate;

namespace {
/// Elimination in a copy of one matrix after the other.
struct LowerDet : LoweringPattern<DetOp> {
  using LoweringPattern::LoweringPattern;
  using Body = function_ref<SmallVector<Value>(IndexMath, Value, ValueRange)>;

  Values lower(DetOp op, Adaptor in, Lowering &to) const override {
    ArrayRef<AffineExpr> dims = to.get(op.getInput()).dims;
    AffineExpr rows = dims[dims.size() - 2];
    to.requireEqual(rows, dims.back(), "the matrices are not square");
    OpFoldResult size = to.size(rows);
    Type element = op.getType().getElementType(), sumType = getSumType(element);
    SmallVector<OpFoldResult> sizes = to.sizes(op.getResult());
    return {{forEachPosition(
        to, sizes, to.empty(sizes, element),
        [&](IndexMath m, ValueRange at, Value results) {
          Value matrix = to.generate(
              {size, size}, sumType,
              [&](OpBuilder &b, Location loc, ValueRange place) -> Value {
                SmallVector<Value> position(at);
                llvm::append_range(position, place);
                Value x = tensor::ExtractOp::create(b, loc, in.getInput(), position);
                return Scalar{b, loc}.convert(x, sumType);
              });
          Value det = eliminate(m, matrix, to.asIndex(size));
          det = Scalar{m.b, m.loc}.convert(det, element);
          return tensor::InsertOp::create(m.b, m.loc, det, results, at).getResult();
        })}};
  }

  static SmallVector<Value> repeat(IndexMath m, Value from, Value until,
                                   ValueRange inits, Body body) {
    auto loop = scf::ForOp::create(
        m.b, m.loc, from, until, m.constant(1), inits,
        [&](OpBuilder &b, Location loc, Value at, ValueRange carried) {
          scf::YieldOp::create(b, loc, body({b, loc}, at, carried));
        });
    return SmallVector<Value>(loop.getResults());
  }

  static Value read(IndexMath m, Value matrix, Value row, Value column) {
    return tensor::ExtractOp::create(m.b, m.loc, matrix, ValueRange{row, column});
  }
  static Value write(IndexMath m, Value x, Value matrix, Value row, Value column) {
    return tensor::InsertOp::create(m.b, m.loc, x, matrix, ValueRange{row, column});
  }

  /// The product of the pivots; one for each exchange changes its sign.
  static Value eliminate(IndexMath m, Value matrix, Value size) {
    Type type = cast<RankedTensorType>(matrix.getType()).getElementType();
    Value one = Scalar{m.b, m.loc}.constant(type, 1);
    return repeat(
        m, m.constant(0), size, {matrix, one},
        [&](IndexMath m, Value k, ValueRange carried) -> SmallVector<Value> {
          Scalar s{m.b, m.loc};
          Value next = m.add(k, m.constant(1));
          Value row = findPivot(m, carried[0], k, size);
          Value matrix = exchange(m, carried[0], k, row, size);
          Value pivot = read(m, matrix, k, k);
          Value isSame = m.compare(arith::CmpIPredicate::eq, row, k);
          Value factor = s.select(isSame, pivot, s.op<arith::NegFOp>({pivot}));
          Value det = s.mul(carried[1], factor);
          return {subtract(m, matrix, k, next, pivot, size), det};
        })[1];
  }

  /// The row from `k` on with the largest element in column `k`.
  static Value findPivot(IndexMath m, Value matrix, Value k, Value size) {
    auto magnitude = [&](IndexMath m, Value row) {
      return Scalar{m.b, m.loc}.op<math::AbsFOp>({read(m, matrix, row, k)});
    };
    return repeat(
        m, m.add(k, m.constant(1)), size, {k, magnitude(m, k)},
        [&](IndexMath m, Value row, ValueRange best) -> SmallVector<Value> {
          Scalar s{m.b, m.loc};
          Value own = magnitude(m, row);
          Value isBetter = s.cmp(F::OGT, own, best[1]);
          return {s.select(isBetter, row, best[0]), s.select(isBetter, own, best[1])};
        })[0];
  }

  static Value exchange(IndexMath m, Value matrix, Value k, Value row, Value size) {
    return repeat(m, k, size, matrix,
                  [&](IndexMath m, Value column, ValueRange carried) -> SmallVector<Value> {
                    Value upper = read(m, carried[0], k, column);
                    Value lower = read(m, carried[0], row, column);
                    Value next = write(m, lower, carried[0], k, column);
                    return {write(m, upper, next, row, column)};
                  })[0];
  }

  /// Takes multiples of row `k` off the rows below.
  static Value subtract(IndexMath m, Value matrix, Value k, Value next, Value pivot,
                        Value size) {
    auto eachRow = [&](IndexMath m, Value row, ValueRange rows) -> SmallVector<Value> {
      Scalar s{m.b, m.loc};
      Value zero = s.constant(pivot, 0);
      Value factor = s.select(s.cmp(F::OEQ, pivot, zero), zero,
                              s.div(read(m, rows[0], row, k), pivot));
      return repeat(m, next, size, rows,
                    [&](IndexMath m, Value column, ValueRange carried) -> SmallVector<Value> {
                      Scalar s{m.b, m.loc};
                      Value x = s.sub(read(m, carried[0], row, column),
                                      s.mul(factor, read(m, carried[0], k, column)));
                      return {write(m, x, carried[0], row, column)};
                    });
    };
    return repeat(m, next, size, matrix, eachRow)[0];
  }
};
} // namespace

void graphopt::populateDeterminantLowering(LoweringPatterns to) {
  to.add<LowerDet>();
}
