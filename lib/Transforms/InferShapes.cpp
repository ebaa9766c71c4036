#include "graphopt/Transforms/Passes.h"
#include "dialects/Graph/Graph.h"

namespace graphopt {
#define GEN_PASS_DEF_INFERSHAPES
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::graph;

namespace {
struct InferShapes : graphopt::impl::InferShapesBase<InferShapes> {
  using InferShapesBase::InferShapesBase;

  void runOnOperation() override {
    // A narrower type may tell the elements of a shape, and those more types.
    while (true) {
      ShapeInference shapes(&getContext());
      shapes.run(getOperation());
      int64_t narrowed = shapes.narrowTypes(getOperation());
      if (narrowed == 0)
        return;
      numNarrowed += narrowed;
    }
  }
};
} // namespace
