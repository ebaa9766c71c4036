#include "UseOrder.h"

using namespace mlir;

static void orderUses(Value value,
                      const llvm::DenseMap<Operation *, unsigned> &numbers) {
  if (value.use_empty() || value.hasOneUse())
    return;
  using Key = std::pair<unsigned, unsigned>;
  SmallVector<std::pair<Key, unsigned>> uses;
  for (OpOperand &use : value.getUses())
    uses.push_back({{numbers.at(use.getOwner()), use.getOperandNumber()},
                    unsigned(uses.size())});
  auto isLater = [](const auto &a, const auto &b) { return a.first > b.first; };
  if (llvm::is_sorted(uses, isLater))
    return;
  llvm::sort(uses, isLater);
  SmallVector<unsigned> positions(uses.size());
  for (auto [position, use] : llvm::enumerate(uses))
    positions[use.second] = position;
  value.shuffleUseList(positions);
}

void graphopt::orderUses(ModuleOp module) {
  llvm::DenseMap<Operation *, unsigned> numbers;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    unsigned number = numbers.size();
    numbers[op] = number;
  });
  module.walk([&](Operation *op) {
    for (Value result : op->getResults())
      ::orderUses(result, numbers);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          ::orderUses(argument, numbers);
  });
}
