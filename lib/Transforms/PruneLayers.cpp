#include "UnitPruning.h"
#include "graphopt/Transforms/Passes.h"

namespace graphopt {
#define GEN_PASS_DEF_PRUNELAYERS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

namespace {
struct PruneLayers : graphopt::impl::PruneLayersBase<PruneLayers> {
  using PruneLayersBase::PruneLayersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string problem;
    PruneOptions options = makeOptions(problem);
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      problem = "there is no function 'main'";
    if (!problem.empty()) {
      emitError(UnknownLoc::get(&getContext()), problem);
      return signalPassFailure();
    }
    std::vector<ResidualBlock> found = findResidualBlocks(main);
    if (options.unit == LayerUnit::Layer)
      found = joinLayers(found);
    if (found.empty())
      emitRemark(UnknownLoc::get(&getContext()), "no layer to prune found");
    std::vector<UnitBlock> blocks;
    json::Array leftAlone;
    for (auto [layer, block] : llvm::enumerate(found)) {
      if (block.reason.empty()) {
        blocks.push_back({int64_t(layer), block.sum, nullptr, 1, 1,
                          block.bypass, block.channelAxis});
        continue;
      }
      block.sum.emitRemark("layer left alone: ") << block.reason;
      leftAlone.push_back(
          json::Object{{"layer", int64_t(layer)},
                       {"node", getNodeName(block.sum.getLoc())},
                       {"reason", block.reason}});
    }
    if (failed(pruneUnits(module, options, blocks, std::move(leftAlone),
                          "layers", /*listsRemoved=*/false)))
      signalPassFailure();
  }

private:
  PruneOptions makeOptions(std::string &problem) {
    PruneOptions options;
    options.remove.assign(remove.begin(), remove.end());
    options.count = count;
    options.keepParameters = keepParameters;
    options.minCosine = minCosine;
    options.minMetric = minMetric;
    options.maxMetricDrop = maxMetricDrop;
    options.alpha = alpha;
    options.latencyMs = latencyMs;
    options.statistics = statistics;
    options.refit = RefitMode::Never;
    auto score = parseScore(this->score);
    if (score != Score::Activation && score != Score::LeaveOneOut)
      problem = "layers have no score '" + this->score + "'";
    else
      options.score = *score;
    if (auto unit = parseLayerUnit(this->unit))
      options.unit = *unit;
    else
      problem = "there is no unit '" + this->unit + "'";
    return options;
  }
};
} // namespace
