#include "graphopt/Transforms/Passes.h"
#include "dialects/Graph/Graph.h"
#include "mlir/IR/TypeUtilities.h"

namespace graphopt {
#define GEN_PASS_DEF_INFERSHAPES
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::graph;

/// Each extent that one of the two types knows.
static RankedTensorType meet(RankedTensorType type, RankedTensorType other) {
  SmallVector<int64_t> shape(type.getShape());
  for (auto [extent, otherExtent] : llvm::zip_equal(shape, other.getShape()))
    if (ShapedType::isDynamic(extent))
      extent = otherExtent;
  return type.clone(shape);
}

namespace {
struct InferShapes : graphopt::impl::InferShapesBase<InferShapes> {
  using InferShapesBase::InferShapesBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    // Defining ops come before their users, so one sweep is enough.
    function.walk<WalkOrder::PreOrder>([&](InferResultsOpInterface op) {
      ShapeInference shapes(&getContext());
      SmallVector<InferredTensor> inferred;
      if (failed(op.inferResultsOf(shapes, inferred)))
        return signalPassFailure();
      for (auto [result, tensor] :
           llvm::zip_equal(op->getResults(), inferred)) {
        auto type = dyn_cast<RankedTensorType>(result.getType());
        if (!type || failed(verifyCompatibleShape(type, tensor.getType())))
          continue;
        RankedTensorType narrowed = meet(type, tensor.getType());
        if (narrowed == type)
          continue;
        result.setType(narrowed);
        ++numNarrowed;
      }
    });
    auto terminator = dyn_cast<func::ReturnOp>(function.back().getTerminator());
    if (terminator)
      function.setFunctionType(FunctionType::get(
          &getContext(), function.getArgumentTypes(),
          terminator.getOperandTypes()));
  }
};
} // namespace
