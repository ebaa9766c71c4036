//===- LocateNodes.cpp - Instructions point to lines about nodes ----------===//

#include "dialects/Graph/NodeNames.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include <map>

namespace graphopt {
#define GEN_PASS_DEF_LOCATENODES
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using LLVM::LLVMFuncOp;

namespace {
/// The file that instructions point to. Lines count from 1; the first is about
/// the file itself.
class Listing {
public:
  Listing(StringRef model, ArrayAttr list) {
    text = (model + ": nodes in the order in which they run, then nodes that "
                    "share code\n")
               .str();
    for (auto node : list.getAsRange<DictionaryAttr>()) {
      StringRef name = node.getAs<StringAttr>("name").getValue();
      numberOf[name] = names.size();
      names.push_back(name);
      addLine(name, node.getAs<StringAttr>("text"));
    }
  }

  /// The nodes that code at `loc` computes, a different one in each call.
  SmallVector<StringRef> findNodes(Location loc) const {
    return llvm::map_to_vector(find(loc),
                               [&](unsigned number) { return names[number]; });
  }

  /// The line about findNodes(loc); 0 if there are none.
  unsigned findLine(Location loc) {
    auto [known, isNew] = lineOf.try_emplace(loc, 0);
    if (!isNew)
      return known->second;
    Numbers nodes = find(loc);
    if (nodes.size() > 1) {
      unsigned &line = lineOfSet[nodes];
      if (!line)
        line = addLine(std::to_string(nodes.size()) + " nodes",
                       llvm::join(findNodes(loc), ", "));
      return lineOf[loc] = line;
    }
    return lineOf[loc] = nodes.empty() ? 0 : nodes.front() + 2;
  }

  StringRef getText() const { return text; }

private:
  using Numbers = SmallVector<unsigned>; ///< of nodes, in their order

  unsigned addLine(StringRef name, StringRef about) {
    std::string line = (name + ": " + about).str();
    // A name may be any text.
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
    text += line + "\n";
    return ++lineCount;
  }

  Numbers find(Location loc) const {
    Numbers numbers;
    collect(loc, numbers);
    llvm::sort(numbers);
    numbers.erase(llvm::unique(numbers), numbers.end());
    return numbers;
  }

  /// \returns whether there is any.
  bool collect(Location loc, Numbers &numbers) const {
    return llvm::TypeSwitch<LocationAttr, bool>(loc)
        .Case([&](NameLoc name) {
          auto found = numberOf.find(name.getName());
          if (found == numberOf.end())
            return false;
          numbers.push_back(found->second);
          return true;
        })
        .Case([&](CallSiteLoc call) {
          return collect(call.getCallee(), numbers);
        })
        .Case([&](FusedLoc fused) {
          auto parts = fused.getLocations();
          auto take = [&](Location part) { return collect(part, numbers); };
          // Of what was merged the first stands for all.
          return graphopt::isSharedLoc(fused) ? llvm::count_if(parts, take) > 0
                                              : llvm::any_of(parts, take);
        })
        .Default(false);
  }

  std::string text;
  unsigned lineCount = 1;
  SmallVector<StringRef> names; ///< of nodes
  llvm::StringMap<unsigned> numberOf;
  DenseMap<Location, unsigned> lineOf;
  std::map<Numbers, unsigned> lineOfSet;
};

struct LocateNodes : graphopt::impl::LocateNodesBase<LocateNodes> {
  using LocateNodesBase::LocateNodesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto model = module->getAttrOfType<StringAttr>("graph.model");
    auto nodes = module->getAttrOfType<ArrayAttr>("graph.nodes");
    if (!model || !nodes) {
      module.emitError("has no graph.model or no graph.nodes");
      return signalPassFailure();
    }
    Builder b(&getContext());
    Listing listing(model, nodes);
    file = b.getStringAttr(model.getValue() + "." + suffix);
    nameFunctions(listing);
    for (auto function : module.getOps<LLVMFuncOp>())
      locate(function, listing);
    module->setLoc(FileLineColLoc::get(file, 1, 0));
    module->setAttr(
        "graphopt.listing",
        b.getDictionaryAttr(
            {b.getNamedAttr("file", file),
             b.getNamedAttr("text", b.getStringAttr(listing.getText()))}));
  }

private:
  /// "_encoder_layer_0_MatMul", "_of_12_nodes"
  static std::string suffixFor(ArrayRef<StringRef> nodes) {
    if (nodes.size() > 1)
      return "_of_" + std::to_string(nodes.size()) + "_nodes";
    std::string text;
    for (char c : "_" + nodes.front().str())
      if (llvm::isAlnum(c))
        text += c;
      else if (!StringRef(text).ends_with("_"))
        text += '_';
    return text;
  }

  /// What computes nodes is called after them.
  void nameFunctions(const Listing &listing) {
    SymbolTableCollection tables;
    SymbolUserMap users(tables, getOperation());
    llvm::StringSet<> taken;
    for (auto symbol : getOperation().getOps<SymbolOpInterface>())
      taken.insert(symbol.getName());
    for (auto function : getOperation().getOps<LLVMFuncOp>()) {
      auto nodes = listing.findNodes(function.getLoc());
      if (function.isExternal() || nodes.empty())
        continue;
      std::string base = function.getSymName().str() + suffixFor(nodes);
      std::string name = base;
      for (unsigned i = 0; !taken.insert(name).second; ++i)
        name = base + "_" + std::to_string(i);
      auto symbol = StringAttr::get(&getContext(), name);
      users.replaceAllUsesWith(function, symbol);
      function.setSymNameAttr(symbol);
    }
  }

  void locate(LLVMFuncOp function, Listing &listing) {
    unsigned own = std::max(listing.findLine(function.getLoc()), 1u);
    function.walk([&](Operation *op) {
      unsigned line = listing.findLine(op->getLoc());
      op->setLoc(FileLineColLoc::get(file, line ? line : own, 0));
    });
  }

  StringAttr file;
};
} // namespace
