#include "dialects/Graph/ValueNames.h"
#include "dialects/Graph/NodeNames.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

StringRef graphopt::graph::getNodeName(Location loc) {
  SmallVector<StringRef> nodes = listNodes(loc);
  return nodes.empty() ? StringRef() : nodes.front();
}

ValueNames::ValueNames(FunctionOpInterface function) {
  for (BlockArgument argument : function.getArguments()) {
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                      "graph.name");
    add(argument, name ? name.str()
                       : ("arg" + Twine(argument.getArgNumber())).str());
  }
  size_t position = 0;
  for (Operation &op : function.getFunctionBody().front()) {
    StringRef node = getNodeName(op.getLoc());
    std::string name =
        node.empty() ? ("op" + Twine(position)).str() : node.str();
    ++position;
    for (OpResult result : op.getResults()) {
      unsigned number = result.getResultNumber();
      add(result, number == 0 ? name : (name + ":" + Twine(number)).str());
    }
  }
}

void ValueNames::add(Value value, std::string name) {
  std::string unique = name;
  for (unsigned i = 1; values.contains(unique); ++i)
    unique = (name + "~" + Twine(i)).str();
  values[unique] = value;
  names[value] = std::move(unique);
}

std::optional<std::vector<float>> graphopt::graph::readFloats(Value value) {
  ElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) ||
      !elements.getElementType().isF32())
    return std::nullopt;
  size_t count = elements.getNumElements();
  std::vector<float> floats(count);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != count * sizeof(float))
      return std::nullopt;
    std::memcpy(floats.data(), blob->getData().data(), count * sizeof(float));
    return floats;
  }
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense)
    return std::nullopt;
  llvm::copy(dense.getValues<float>(), floats.begin());
  return floats;
}

/// Of the bytes of a constant; 0 if they are few or missing.
static std::string digestWeights(arith::ConstantOp op) {
  constexpr int64_t fewest = 64;
  auto elements = dyn_cast<ElementsAttr>(op.getValue());
  if (!elements || elements.getNumElements() < fewest)
    return {};
  ArrayRef<char> bytes;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  } else if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(elements)) {
    bytes = dense.getRawData();
  }
  auto digest = llvm::SHA256::hash(ArrayRef(
      reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  return std::string(digest.begin(), digest.end());
}

std::string graphopt::graph::fingerprint(ModuleOp module) {
  std::vector<std::string> parts;
  module.walk([&](arith::ConstantOp op) {
    if (std::string digest = digestWeights(op); !digest.empty())
      parts.push_back(std::move(digest));
  });
  llvm::sort(parts);
  parts.erase(llvm::unique(parts), parts.end());
  llvm::SHA256 whole;
  for (const std::string &part : parts)
    whole.update(part);
  return llvm::toHex(whole.final(), /*LowerCase=*/true).substr(0, 32);
}
