#include "dialects/Graph/Graph.h"
#include "dialects/Graph/NodeNames.h"
#include "graphopt/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ScopedPrinter.h"

namespace graphopt {
#define GEN_PASS_DEF_LISTNODES
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt::graph;

/// "1x128x384xf32"
static std::string describe(Type type) {
  std::string text = llvm::to_string(type);
  StringRef inner = text;
  return isa<TensorType>(type) && inner.consume_front("tensor<") &&
                 inner.consume_back(">")
             ? inner.str()
             : text;
}

static std::string describe(TypeRange types) {
  return llvm::join(
      llvm::map_range(types, [](Type type) { return describe(type); }), ", ");
}

/// "binary Add (1x128x384xf32, 384xf32) -> 1x128x384xf32"
static std::string describe(Operation *op) {
  return graphopt::getOperatorName(op) + " (" + describe(op->getOperandTypes()) + ") -> " +
         describe(op->getResultTypes());
}

namespace {
struct ListNodes : graphopt::impl::ListNodesBase<ListNodes> {
  using ListNodesBase::ListNodesBase;

  void runOnOperation() override {
    llvm::MapVector<StringRef, std::string> nodes;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isa_and_nonnull<GraphDialect>(op->getDialect()) ||
          op->hasTrait<OpTrait::IsTerminator>())
        return;
      for (StringRef name : graphopt::listNodes(op->getLoc())) {
        std::string &text = nodes[name];
        text += (text.empty() ? "" : "; ") + describe(op);
      }
    });
    Builder b(&getContext());
    SmallVector<Attribute> entries;
    for (const auto &[name, text] : nodes)
      entries.push_back(
          b.getDictionaryAttr({b.getNamedAttr("name", b.getStringAttr(name)),
                               b.getNamedAttr("text", b.getStringAttr(text))}));
    getOperation()->setAttr("graph.nodes", b.getArrayAttr(entries));
    numNodes += entries.size();
  }
};
} // namespace
