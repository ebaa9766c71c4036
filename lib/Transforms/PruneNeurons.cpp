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
struct PruneNeurons : graphopt::impl::PruneNeuronsBase<PruneNeurons> {
  using PruneNeuronsBase::PruneNeuronsBase;
  // For makePruneOptions().
  using PruneNeuronsBase::count;
  using PruneNeuronsBase::keepParameters;
  using PruneNeuronsBase::minCosine;
  using PruneNeuronsBase::minPerLayer;
  using PruneNeuronsBase::ratio;
  using PruneNeuronsBase::refit;
  using PruneNeuronsBase::remove;
  using PruneNeuronsBase::ridge;
  using PruneNeuronsBase::score;
  using PruneNeuronsBase::statistics;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    std::string problem;
    PruneOptions prune = makePruneOptions(*this, problem);
    if (!main || !problem.empty()) {
      emitError(UnknownLoc::get(&getContext()), problem);
      return signalPassFailure();
    }
    prune.align = align;
    ShapeInference shapes(&getContext());
    shapes.run(main);
    std::vector<UnitBlock> blocks;
    json::Array leftAlone;
    llvm::DenseSet<Operation *> covered;
    for (Operation &op : main.front()) {
      if (!isa<MatMulOp, GemmOp>(op) || covered.contains(&op) ||
          !matchPattern(op.getOperand(1), m_Constant()))
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
    SmallVector<Location> locations;
    for (UnitBlock &block : blocks)
      locations.push_back(block.anchor->getLoc());
    UnitPruner pruner(getOperation(), prune, blocks);
    if (llvm::Error error = pruner.run()) {
      emitError(UnknownLoc::get(&getContext()), "pruning neurons: ")
          << llvm::toString(std::move(error));
      return signalPassFailure();
    }
    for (auto [block, loc] : llvm::zip_equal(blocks, locations))
      emitRemark(loc) << "layer " << block.layer << ": "
                      << int64_t(block.removed.count()) << " of "
                      << block.unitCount << " neurons removed";
    json::Object report = pruner.describe();
    report["left_alone"] = std::move(leftAlone);
    if (const ModelRunner *runner = findModelRunner(&getContext()))
      runner->report("neurons", std::move(report));
  }
};
} // namespace
