#include "Kernels.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace graphopt;

kernel::MatMulOp graphopt::buildMatMul(Lowering &to, Type graphElement,
                                       Value lhs, Value rhs,
                                       ArrayRef<OpFoldResult> sizes) {
  Value init = to.empty(sizes, to.element(graphElement));
  auto op = kernel::MatMulOp::create(to.b, to.loc, lhs, rhs, init);
  op.setUnsignedLhs(graphElement.isUnsignedInteger());
  op.setUnsignedRhs(graphElement.isUnsignedInteger());
  return op;
}

void graphopt::setEpilogue(Lowering &to, kernel::EpilogueOp op,
                           ArrayRef<EpilogueExtra> extras,
                           llvm::function_ref<Value(Scalar, ValueRange)> body) {
  SmallVector<Attribute> maps;
  SmallVector<Value> values;
  Block *block = op.getBody();
  for (const EpilogueExtra &extra : extras) {
    maps.push_back(AffineMapAttr::get(extra.map));
    values.push_back(extra.value);
    block->addArgument(getElementTypeOrSelf(extra.value), to.loc);
  }
  unsigned init = op->getNumOperands() - 1;
  op->insertOperands(init, values);
  op->setAttr("maps", to.b.getArrayAttr(maps));
  // Not erased: the rewriter, who made it with the kernel, still looks at it.
  Operation *yield = block->getTerminator();
  OpBuilder inner(yield);
  yield->setOperands(body(Scalar{inner, to.loc}, block->getArguments()));
}

Value graphopt::buildTranspose(Lowering &to, Value value,
                               ArrayRef<int64_t> permutation) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(to.b, to.loc, value);
  Value init = to.empty(applyPermutation(ArrayRef(sizes), permutation),
                        getElementTypeOrSelf(value));
  return linalg::TransposeOp::create(to.b, to.loc, value, init, permutation)
      .getResult()[0];
}
