#include "dialects/Graph/ValueNames.h"
#include "dialects/Graph/ModelRunner.h"
#include "dialects/Graph/NodeNames.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

const ModelRunner *graphopt::graph::findModelRunner(MLIRContext *context) {
  Dialect *dialect = context->getLoadedDialect<GraphDialect>();
  return dialect ? dialect->getRegisteredInterface<ModelRunner>() : nullptr;
}

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

namespace {
/// Feeds a module to a hash, values as numbers in order of appearance.
class Digest {
public:
  void add(StringRef text) {
    add(int64_t(text.size()));
    hash.update(text);
  }
  void add(int64_t number) {
    hash.update(StringRef(reinterpret_cast<const char *>(&number), 8));
  }
  void add(Value value) {
    add(int64_t(numbers.try_emplace(value, numbers.size()).first->second));
  }
  void add(Attribute attribute) {
    // The handle's name may be another in a copy.
    if (auto blob = dyn_cast<DenseResourceElementsAttr>(attribute)) {
      if (AsmResourceBlob *data = blob.getRawHandle().getBlob())
        hash.update(ArrayRef<uint8_t>(
            reinterpret_cast<const uint8_t *>(data->getData().data()),
            data->getData().size()));
      return;
    }
    std::string text;
    llvm::raw_string_ostream(text) << attribute;
    add(text);
  }
  void add(Operation *op) {
    add(op->getName().getStringRef());
    for (Value operand : op->getOperands())
      add(operand);
    for (NamedAttribute attribute : op->getAttrs()) {
      add(attribute.getName().getValue());
      add(attribute.getValue());
    }
    for (OpResult result : op->getResults()) {
      add(Value(result));
      add(TypeAttr::get(result.getType()));
    }
  }
  std::string finish() { return llvm::toHex(hash.final(), true).substr(0, 32); }

private:
  llvm::SHA256 hash;
  llvm::DenseMap<Value, size_t> numbers;
};
} // namespace

std::string graphopt::graph::fingerprint(ModuleOp module) {
  Digest digest;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != module)
      digest.add(op);
  });
  return digest.finish();
}
