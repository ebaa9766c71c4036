//===- ExpandTranspose.cpp - Elements in another order --------------------===//

#include "ExpandTranspose.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using linalg::LinalgOp;
using Size = LoopBuilder::Size;

namespace {
constexpr int64_t kSide = kWarp;   ///< of a square
constexpr int64_t kWarps = 8;      ///< of a block: each has a line of the square at a time
constexpr int64_t kFewElements = 8; ///< in a line, for which a square is not worth it

class TransposeEmitter {
public:
  /// Neighbours of `input` differ in loop `inner`.
  TransposeEmitter(LinalgOp op, OpOperand &input, unsigned inner, BlockBuilder &b)
      : op(op), input(input), init(*op.getDpsInitOperand(0)), inner(inner),
        outer(op.getNumLoops() - 1), b(b) {}

  void emit() {
    SmallVector<Size> sizes = b.sizesOf(init.get()), counts;
    for (auto [dim, size] : llvm::enumerate(sizes))
      if (dim != inner && dim != outer)
        counts.push_back(size);
    counts.push_back(Size(b.ceilDiv(b.index(sizes[inner]), kSide)));
    counts.push_back(Size(b.ceilDiv(b.index(sizes[outer]), kSide)));
    // A line more keeps the threads that read a column from meeting one bank.
    auto type = cast<MemRefType>(init.get().getType()).getElementType();
    b.launch(b.product(counts), kWarps * kWarp, {sharedType({kSide, kSide + 1}, type)}, [&] {
      SmallVector<Value> rest = b.delinearize(b.block, counts);
      Value firstOuter = b.mul(rest.pop_back_val(), kSide),
            firstInner = b.mul(rest.pop_back_val(), kSide);
      // This warp's line and this lane's element of it, along the dimensions given.
      auto forLines = [&](Value lineStart, unsigned line, Value elementStart, unsigned element,
                          llvm::function_ref<void(Value, ValueRange)> body) {
        for (int64_t i = 0; i < kSide / kWarps; ++i) {
          Value number = b.add(b.warp, b.index(i * kWarps));
          SmallVector<Value> at(op.getNumLoops());
          at[line] = b.add(lineStart, number);
          at[element] = b.add(elementStart, b.lane);
          for (auto [dim, index] : llvm::zip(otherDims(), rest))
            at[dim] = index;
          Value exists = b.both(b.isLess(at[line], b.index(sizes[line])),
                                b.isLess(at[element], b.index(sizes[element])));
          b.ifThen(exists, [&] { body(number, at); });
        }
      };
      forLines(firstOuter, outer, firstInner, inner, [&](Value number, ValueRange at) {
        memref::StoreOp::create(b, compute(at), b.shared[0], ValueRange{number, b.lane});
      });
      b.barrier();
      forLines(firstInner, inner, firstOuter, outer, [&](Value number, ValueRange at) {
        Value element = memref::LoadOp::create(b, b.shared[0], ValueRange{b.lane, number});
        memref::StoreOp::create(b, element, init.get(), at);
      });
    });
  }

private:
  SmallVector<unsigned> otherDims() {
    SmallVector<unsigned> dims;
    for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
      if (dim != inner && dim != outer)
        dims.push_back(dim);
    return dims;
  }

  Value compute(ValueRange at) {
    SmallVector<Value> indices;
    for (AffineExpr result : op.getMatchingIndexingMap(&input).getResults())
      indices.push_back(affine::expandAffineExpr(b, b.getLoc(), result, at, {}));
    IRMapping mapping;
    for (OpOperand *operand : op.getDpsInputOperands())
      mapping.map(op.getMatchingBlockArgument(operand),
                  operand == &input
                      ? memref::LoadOp::create(b, input.get(), indices).getResult()
                      : operand->get());
    for (Operation &operation : op.getBlock()->without_terminator())
      b.clone(operation, mapping);
    return mapping.lookupOrDefault(op.getBlock()->getTerminator()->getOperand(0));
  }

  LinalgOp op;
  OpOperand &input, &init;
  unsigned inner, outer;
  BlockBuilder &b;
};
} // namespace

/// The only input that is a buffer.
static OpOperand *findInput(LinalgOp op) {
  OpOperand *found = nullptr;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (isa<MemRefType>(operand->get().getType())) {
      if (found)
        return nullptr;
      found = operand;
    }
  return found;
}

bool graphopt::cuda::emitTranspose(LinalgOp op, BlockBuilder &b) {
  if (op.getNumLoops() < 2 || op.getNumReductionLoops() > 0 || op.getNumDpsInits() != 1 || op.hasIndexSemantics() ||
      !op.hasPureBufferSemantics() || !llvm::hasSingleElement(op->getRegion(0)))
    return false;
  OpOperand *input = findInput(op), *init = op.getDpsInitOperand(0);
  if (!input || op.payloadUsesValueFromOperand(init) ||
      !op.getMatchingIndexingMap(init).isIdentity() || !op.getMatchingIndexingMap(input).isPermutation())
    return false;
  auto type = cast<MemRefType>(init->get().getType());
  if (!type.getElementType().isIntOrFloat() || type.getElementTypeBitWidth() % 8 != 0)
    return false;
  unsigned inner =
      cast<AffineDimExpr>(op.getMatchingIndexingMap(input).getResults().back()).getPosition();
  unsigned outer = op.getNumLoops() - 1;
  auto areFew = [&](unsigned dim) {
    return !type.isDynamicDim(dim) && type.getDimSize(dim) < kFewElements;
  };
  if (inner == outer || areFew(inner) || areFew(outer))
    return false;
  TransposeEmitter(op, *input, inner, b).emit();
  return true;
}
