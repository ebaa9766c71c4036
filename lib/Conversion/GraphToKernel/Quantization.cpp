#include "dialects/Graph/Quantization.h"
#include "Kernels.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// A constant matrix the other way round.
static Value turn(Lowering &to, Value matrix) {
  DenseElementsAttr elements;
  if (!matchPattern(matrix, m_Constant(&elements)) || !elements.isSplat())
    return buildTranspose(to, matrix, {1, 0});
  auto type = cast<RankedTensorType>(matrix.getType());
  auto turned = type.clone({type.getDimSize(1), type.getDimSize(0)});
  return arith::ConstantOp::create(to.b, to.loc, elements.resizeSplat(turned));
}

namespace {
struct LowerGridMatMul : LoweringPattern<GridMatMulOp> {
  using LoweringPattern::LoweringPattern;

  FailureOr<SmallVector<Value>> lower(GridMatMulOp op, Adaptor in,
                                      Lowering &to) const override {
    auto matrix = [&](Value value) {
      return value && op.getTransB() ? turn(to, value) : value;
    };
    ArrayRef<AffineExpr> dims = to.get(op.getLhs()).dims;
    to.requireEqual(dims.back(), to.shapes.constant(op.getDepth()),
                    "the columns of the left side are not as many as the rows of the right");
    Value lhs = to.known(op.getLhs());
    auto type = cast<RankedTensorType>(lhs.getType());
    if (type.isDynamicDim(type.getRank() - 1)) {
      SmallVector<int64_t> shape(type.getShape());
      shape.back() = op.getDepth();
      lhs = tensor::CastOp::create(to.b, to.loc, type.clone(shape), lhs);
    }
    Value init = to.empty(to.sizes(to.get(op.getResult()).dims),
                          to.element(op.getType().getElementType()));
    Type element = op.getRhs().getType().getElementType();
    auto product = kernel::GridMatMulOp::create(
        to.b, to.loc, lhs, matrix(in.getRhs()), matrix(in.getScale()),
        matrix(in.getZero()), init, element.getIntOrFloatBitWidth(),
        std::min<int64_t>(op.getBlockSize(), op.getDepth()));
    product.setUnsignedRhs(element.isUnsignedInteger());
    return {{product.getResult()}};
  }
};
} // namespace

/// graph-decompose-quantization leaves nothing else.
void graphopt::populateQuantizationLowering(LoweringPatterns to) {
  to.add<LowerGridMatMul>();
}
