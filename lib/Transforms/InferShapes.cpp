#include "graphopt/Transforms/Passes.h"
#include "dialects/Graph/Graph.h"

namespace graphopt {
#define GEN_PASS_DEF_INFERSHAPES
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::graph;

/// Small integer tensors whose elements inference knows become constants.
static int64_t foldKnownElements(func::FuncOp function,
                                 ShapeInference &shapes) {
  int64_t folded = 0;
  function.walk([&](InferResultsOpInterface op) {
    for (OpResult result : op->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      auto elements = shapes.get(result).getConstantElements();
      if (!elements || !type.hasStaticShape() || result.use_empty())
        continue;
      unsigned width = type.getElementTypeBitWidth();
      SmallVector<APInt> values = llvm::map_to_vector(
          *elements, [&](int64_t element) {
            return APInt(width, element, /*isSigned=*/true,
                         /*implicitTrunc=*/true);
          });
      OpBuilder builder(op);
      result.replaceAllUsesWith(arith::ConstantOp::create(
          builder, op->getLoc(), DenseElementsAttr::get(type, values)));
      ++folded;
    }
  });
  return folded;
}

namespace {
struct InferShapes : graphopt::impl::InferShapesBase<InferShapes> {
  using InferShapesBase::InferShapesBase;

  void runOnOperation() override {
    // A narrower type may tell the elements of a shape, and those more types.
    while (true) {
      ShapeInference shapes(&getContext());
      shapes.run(getOperation());
      int64_t narrowed = shapes.narrowTypes(getOperation());
      numNarrowed += narrowed;
      if (narrowed == 0) {
        numFolded += foldKnownElements(getOperation(), shapes);
        return;
      }
    }
  }
};
} // namespace
