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

namespace {
/// The heads of one attention, the queries of a key's group together; all queries
/// one by one if they share one key.
class HeadFinder {
public:
  HeadFinder(AttentionOp op, ShapeInference &shapes)
      : op(op), shapes(shapes), heads(op.getQuery().getType().getDimSize(1)),
        groups(op.getKey().getType().getDimSize(1)) {}

  FailureOr<UnitBlock> find(int64_t layer, bool changesInterface) {
    if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(groups))
      return fail("the number of heads is open");
    if (heads == 1)
      return fail("there is one head only");
    size = groups == 1 ? 1 : heads / groups;
    // A mask that others read, too, or that is an input is cut at each run.
    std::unique_ptr<UnitFlow> flow = follow(/*cutsMask=*/false, false);
    if (!flow && maskDim())
      flow = follow(/*cutsMask=*/true, false);
    if (!flow && changesInterface)
      flow = follow(/*cutsMask=*/true, true);
    if (!flow)
      return failure();
    return UnitBlock{layer, op, std::move(flow), heads / size, size};
  }

  std::string reason;

private:
  LogicalResult fail(StringRef text) {
    reason = text.str();
    return failure();
  }

  /// Of heads, if the mask has one that is not repeated.
  std::optional<int64_t> maskDim() {
    if (!op.getMask())
      return std::nullopt;
    auto type = cast<RankedTensorType>(op.getMask().getType());
    int64_t dim = type.getRank() - 3;
    if (dim < 0 || type.getDimSize(dim) == 1)
      return std::nullopt;
    return dim;
  }

  /// Null if the heads cannot be taken away; `reason` says why then.
  std::unique_ptr<UnitFlow> follow(bool cutsMask, bool changesInterface) {
    auto flow = std::make_unique<UnitFlow>(op, shapes, changesInterface);
    UnitDim queries = headsAt(1, heads, size);
    auto start = [&]() -> LogicalResult {
      if (failed(flow->start(op.getQueryMutable(), queries)) ||
          failed(flow->start(op.getResult(), queries)))
        return failure();
      if (groups != 1 &&
          (failed(flow->start(op.getKeyMutable(), headsAt(1, groups, 1))) ||
           failed(flow->start(op.getValueMutable(), headsAt(1, groups, 1)))))
        return failure();
      if (std::optional<int64_t> dim = maskDim()) {
        OpOperand &mask = op.getMaskMutable()[0];
        UnitDim units = headsAt(*dim, heads, size);
        if (failed(cutsMask ? flow->cut(mask, units) : flow->start(mask, units)))
          return failure();
      }
      return flow->follow();
    };
    if (succeeded(start()))
      return flow;
    reason = flow->getReason().str();
    return nullptr;
  }

  AttentionOp op;
  ShapeInference &shapes;
  int64_t heads, groups, size = 1;
};

struct PruneHeads
    : UnitPruningPass<graphopt::impl::PruneHeadsBase<PruneHeads>> {
  using UnitPruningPass::UnitPruningPass;

  void runOnOperation() override { prune("heads", /*listsRemoved=*/true); }

  void findBlocks(func::FuncOp main, ShapeInference &shapes,
                  std::vector<UnitBlock> &blocks,
                  json::Array &leftAlone) override {
    int64_t layer = 0;
    for (AttentionOp op : main.getOps<AttentionOp>()) {
      HeadFinder finder(op, shapes);
      auto block = finder.find(layer, changeInterface);
      if (succeeded(block)) {
        blocks.push_back(std::move(*block));
      } else {
        op.emitRemark("heads left alone: ") << finder.reason;
        leftAlone.push_back(
            json::Object{{"layer", layer},
                         {"node", getNodeName(op.getLoc())},
                         {"reason", finder.reason}});
      }
      ++layer;
    }
    if (layer == 0)
      emitRemark(UnknownLoc::get(&getContext()), "no attention to prune found");
  }
};
} // namespace
