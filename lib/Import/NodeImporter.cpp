#include "lib/Import/NodeImporter.h"
#include "dialects/Graph/Graph.h"
#include "lib/Import/GraphImporter.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Types.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt;
using onnx::AttributeProto;

NodeImporter::NodeImporter(GraphImporter &graph, const onnx::NodeProto &proto)
    : graph(graph), proto(proto),
      loc(NameLoc::get(graph.getBuilder().getStringAttr(proto.name()))) {
  for (const std::string &name : proto.input())
    inputs.push_back(name.empty() ? Value() : graph.lookup(name));
}

OpBuilder &NodeImporter::getBuilder() { return graph.getBuilder(); }

InFlightDiagnostic NodeImporter::emitError(const Twine &message) {
  return mlir::emitError(loc, message);
}

//===--- Inputs and outputs ----------------------------------------------===//

Value NodeImporter::getInput(size_t index) const {
  return index < inputs.size() ? inputs[index] : Value();
}

RankedTensorType NodeImporter::getInputType(size_t index) const {
  return cast<RankedTensorType>(getInput(index).getType());
}

int64_t NodeImporter::getInputRank(size_t index) const {
  return getInputType(index).getRank();
}

Value NodeImporter::getTensorNamed(StringRef name) const { return graph.lookup(name); }

bool NodeImporter::hasOutput(size_t index) const {
  return index < getNumOutputs() && !proto.output(index).empty();
}

LogicalResult NodeImporter::bind(ValueRange values) {
  if (values.size() < getNumOutputs() &&
      llvm::any_of(llvm::seq(values.size(), getNumOutputs()),
                   [&](size_t index) { return hasOutput(index); }))
    return emitError() << "only the first " << values.size() << " of its "
                       << getNumOutputs() << " outputs are supported";
  for (auto [name, value] : llvm::zip(proto.output(), values)) {
    if (name.empty())
      continue;
    if (!value)
      return emitError() << "its output '" << name << "' is not supported";
    graph.define(name, value);
  }
  return success();
}

std::optional<int64_t> NodeImporter::getDeclaredRank(size_t index) const {
  return graph.getDeclaredRank(proto.output(index));
}

//===--- Attributes ------------------------------------------------------===//

const AttributeProto *NodeImporter::find(StringRef name) const {
  for (const AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const AttributeProto *NodeImporter::get(StringRef name, int type) {
  const AttributeProto *attribute = find(name);
  if (!attribute || attribute->type() == type)
    return attribute;
  failed = true;
  emitError() << "attribute '" << name << "' is no "
              << StringRef(onnx::AttributeProto_AttributeType_Name(
                               AttributeProto::AttributeType(type)))
                     .lower();
  return nullptr;
}

bool NodeImporter::hasAttribute(StringRef name) const { return find(name); }

int64_t NodeImporter::getInt(StringRef name, int64_t otherwise) {
  const AttributeProto *attribute = get(name, AttributeProto::INT);
  return attribute ? attribute->i() : otherwise;
}

int64_t NodeImporter::getAxis() {
  int64_t axis = getInt("axis"), rank = getInputRank(0);
  return -rank <= axis && axis < 0 ? axis + rank : axis;
}

float NodeImporter::getFloat(StringRef name, float otherwise) {
  const AttributeProto *attribute = get(name, AttributeProto::FLOAT);
  return attribute ? attribute->f() : otherwise;
}

StringRef NodeImporter::getString(StringRef name, StringRef otherwise) {
  const AttributeProto *attribute = get(name, AttributeProto::STRING);
  return attribute ? StringRef(attribute->s()) : otherwise;
}

SmallVector<int64_t> NodeImporter::getInts(StringRef name,
                                           ArrayRef<int64_t> otherwise) {
  const AttributeProto *attribute = get(name, AttributeProto::INTS);
  if (!attribute)
    return SmallVector<int64_t>(otherwise);
  return SmallVector<int64_t>(attribute->ints().begin(),
                              attribute->ints().end());
}

SmallVector<float> NodeImporter::getFloats(StringRef name) {
  const AttributeProto *attribute = get(name, AttributeProto::FLOATS);
  if (!attribute)
    return {};
  return SmallVector<float>(attribute->floats().begin(),
                            attribute->floats().end());
}

SmallVector<StringRef> NodeImporter::getStrings(StringRef name) {
  const AttributeProto *attribute = get(name, AttributeProto::STRINGS);
  if (!attribute)
    return {};
  SmallVector<StringRef> strings(attribute->strings().begin(),
                                 attribute->strings().end());
  if (llvm::any_of(strings, [](StringRef text) { return text.contains('\0'); })) {
    failed = true;
    emitError() << "attribute '" << name << "' has a string with a byte that is 0";
  }
  return strings;
}

Type NodeImporter::getElementType(StringRef name, Type otherwise) {
  const AttributeProto *attribute = get(name, AttributeProto::INT);
  if (!attribute)
    return otherwise;
  Type type = convertDataType(getContext(), attribute->i());
  if (!type) {
    failed = true;
    emitError() << "attribute '" << name << "' is element type "
                << dataTypeName(attribute->i()) << ", which is not supported";
  }
  return type;
}

Value NodeImporter::getTensor(StringRef name) {
  const AttributeProto *attribute = get(name, AttributeProto::TENSOR);
  if (!attribute) {
    if (!failed)
      emitError() << "attribute '" << name << "' is missing";
    return {};
  }
  return graph.createTensor(attribute->t(), loc);
}

const onnx::TypeProto *NodeImporter::getType(StringRef name) {
  const AttributeProto *attribute = get(name, AttributeProto::TYPE_PROTO);
  if (attribute)
    return &attribute->tp();
  if (!failed)
    emitError() << "attribute '" << name << "' is missing";
  return nullptr;
}

const onnx::GraphProto *NodeImporter::getGraph(StringRef name) {
  const AttributeProto *attribute = get(name, AttributeProto::GRAPH);
  if (attribute)
    return &attribute->g();
  if (!failed)
    emitError() << "attribute '" << name << "' is missing";
  return nullptr;
}

//===--- Constants -------------------------------------------------------===//

std::optional<SmallVector<int64_t>> NodeImporter::getConstantInts(Value value) {
  return graph::ShapeInference(getContext()).get(value).getConstantElements();
}

FailureOr<SmallVector<int64_t>>
NodeImporter::requireConstantInts(Value value, StringRef what) {
  if (std::optional<SmallVector<int64_t>> ints = getConstantInts(value))
    return std::move(*ints);
  return emitError() << "its " << what
                     << " must be known when the model is compiled";
}

std::optional<SmallVector<double>>
NodeImporter::getConstantFloats(Value value) {
  return graph::getConstantFloats(value);
}

Value NodeImporter::createConstant(TypedAttr attribute) {
  return arith::ConstantOp::create(getBuilder(), loc, attribute);
}

Value NodeImporter::createInts(ArrayRef<int64_t> values) {
  Builder &builder = getBuilder();
  auto type =
      RankedTensorType::get(int64_t(values.size()), builder.getI64Type());
  return createConstant(DenseElementsAttr::get(type, values));
}

Value NodeImporter::createScalar(Type elementType, double value) {
  auto type = RankedTensorType::get({}, elementType);
  if (auto floatType = dyn_cast<FloatType>(elementType))
    return createConstant(DenseElementsAttr::get(
        type, FloatAttr::get(floatType, value).getValue()));
  if (!elementType.isIntOrFloat()) {
    emitError() << "it does not take elements of type " << elementType;
    return {};
  }
  APInt integer(elementType.getIntOrFloatBitWidth(), int64_t(value),
                /*isSigned=*/true, /*implicitTrunc=*/true);
  return createConstant(DenseElementsAttr::get(type, integer));
}

Value NodeImporter::createStrings(ArrayRef<StringRef> values) {
  auto type = RankedTensorType::get(int64_t(values.size()),
                                    graph::StringType::get(getContext()));
  return createConstant(DenseElementsAttr::get(type, values));
}

//===--- Building --------------------------------------------------------===//

Operation *NodeImporter::insert(OperationState &state) {
  state.types.clear();
  if (llvm::is_contained(state.operands, Value()))
    return nullptr;
  auto *inference = state.name.getInterface<InferTypeOpInterface>();
  if (llvm::failed(inference->inferReturnTypes(
          getContext(), loc, state.operands, state.attributes.getDictionary(getContext()),
          state.getRawProperties(), state.regions, state.types)))
    return nullptr;
  Operation *op = getBuilder().create(state);
  return succeeded(verify(op)) && succeeded(checkSize(op)) ? op : nullptr;
}

LogicalResult NodeImporter::checkSize(Operation *op) {
  // More than any machine has; larger sizes may also overflow.
  constexpr int64_t maxBytes = int64_t(1) << 48;
  for (Type type : op->getResultTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      continue;
    int64_t bytes = 8;
    for (int64_t dim : tensor.getShape())
      if (!ShapedType::isDynamic(dim) && dim > 0 &&
          (llvm::MulOverflow(bytes, dim, bytes) || bytes > maxBytes))
        return emitError() << "its result would be too large for any memory: "
                           << tensor;
  }
  return success();
}

LogicalResult NodeImporter::importGraph(
    StringRef attribute, Region &region, TypeRange argumentTypes,
    function_ref<LogicalResult(ValueRange)> terminate,
    function_ref<FailureOr<SmallVector<Value>>(ValueRange)> enter) {
  const onnx::GraphProto *body = getGraph(attribute);
  if (!body)
    return failure();
  OpBuilder &builder = getBuilder();
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Location> locs(argumentTypes.size(), loc);
  Block *block =
      builder.createBlock(&region, region.end(), argumentTypes, locs);
  FailureOr<SmallVector<Value>> inputs =
      enter ? enter(block->getArguments())
            : SmallVector<Value>(block->getArguments());
  if (mlir::failed(inputs))
    return failure();
  size_t numInputs = getFreeInputs(*body).size();
  if (numInputs != inputs->size())
    return emitError() << "graph '" << attribute << "' has " << numInputs
                       << " inputs, expected " << inputs->size();
  FailureOr<SmallVector<Value>> results = importNested(*body, *inputs);
  if (mlir::failed(results))
    return failure();
  return terminate(*results);
}

FailureOr<SmallVector<Value>> NodeImporter::inlineGraph(StringRef attribute) {
  const onnx::GraphProto *body = getGraph(attribute);
  if (!body)
    return failure();
  if (size_t numInputs = getFreeInputs(*body).size())
    return emitError() << "graph '" << attribute << "' has " << numInputs
                       << " inputs, expected 0";
  return importNested(*body, {});
}

FailureOr<SmallVector<Value>>
NodeImporter::importNested(const onnx::GraphProto &body, ValueRange inputs) {
  GraphImporter inner(graph.getModel(), getBuilder(), graph.getErrors(), &graph);
  FailureOr<SmallVector<Value>> results = inner.run(body, inputs);
  graph.getErrors().setNode(&proto);
  return results;
}

ImporterFunction graphopt::lookupImporter(StringRef domain, StringRef opType) {
  static const llvm::StringMap<ImporterFunction> table = [] {
    llvm::StringMap<ImporterFunction> rows;
#define ONNX_READ(NAME, OPSET, IMPORTER) rows["." #NAME] = IMPORTER;
#define ONNX_OP_IN(DOMAIN, NAME, OPSET, IMPORTER)                              \
  rows[DOMAIN "." #NAME] = IMPORTER;
#include "lib/Import/OnnxOps.def"
    return rows;
  }();
  if (domain == "ai.onnx")
    domain = "";
  return table.lookup((domain + "." + opType).str());
}
