#include "lib/Export/NodeExporter.h"
#include "lib/Import/Types.h"

using namespace mlir;
using namespace graphopt;
using onnx::AttributeProto;

//===--- Attributes ------------------------------------------------------===//

AttributeProto &OnnxNode::add(StringRef name,
                              AttributeProto::AttributeType type) {
  AttributeProto &attribute = *proto.add_attribute();
  attribute.set_name(name.str());
  attribute.set_type(type);
  return attribute;
}

OnnxNode &OnnxNode::setInt(StringRef name, int64_t value) {
  add(name, AttributeProto::INT).set_i(value);
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, const APFloat &value) {
  add(name, AttributeProto::FLOAT).set_f(value.convertToFloat());
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, StringRef value) {
  add(name, AttributeProto::STRING).set_s(value.str());
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, ArrayRef<int64_t> values) {
  AttributeProto &attribute = add(name, AttributeProto::INTS);
  for (int64_t value : values)
    attribute.add_ints(value);
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, ArrayRef<float> values) {
  AttributeProto &attribute = add(name, AttributeProto::FLOATS);
  for (float value : values)
    attribute.add_floats(value);
  return *this;
}

OnnxNode &OnnxNode::set(StringRef name, ArrayRef<StringRef> values) {
  AttributeProto &attribute = add(name, AttributeProto::STRINGS);
  for (StringRef value : values)
    attribute.add_strings(value.str());
  return *this;
}

OnnxNode &OnnxNode::setType(StringRef name, Type elementType) {
  return setInt(name, dataTypeNumber(elementType));
}

OnnxNode &OnnxNode::setValueType(StringRef name, Type type) {
  describeType(*add(name, AttributeProto::TYPE_PROTO).mutable_tp(), type);
  return *this;
}

OnnxNode &OnnxNode::setElement(StringRef name, TypedAttr value) {
  onnx::TensorProto &tensor =
      *add(name, AttributeProto::TENSOR).mutable_t();
  tensor.set_data_type(dataTypeNumber(value.getType()));
  tensor.add_dims(1);
  APInt bits = isa<IntegerAttr>(value)
                   ? cast<IntegerAttr>(value).getValue()
                   : cast<FloatAttr>(value).getValue().bitcastToAPInt();
  tensor.set_raw_data(bits.getRawData(),
                      llvm::divideCeil(bits.getBitWidth(), 8));
  return *this;
}

onnx::GraphProto &OnnxNode::addGraph(StringRef name) {
  onnx::GraphProto &graph = *add(name, AttributeProto::GRAPH).mutable_g();
  graph.set_name(name.str());
  return graph;
}

void OnnxNode::setOutput(unsigned index, StringRef name) {
  while (unsigned(proto.output_size()) <= index)
    proto.add_output();
  proto.set_output(index, name.str());
}

//===--- Nodes -----------------------------------------------------------===//

onnx::NodeProto &NodeExporter::addNode(StringRef operatorName,
                                       ArrayRef<NodeInput> inputs) {
  onnx::NodeProto &node = *graph.add_node();
  node.set_op_type(operatorName.str());
  node.set_name(model.makeNodeName(name.empty() ? operatorName : name));
  for (const NodeInput &input : inputs)
    node.add_input(input.name.empty() ? model.getName(input.value) : input.name);
  // A Loop names its first two inputs even where both are left out.
  int least = operatorName == "Loop" ? 2 : 0;
  while (node.input_size() > least && node.input(node.input_size() - 1).empty())
    node.mutable_input()->RemoveLast();
  return node;
}

OnnxNode NodeExporter::writeAs(StringRef operatorName,
                               ArrayRef<NodeInput> inputs, ValueRange results) {
  onnx::NodeProto &node = addNode(operatorName, inputs);
  for (auto [i, result] : llvm::enumerate(results)) {
    if (result && model.getName(result).empty())
      model.define(result, model.makeValueName(node.name() + "_output_" +
                                               std::to_string(i)));
    node.add_output(model.getName(result));
  }
  while (node.output_size() > 1 && node.output(node.output_size() - 1).empty())
    node.mutable_output()->RemoveLast();
  return OnnxNode(node);
}

OnnxNode NodeExporter::write(StringRef operatorName, ArrayRef<NodeInput> inputs,
                             unsigned optional) {
  SmallVector<Value> results(op->getResults());
  for (auto [i, result] : llvm::enumerate(results))
    if (i >= optional && result.use_empty())
      result = Value();
  return writeAs(operatorName, inputs, results);
}

OnnxNode NodeExporter::insert(StringRef operatorName, ArrayRef<NodeInput> inputs,
                              StringRef what, Type elementType) {
  onnx::NodeProto &node = addNode(operatorName, inputs);
  node.add_output(createName(what, elementType));
  return OnnxNode(node);
}

std::string NodeExporter::createName(StringRef what, Type elementType) {
  std::string base = name.empty() ? op->getName().stripDialect().str() : name;
  std::string result = model.makeValueName(base + "_" + what);
  model.setElementType(result, elementType);
  return result;
}

std::string NodeExporter::createInts(StringRef what, ArrayRef<int64_t> values) {
  Builder builder(op->getContext());
  auto type = RankedTensorType::get(int64_t(values.size()), builder.getI64Type());
  return createTensor(what, DenseElementsAttr::get(type, values));
}

std::string NodeExporter::createTensor(StringRef what, ElementsAttr elements) {
  std::string base = name.empty() ? op->getName().stripDialect().str() : name;
  return model.createTensor(base + "_" + what, elements);
}

LogicalResult NodeExporter::refuse(const Twine &why) {
  model.refuse(op, why);
  return failure();
}

void NodeExporter::writeGraph(OnnxNode &node, StringRef attribute,
                              Region &region) {
  onnx::GraphProto &inner = node.addGraph(attribute);
  Block &block = region.front();
  for (BlockArgument argument : block.getArguments()) {
    std::string input = model.makeValueName(
        name + "_" + attribute + "_" + Twine(argument.getArgNumber()));
    model.define(argument, input);
    describeValue(*inner.add_input(), input, argument.getType());
  }
  writeBlock(model, inner, block);
}
