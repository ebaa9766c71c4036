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

namespace {
/// The columns of a product with constant weights that a second product sums over,
/// whatever element-wise ops and other such products are between.
class NeuronFinder {
public:
  NeuronFinder(Operation *product, ShapeInference &shapes)
      : product(product), shapes(shapes) {}

  FailureOr<UnitBlock> find(int64_t layer) {
    auto type = cast<RankedTensorType>(product->getResult(0).getType());
    auto weights = cast<RankedTensorType>(product->getOperand(1).getType());
    int64_t count = type.getRank() > 1 ? type.getShape().back() : 1;
    if (weights.getRank() != 2 || ShapedType::isDynamic(count) || count == 1) {
      reason = "is no product of rows with a matrix";
      return failure();
    }
    auto range = llvm::seq<int32_t>(0, count);
    if (auto block = findUnits(layer, llvm::to_vector(range)))
      return std::move(*block);
    // A gate and what it is for in one product, one after the other or by turns.
    std::string first = reason;
    int32_t half = count / 2;
    for (bool isByTurns : {false, true}) {
      auto units = llvm::map_to_vector(range, [&](int32_t column) {
        return isByTurns ? column / 2 : column % half;
      });
      if (count % 2 == 0 && count > 2)
        if (auto block = findUnits(layer, units))
          return std::move(*block);
    }
    reason = first;
    return failure();
  }

  std::string reason;

private:
  std::optional<UnitBlock> findUnits(int64_t layer, ArrayRef<int32_t> units) {
    std::unique_ptr<UnitFlow> flow = follow(units);
    if (!flow)
      return std::nullopt;
    UnitBlock block{layer, product, std::move(flow), *llvm::max_element(units) + 1};
    block.find = [product = product,
                  units = SmallVector<int32_t>(units)](ShapeInference &now) {
      return NeuronFinder(product, now).follow(units);
    };
    return block;
  }

  /// Null if the columns cannot be taken away; `reason` says why then.
  std::unique_ptr<UnitFlow> follow(ArrayRef<int32_t> units) {
    auto type = cast<RankedTensorType>(product->getResult(0).getType());
    UnitDim columns{type.getRank() - 1, SmallVector<int32_t>(units)};
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
    if (succeeded(start()))
      return flow;
    reason = flow->getReason().str();
    return nullptr;
  }

  Operation *product;
  ShapeInference &shapes;
};

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
      NeuronFinder finder(&op, shapes);
      auto block = finder.find(blocks.size());
      if (failed(block)) {
        leftAlone.push_back(json::Object{{"node", getNodeName(op.getLoc())},
                                         {"reason", finder.reason}});
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
