//===- SplitHeads.cpp - Heads that a reshape hides -------------------------===//

#include "Attention.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Shape.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// h, if `op` is [..., b, h * d] to [..., b * h, d]; else 1.
static int64_t countHeads(ReshapeOp op, ShapeInference &shapes) {
  SmallVector<AffineExpr> from = shapes.get(op.getInput()).dims;
  SmallVector<AffineExpr> to = shapes.get(op.getResult()).dims;
  if (from.size() != to.size() || from.size() < 2 ||
      Extents(from).drop_back(2) != Extents(to).drop_back(2))
    return 1;
  auto width = getConstant(from.back()), depth = getConstant(to.back());
  if (!width || !depth || *depth == 0 || *width % *depth != 0)
    return 1;
  int64_t heads = *width / *depth;
  AffineExpr joined =
      shapes.mul(from[from.size() - 2], shapes.constant(heads));
  return joined && joined == to[to.size() - 2] ? heads : 1;
}

/// [..., b, h * d] to [..., b, h, d] to [..., b * h, d]
static void split(ReshapeOp op, int64_t heads, ShapeInference &shapes) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  InferredTensor parted = shapes.get(op.getInput());
  int64_t depth = op.getType().getShape().back();
  parted.dims.pop_back();
  SmallVector<int64_t> sizes(parted.dims.size(), 0);
  sizes.append({heads, depth});
  parted.dims.append({shapes.constant(heads), shapes.constant(depth)});
  Value shape = arith::ConstantOp::create(b, b.getI64TensorAttr(sizes));
  op.getInputMutable().assign(ReshapeOp::create(
      b, parted.getType(), op.getInput(), shape, /*allowZero=*/false));
}

void graphopt::splitHeads(func::FuncOp function, ShapeInference &shapes) {
  SmallVector<std::pair<ReshapeOp, int64_t>> found;
  function.walk([&](ReshapeOp op) {
    bool isFactor = llvm::all_of(op->getUsers(), [](Operation *user) {
      return isa<TransposeOp, MatMulOp, EinsumOp, BinaryOp>(user);
    });
    int64_t heads = isFactor ? countHeads(op, shapes) : 1;
    if (heads > 1)
      found.push_back({op, heads});
  });
  for (auto [op, heads] : found)
    split(op, heads, shapes);
}
