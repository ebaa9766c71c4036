#include "UnitPruning.h"
#include "dialects/Graph/Attention.h"
#include "graphopt/Transforms/Passes.h"

namespace graphopt {
#define GEN_PASS_DEF_PRUNEHEADS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;
namespace json = llvm::json;

/// Head `i` of `heads` belongs to unit i / size, -1 to none if that is 0.
static UnitDim headsAt(int64_t dim, int64_t heads, int64_t size) {
  UnitDim result{dim, {}};
  for (int64_t head = 0; head < heads; ++head)
    result.units.push_back(int32_t(head / size));
  return result;
}

/// The heads of one attention, the queries of a key's group together; all queries
/// one by one if they share one key.
static FailureOr<UnitBlock> findHeads(AttentionOp op, int64_t layer,
                                      ShapeInference &shapes,
                                      std::string &reason) {
  int64_t heads = op.getQuery().getType().getDimSize(1);
  int64_t groups = op.getKey().getType().getDimSize(1);
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(groups)) {
    reason = "the number of heads is open";
    return failure();
  }
  if (heads == 1) {
    reason = "there is one head only";
    return failure();
  }
  bool sharesKeys = groups == 1;
  int64_t size = sharesKeys ? 1 : heads / groups;
  auto flow = std::make_unique<UnitFlow>(op, shapes);
  auto start = [&]() -> LogicalResult {
    UnitDim queries = headsAt(1, heads, size);
    if (failed(flow->start(op.getQueryMutable(), queries)) ||
        failed(flow->start(op.getResult(), queries)))
      return failure();
    if (!sharesKeys &&
        (failed(flow->start(op.getKeyMutable(), headsAt(1, groups, 1))) ||
         failed(flow->start(op.getValueMutable(), headsAt(1, groups, 1)))))
      return failure();
    if (Value mask = op.getMask()) {
      auto type = cast<RankedTensorType>(mask.getType());
      int64_t dim = type.getRank() - 3;
      if (dim >= 0 && type.getDimSize(dim) != 1 &&
          failed(flow->start(op.getMaskMutable()[0], headsAt(dim, heads, size))))
        return failure();
    }
    return flow->follow();
  };
  if (failed(start())) {
    reason = flow->getReason().str();
    return failure();
  }
  int64_t units = heads / size;
  return UnitBlock{layer, op, std::move(flow), units, size};
}

namespace {
struct PruneHeads
    : UnitPruningPass<graphopt::impl::PruneHeadsBase<PruneHeads>> {
  using UnitPruningPass::UnitPruningPass;

  void runOnOperation() override { prune("heads", /*listsRemoved=*/true); }

  void findBlocks(func::FuncOp main, ShapeInference &shapes,
                  std::vector<UnitBlock> &blocks,
                  json::Array &leftAlone) override {
    int64_t layer = 0;
    for (AttentionOp op : main.getOps<AttentionOp>()) {
      std::string reason;
      auto block = findHeads(op, layer, shapes, reason);
      if (succeeded(block)) {
        blocks.push_back(std::move(*block));
      } else {
        op.emitRemark("heads left alone: ") << reason;
        leftAlone.push_back(
            json::Object{{"layer", layer},
                         {"node", getNodeName(op.getLoc())},
                         {"reason", reason}});
      }
      ++layer;
    }
    if (layer == 0)
      emitRemark(UnknownLoc::get(&getContext()), "no attention to prune found");
  }
};
} // namespace
