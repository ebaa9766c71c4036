#include "dialects/Graph/Scattering.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// The attribute `reduction`; null for `none`.
static FailureOr<BinaryKindAttr> getReduction(NodeImporter &node) {
  StringRef name = node.getString("reduction");
  if (name == "none")
    return BinaryKindAttr();
  auto kind = llvm::StringSwitch<std::optional<BinaryKind>>(name)
                  .Case("add", BinaryKind::Add)
                  .Case("mul", BinaryKind::Mul)
                  .Case("max", BinaryKind::Max)
                  .Case("min", BinaryKind::Min)
                  .Default(std::nullopt);
  if (!kind)
    return node.emitError() << "reduction '" << name << "' is not known";
  return BinaryKindAttr::get(node.getContext(), *kind);
}

LogicalResult graphopt::importScatterElements(NodeImporter &node) {
  FailureOr<BinaryKindAttr> reduction = getReduction(node);
  if (failed(reduction))
    return failure();
  return node.finish<ScatterElementsOp>(node.getInput(2), node.getInput(0),
                                        node.getInput(1), node.getAxis(),
                                        *reduction);
}

LogicalResult graphopt::importScatterND(NodeImporter &node) {
  FailureOr<BinaryKindAttr> reduction = getReduction(node);
  if (failed(reduction))
    return failure();
  // The ranks tell how long a position is.
  int64_t last = node.getInputRank(1) - 1;
  int64_t length = node.getInputRank(0) - (node.getInputRank(2) - last);
  return node.finish<ScatterNDOp>(node.getInput(2), node.getInput(0),
                                  withLast(node, node.getInput(1), length), *reduction);
}

LogicalResult graphopt::importTensorScatter(NodeImporter &node) {
  StringRef mode = node.getString("mode");
  if (mode != "linear" && mode != "circular")
    return node.emitError() << "mode '" << mode << "' is not known";
  return node.finish<TensorScatterOp>(node.getInput(1), node.getInput(0),
                                      node.getInput(2), node.getAxis(),
                                      mode == "circular");
}
