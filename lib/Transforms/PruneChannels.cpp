#include "UnitPruning.h"
#include "dialects/Graph/Convolution.h"
#include "graphopt/Transforms/Passes.h"

namespace graphopt {
#define GEN_PASS_DEF_PRUNECHANNELS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

/// Follows the output channels of a convolution; null if they cannot be taken away.
/// `members` become the units of the channels.
static std::unique_ptr<UnitFlow> followChannels(ConvOp conv,
                                                ShapeInference &shapes,
                                                SmallVector<int32_t> &members,
                                                int64_t &unitCount,
                                                std::string &reason) {
  auto flow = std::make_unique<UnitFlow>(
      nullptr, shapes, /*changesInterface=*/false, UnitFlow::Merged);
  auto type = cast<RankedTensorType>(conv.getType());
  int64_t axis = conv.getChannelsLast() ? type.getRank() - 1 : 1;
  if (type.isDynamicDim(axis)) {
    reason = "the number of channels is open";
    return nullptr;
  }
  members.clear();
  for (int64_t i = 0; i < type.getDimSize(axis); ++i)
    members.push_back(int32_t(i));
  if (failed(flow->start(conv.getResult(), {axis, members})) ||
      failed(flow->follow())) {
    reason = flow->getReason().str();
    return nullptr;
  }
  unitCount = flow->renumber(members);
  if (unitCount < 2)
    reason = "its channels go together or not at all";
  return unitCount < 2 ? nullptr : std::move(flow);
}

/// How many channels a unit has, if all have as many; else 1.
static int64_t countEach(ArrayRef<int32_t> members, int64_t unitCount) {
  int64_t each = members.size() / unitCount;
  SmallVector<int64_t> counts(unitCount, 0);
  for (int32_t unit : members)
    if (unit >= 0)
      ++counts[unit];
  return llvm::all_of(counts, [&](int64_t count) { return count == each; })
             ? each
             : 1;
}

static FailureOr<UnitBlock> findChannels(ConvOp conv, int64_t layer,
                                         ShapeInference &shapes,
                                         std::string &reason) {
  UnitBlock block{layer, conv, nullptr, 0};
  block.flow =
      followChannels(conv, shapes, block.members, block.unitCount, reason);
  if (!block.flow)
    return failure();
  block.weight = countEach(block.members, block.unitCount);
  block.find = [conv](ShapeInference &now) {
    SmallVector<int32_t> members;
    int64_t unitCount;
    std::string reason;
    return followChannels(conv, now, members, unitCount, reason);
  };
  return block;
}

namespace {
struct PruneChannels
    : UnitPruningPass<graphopt::impl::PruneChannelsBase<PruneChannels>> {
  using UnitPruningPass::UnitPruningPass;

  void runOnOperation() override {
    prune("channels", /*listsRemoved=*/false, align);
  }

  void findBlocks(func::FuncOp main, ShapeInference &shapes,
                  std::vector<UnitBlock> &blocks,
                  json::Array &leftAlone) override {
    llvm::DenseSet<Operation *> covered;
    for (ConvOp conv : main.getOps<ConvOp>()) {
      if (covered.contains(conv) || !isConstant(conv.getFilter()))
        continue;
      std::string reason;
      auto block = findChannels(conv, blocks.size(), shapes, reason);
      if (failed(block)) {
        conv.emitRemark("channels left alone: ") << reason;
        leftAlone.push_back(json::Object{{"node", getNodeName(conv.getLoc())},
                                         {"reason", reason}});
        continue;
      }
      // Convolutions whose results are added have one set of channels.
      for (Operation *other : block->flow->getTouched())
        if (isa<ConvOp>(other) && block->flow->isKnown(other->getResult(0)))
          covered.insert(other);
      blocks.push_back(std::move(*block));
    }
  }
};
} // namespace
