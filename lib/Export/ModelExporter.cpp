#include "lib/Export/ModelExporter.h"
#include "dialects/Graph/Graph.h"
#include "dialects/Graph/NodeNames.h"
#include "graphopt/Support/PackedElements.h"
#include "lib/Export/NodeExporter.h"
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Types.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace graphopt;

std::string graphopt::getNodeName(Operation *op) {
  SmallVector<StringRef> nodes = listNodes(op->getLoc());
  return nodes.empty() ? "" : nodes.front().str();
}

/// Without a shape if its rank is not known.
static void describeTensor(onnx::TypeProto &type, Type tensor, ArrayAttr dims) {
  onnx::TypeProto::Tensor &proto = *type.mutable_tensor_type();
  proto.set_elem_type(dataTypeNumber(getElementTypeOrSelf(tensor)));
  auto ranked = dyn_cast<RankedTensorType>(tensor);
  if (!ranked)
    return;
  onnx::TensorShapeProto &shape = *proto.mutable_shape();
  for (auto [i, extent] : llvm::enumerate(ranked.getShape())) {
    auto &dim = *shape.add_dim();
    if (!ShapedType::isDynamic(extent))
      dim.set_dim_value(extent);
    else if (dims && !cast<StringAttr>(dims[i]).empty())
      dim.set_dim_param(cast<StringAttr>(dims[i]).str());
  }
}

void graphopt::describeType(onnx::TypeProto &proto, Type type, ArrayAttr dims) {
  onnx::TypeProto *inner = &proto;
  if (auto optional = dyn_cast<graph::OptionalType>(type)) {
    inner = inner->mutable_optional_type()->mutable_elem_type();
    type = optional.getValue();
  }
  if (auto sequence = dyn_cast<graph::SequenceType>(type)) {
    inner = inner->mutable_sequence_type()->mutable_elem_type();
    type = sequence.getElement();
  }
  describeTensor(*inner, type, dims);
}

void graphopt::describeValue(onnx::ValueInfoProto &info, StringRef name,
                             Type type, ArrayAttr dims) {
  info.set_name(name.str());
  describeType(*info.mutable_type(), type, dims);
}

//===--- Names -----------------------------------------------------------===//

static std::string makeUnique(llvm::StringMap<unsigned> &taken,
                              const Twine &wanted) {
  std::string base = wanted.str(), name = base;
  while (!taken.try_emplace(name, 1).second)
    name = base + "_" + std::to_string(taken[base]++);
  return name;
}

std::string ModelExporter::makeValueName(const Twine &wanted) {
  return makeUnique(valueNames, wanted);
}

std::string ModelExporter::makeNodeName(StringRef wanted) {
  return makeUnique(nodeNames, wanted);
}

void ModelExporter::define(Value value, StringRef name) {
  names[value] = name.str();
  setElementType(name, getElementTypeOrSelf(value));
}

void ModelExporter::setElementType(StringRef name, Type elementType) {
  if (int number = dataTypeNumber(elementType)) // what is no tensor has none
    elementTypes[name] = number;
}

std::string ModelExporter::getName(Value value) {
  if (!value)
    return "";
  std::string name = names.lookup(value);
  if (unused.erase(value)) {
    auto constant = value.getDefiningOp<arith::ConstantOp>();
    addInitializer(name, cast<ElementsAttr>(constant.getValue()));
  }
  return name;
}

//===--- Tensors ---------------------------------------------------------===//

/// The bytes of a tensor, one at least for each element.
static WeightBytes getElementBytes(ElementsAttr elements) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    ArrayRef<char> bytes = resource.getRawHandle().getBlob()->getData();
    return {nullptr, StringRef(bytes.data(), bytes.size())};
  }
  auto dense = cast<DenseElementsAttr>(elements);
  auto owned = std::make_shared<std::string>();
  if (dense.getElementType().isInteger(1)) {
    for (bool element : dense.getValues<bool>())
      owned->push_back(element);
    return {owned, *owned};
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return {nullptr, StringRef(raw.data(), raw.size())};
  for (int64_t i = 0; i < dense.getNumElements(); ++i)
    owned->append(raw.begin(), raw.end());
  return {owned, *owned};
}

/// Weights of a model that was sparsified; others are as dense as they came.
bool ModelExporter::addSparse(StringRef name, ElementsAttr elements,
                              StringRef bytes) {
  if (!module->hasAttr("graph.sparsity") ||
      !elements.getElementType().isF32() || bytes.size() <= largeTensorBytes)
    return false;
  auto sparse = makeSparse(
      name,
      {reinterpret_cast<const float *>(bytes.data()),
       bytes.size() / sizeof(float)},
      elements.getShapedType().getShape());
  if (!sparse)
    return false;
  *model.proto.mutable_graph()->add_sparse_initializer() = std::move(*sparse);
  return true;
}

void ModelExporter::addStrings(StringRef name, DenseStringElementsAttr strings) {
  setElementType(name, strings.getElementType());
  onnx::TensorProto &tensor = *model.proto.mutable_graph()->add_initializer();
  tensor.set_name(name.str());
  tensor.set_data_type(onnx::TensorProto::STRING);
  for (int64_t extent : cast<ShapedType>(strings.getType()).getShape())
    tensor.add_dims(extent);
  for (StringRef text : strings.getValues<StringRef>())
    tensor.add_string_data(text.str());
}

void ModelExporter::addInitializer(StringRef name, ElementsAttr elements) {
  if (auto strings = dyn_cast<DenseStringElementsAttr>(elements))
    return addStrings(name, strings);
  WeightBytes bytes = getElementBytes(elements);
  if (Type type = elements.getElementType(); isPacked(type)) {
    auto packed = std::make_shared<std::string>(
        packElements(bytes.bytes, type.getIntOrFloatBitWidth()));
    bytes = {packed, *packed};
  }
  setElementType(name, elements.getElementType());
  if (addSparse(name, elements, bytes.bytes))
    return;
  onnx::TensorProto &tensor = *model.proto.mutable_graph()->add_initializer();
  tensor.set_name(name.str());
  tensor.set_data_type(dataTypeNumber(elements.getElementType()));
  for (int64_t extent : elements.getShapedType().getShape())
    tensor.add_dims(extent);
  if (bytes.bytes.size() <= largeTensorBytes) {
    tensor.set_raw_data(bytes.bytes.str());
    return;
  }
  setWeight(tensor, model.weights.size());
  model.weights.push_back(std::move(bytes));
}

std::string ModelExporter::createTensor(const Twine &wanted,
                                        ElementsAttr elements) {
  std::string name = makeValueName(wanted);
  addInitializer(name, elements);
  return name;
}

//===--- Errors ----------------------------------------------------------===//

void ModelExporter::refuse(Operation *op, const Twine &why) {
  refused[(op->getName().getStringRef() + ": " + why).str()].push_back(
      getNodeName(op));
}

llvm::Error ModelExporter::takeError() const {
  if (refused.empty())
    return llvm::Error::success();
  size_t nodes = 0;
  std::string lines;
  for (const auto &[text, names] : refused) {
    constexpr size_t shown = 8;
    nodes += names.size();
    lines += "\n  " + text + "; " + std::to_string(names.size()) +
             (names.size() == 1 ? " node: " : " nodes: ") +
             llvm::join(ArrayRef(names).take_front(shown), ", ") +
             (names.size() > shown ? ", ..." : "");
  }
  return llvm::createStringError("ONNX cannot say what " + Twine(nodes) +
                                 (nodes == 1 ? " node does:" : " nodes do:") +
                                 lines);
}

//===--- The model -------------------------------------------------------===//

void ModelExporter::describeInputs(func::FuncOp main) {
  for (BlockArgument argument : main.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto given = main.getArgAttrOfType<StringAttr>(i, "graph.name");
    std::string name =
        makeValueName(given ? given.getValue() : "input_" + Twine(i));
    define(argument, name);
    describeValue(*model.proto.mutable_graph()->add_input(), name,
                  argument.getType(),
                  main.getArgAttrOfType<ArrayAttr>(i, "graph.dims"));
  }
}

/// Values get the names of the outputs that they are, if they may have them.
void ModelExporter::nameResults(func::FuncOp main) {
  for (auto [i, value] :
       llvm::enumerate(main.front().getTerminator()->getOperands())) {
    auto given = main.getResultAttrOfType<StringAttr>(i, "graph.name");
    std::string name = given ? given.str() : "output_" + std::to_string(i);
    if (names.lookup(value) != name)
      name = makeValueName(name);
    describeValue(*model.proto.mutable_graph()->add_output(), name,
                  value.getType(),
                  main.getResultAttrOfType<ArrayAttr>(i, "graph.dims"));
    setElementType(name, getElementTypeOrSelf(value));
    Operation *op = value.getDefiningOp();
    bool isConstant = isa_and_nonnull<arith::ConstantOp>(op);
    if (op && !names.contains(value) && (!isConstant || getNodeName(op) == name))
      define(value, name);
  }
}

void ModelExporter::defineConstants() {
  module.walk([&](arith::ConstantOp constant) {
    Value value = constant.getResult();
    if (value.use_empty())
      return;
    unused.insert(value);
    if (names.contains(value))
      return;
    std::string name = getNodeName(constant);
    auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
    if (name.empty())
      name = resource ? resource.getRawHandle().getKey().str() : "constant";
    define(value, makeValueName(name));
  });
}

void ModelExporter::writeMain(func::FuncOp main) {
  describeInputs(main);
  nameResults(main);
  defineConstants();
  std::vector<std::string> outputs;
  for (const onnx::ValueInfoProto &output : model.proto.graph().output())
    outputs.push_back(output.name());
  writeBlock(*this, *model.proto.mutable_graph(), main.front(), outputs);
}

llvm::Expected<OnnxModel> ModelExporter::run() {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return llvm::createStringError("the module has no function 'main'");
  auto name = module->getAttrOfType<StringAttr>("graph.model");
  model.proto.set_producer_name("graphopt");
  if (auto sparsity = module->getAttrOfType<StringAttr>("graph.sparsity")) {
    onnx::StringStringEntryProto &entry = *model.proto.add_metadata_props();
    entry.set_key("graphopt.sparsity");
    entry.set_value(sparsity.str());
  }
  model.proto.mutable_graph()->set_name(name ? name.str() : "main");
  writeMain(main);
  if (llvm::Error error = takeError())
    return error;
  return std::move(model);
}
