#include "UnitPruning.h"
#include "dialects/Graph/Linear.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/IR/Matchers.h"

namespace graphopt {
#define GEN_PASS_DEF_PRUNENEURONS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

/// The columns of a product with constant weights that a second product sums over,
/// whatever element-wise ops and other such products are between.
static FailureOr<UnitBlock> findNeurons(Operation *product, int64_t layer,
                                        ShapeInference &shapes,
                                        std::string &reason) {
  auto type = cast<RankedTensorType>(product->getResult(0).getType());
  auto weights = cast<RankedTensorType>(product->getOperand(1).getType());
  int64_t count = type.getRank() > 1 ? type.getShape().back() : 1;
  if (weights.getRank() != 2 || ShapedType::isDynamic(count) || count == 1) {
    reason = "is no product of rows with a matrix";
    return failure();
  }
  UnitDim columns{type.getRank() - 1, {}};
  for (int64_t i = 0; i < count; ++i)
    columns.units.push_back(int32_t(i));
  auto flow = std::make_unique<UnitFlow>(product, shapes);
  auto gemm = dyn_cast<GemmOp>(product);
  UnitDim weightColumns{gemm && gemm.getTransB() ? 0 : 1, columns.units};
  auto start = [&]() -> LogicalResult {
    if (failed(flow->start(product->getOpOperand(1), weightColumns)) ||
        failed(flow->start(product->getResult(0), columns)))
      return failure();
    if (gemm && gemm.getBias()) {
      auto bias = cast<RankedTensorType>(gemm.getBias().getType());
      if (bias.getRank() > 0 && bias.getShape().back() != 1 &&
          failed(flow->start(product->getOpOperand(2),
                             {bias.getRank() - 1, columns.units})))
        return failure();
    }
    return flow->follow();
  };
  if (failed(start())) {
    reason = flow->getReason().str();
    return failure();
  }
  return UnitBlock{layer, product, std::move(flow), count};
}

namespace {
struct PruneNeurons
    : UnitPruningPass<graphopt::impl::PruneNeuronsBase<PruneNeurons>> {
  using UnitPruningPass::UnitPruningPass;

  void runOnOperation() override {
    prune("neurons", /*listsRemoved=*/false, align);
  }

  void findBlocks(func::FuncOp main, ShapeInference &shapes,
                  std::vector<UnitBlock> &blocks,
                  json::Array &leftAlone) override {
    llvm::DenseSet<Operation *> covered;
    for (Operation &op : main.front()) {
      if (!isa<MatMulOp, GemmOp>(op) || covered.contains(&op) ||
          !isConstant(op.getOperand(1)))
        continue;
      std::string reason;
      auto block = findNeurons(&op, blocks.size(), shapes, reason);
      if (failed(block)) {
        leftAlone.push_back(json::Object{{"node", getNodeName(op.getLoc())},
                                         {"reason", reason}});
        continue;
      }
      // The other half of a gated layer is found from the first one.
      for (Operation *other : block->flow->getTouched())
        covered.insert(other);
      for (const UnitReader &reader : block->flow->getReaders())
        covered.erase(reader.op);
      blocks.push_back(std::move(*block));
    }
  }
};
} // namespace
