//===- ComputeParts.cpp - Computes the parts of a concat each for itself --===//

#include "ComputeParts.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace {
/// Where the parts of a concat lie along a loop of an op that reads it.
struct Parts {
  tensor::ConcatOp concat;
  unsigned loop;
};

using Offsets = SmallVector<OpFoldResult>;
} // namespace

static int64_t extentOf(Value part, int64_t dim) {
  return cast<RankedTensorType>(part.getType()).getDimSize(dim);
}

/// Short parts of innermost rows would leave vectors empty.
static bool areWorthwhile(tensor::ConcatOp concat) {
  constexpr int64_t kMostParts = 4, kShortestRow = 16;
  int64_t dim = concat.getDim();
  bool isInnermost = dim == concat.getRank() - 1;
  return concat.getInputs().size() <= kMostParts &&
         llvm::all_of(concat.getInputs(), [&](Value part) {
           int64_t extent = extentOf(part, dim);
           return !ShapedType::isDynamic(extent) &&
                  (!isInnermost || extent >= kShortestRow);
         });
}

/// True if `loop` is nothing but a dimension of itself in `map`.
static bool isPlain(AffineMap map, unsigned loop) {
  return llvm::all_of(map.getResults(), [&](AffineExpr expr) {
    return isa<AffineDimExpr>(expr) || !expr.isFunctionOfDim(loop);
  });
}

/// True if what computes `operand` and its only reader may become one op: parts of
/// the reader would keep them apart.
static bool mayMerge(Value operand) {
  while (operand.hasOneUse()) {
    Operation *source = operand.getDefiningOp();
    if (isa_and_present<DestinationStyleOpInterface>(source))
      return true;
    if (!isa_and_present<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(source))
      return false;
    operand = source->getOperand(0);
  }
  return false;
}

/// True if `op` computes each element for itself, and parts of its operands can
/// be taken along `loop` without being computed apart.
static bool canSplit(linalg::GenericOp op, unsigned loop, Value concat) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() || op.hasIndexSemantics() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return false;
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    return !map.isFunctionOfDim(loop) ||
           (isPlain(map, loop) &&
            (operand->get() == concat || !mayMerge(operand->get())));
  });
}

static FailureOr<Parts> findParts(linalg::GenericOp op) {
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto concat = operand->get().getDefiningOp<tensor::ConcatOp>();
    if (!concat || !areWorthwhile(concat) ||
        llvm::any_of(concat->getUsers(),
                     [&](Operation *user) { return user != op; }))
      continue;
    AffineMap map = op.getMatchingIndexingMap(operand);
    auto loop = dyn_cast<AffineDimExpr>(map.getResult(concat.getDim()));
    if (loop && canSplit(op, loop.getPosition(), concat))
      return Parts{concat, loop.getPosition()};
  }
  return failure();
}

/// `operand` where `loop` is between `offset` and `offset + extent`.
static Value slice(OpBuilder &b, OpOperand *operand, AffineMap map,
                   unsigned loop, int64_t offset, int64_t extent) {
  Value value = operand->get();
  if (!map.isFunctionOfDim(loop))
    return value;
  Location loc = operand->getOwner()->getLoc();
  Offsets sizes = tensor::getMixedSizes(b, loc, value);
  Offsets offsets(sizes.size(), b.getIndexAttr(0));
  Offsets strides(sizes.size(), b.getIndexAttr(1));
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (expr.isFunctionOfDim(loop)) {
      offsets[i] = b.getIndexAttr(offset);
      sizes[i] = b.getIndexAttr(extent);
    }
  return tensor::ExtractSliceOp::create(b, loc, value, offsets, sizes, strides);
}

/// f(concat(a, b), x)  =>  concat(f(a, first part of x), f(b, rest of x))
static LogicalResult splitConsumer(linalg::GenericOp op,
                                   PatternRewriter &rewriter) {
  FailureOr<Parts> parts = findParts(op);
  if (failed(parts))
    return rewriter.notifyMatchFailure(op, "reads no concat element by element");
  tensor::ConcatOp concat = parts->concat;
  unsigned loop = parts->loop;
  SmallVector<Value> results;
  int64_t at = 0;
  for (Value part : concat.getInputs()) {
    int64_t extent = extentOf(part, concat.getDim());
    SmallVector<Value> operands;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      bool isConcat = operand.get() == concat &&
                      map.getResult(concat.getDim()) ==
                          rewriter.getAffineDimExpr(loop);
      operands.push_back(isConcat ? part
                                  : slice(rewriter, &operand, map, loop, at,
                                          extent));
    }
    at += extent;
    auto type = cast<RankedTensorType>(operands.back().getType());
    results.push_back(
        clone(rewriter, op, TypeRange(type), operands)->getResult(0));
  }
  Value whole =
      tensor::ConcatOp::create(rewriter, op.getLoc(), loop, results);
  if (whole.getType() != op.getResultTypes()[0])
    whole = tensor::CastOp::create(rewriter, op.getLoc(),
                                   op.getResultTypes()[0], whole);
  rewriter.replaceOp(op, whole);
  return success();
}

/// part of concat(a, b)  =>  part of a, if it lies there
static LogicalResult sliceOfConcat(tensor::ExtractSliceOp op,
                                   PatternRewriter &rewriter) {
  auto concat = op.getSource().getDefiningOp<tensor::ConcatOp>();
  if (!concat)
    return rewriter.notifyMatchFailure(op, "takes no part of a concat");
  int64_t dim = concat.getDim();
  std::optional<int64_t> offset = getConstantIntValue(op.getMixedOffsets()[dim]);
  std::optional<int64_t> size = getConstantIntValue(op.getMixedSizes()[dim]);
  std::optional<int64_t> step = getConstantIntValue(op.getMixedStrides()[dim]);
  if (!offset || !size || !step || *size < 1 || *step < 1)
    return rewriter.notifyMatchFailure(op, "where is not known");
  int64_t last = *offset + (*size - 1) * *step, at = 0;
  for (Value part : concat.getInputs()) {
    int64_t extent = extentOf(part, dim);
    if (ShapedType::isDynamic(extent))
      break;
    if (*offset >= at && last < at + extent) {
      Offsets offsets = op.getMixedOffsets();
      offsets[dim] = rewriter.getIndexAttr(*offset - at);
      rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
          op, op.getType(), part, offsets, op.getMixedSizes(),
          op.getMixedStrides());
      return success();
    }
    at += extent;
  }
  return rewriter.notifyMatchFailure(op, "reaches over more than one part");
}

void graphopt::populateComputePartsPatterns(RewritePatternSet &patterns) {
  patterns.add(splitConsumer);
  patterns.add(sliceOfConcat);
}
