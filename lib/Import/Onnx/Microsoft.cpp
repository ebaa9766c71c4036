// Registers the operators of com.microsoft.
#include "lib/Import/Onnx/Microsoft.h"
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/shape_inference.h"
#include "llvm/ADT/StringRef.h"
#include <mutex>

using namespace graphopt;
using namespace graphopt::microsoft;

//===--- Bodies ----------------------------------------------------------===//

const onnx::TensorShapeProto *Body::shape(int input) const {
  const onnx::TypeProto *type = has(input) ? node.getInputType(input) : nullptr;
  bool isKnown = type && type->has_tensor_type() && type->tensor_type().has_shape();
  return isKnown ? &type->tensor_type().shape() : nullptr;
}

int Body::rank(int input) const {
  const onnx::TensorShapeProto *dims = shape(input);
  return dims ? dims->dim_size() : -1;
}

int64_t Body::extent(int input, int dim) const {
  const onnx::TensorShapeProto *dims = shape(input);
  dim = dims && dim < 0 ? dim + dims->dim_size() : dim;
  if (!dims || dim < 0 || dim >= dims->dim_size() ||
      !dims->dim(dim).has_dim_value())
    return -1;
  return dims->dim(dim).dim_value();
}

int64_t Body::require(int input, int dim, const char *what) const {
  int64_t size = extent(input, dim);
  if (size < 1)
    throw Unsupported(fmt::format("needs to know {} to be read", what));
  return size;
}

bool Body::isSame(int input, int dim, int other, int otherDim) const {
  const onnx::TensorShapeProto *a = shape(input), *b = shape(other);
  if (!a || !b || dim >= a->dim_size() || otherDim >= b->dim_size())
    return false;
  const auto &x = a->dim(dim), &y = b->dim(otherDim);
  if (x.has_dim_value() || y.has_dim_value())
    return x.has_dim_value() && y.has_dim_value() &&
           x.dim_value() == y.dim_value();
  return !x.dim_param().empty() && x.dim_param() == y.dim_param();
}

int64_t Body::getInt(const char *name) const {
  const onnx::AttributeProto *given = node.getAttribute(name);
  return given ? given->i() : 0;
}

float Body::getFloat(const char *name) const {
  const onnx::AttributeProto *given = node.getAttribute(name);
  return given ? given->f() : 0;
}

std::string Body::getString(const char *name) const {
  const onnx::AttributeProto *given = node.getAttribute(name);
  return given ? given->s() : "";
}

std::vector<int64_t> Body::getInts(const char *name) const {
  const onnx::AttributeProto *given = node.getAttribute(name);
  if (!given)
    return {};
  return {given->ints().begin(), given->ints().end()};
}

std::vector<float> Body::getFloats(const char *name) const {
  const onnx::AttributeProto *given = node.getAttribute(name);
  if (!given)
    return {};
  return {given->floats().begin(), given->floats().end()};
}

//===--- Types -----------------------------------------------------------===//

void graphopt::microsoft::inferLike(onnx::InferenceContext &node, size_t input,
                                    size_t output) {
  if (output >= node.getNumOutputs() || input >= node.getNumInputs())
    return;
  onnx::propagateElemTypeFromInputToOutput(node, input, output);
  if (onnx::hasInputShape(node, input))
    onnx::propagateShapeFromInputToOutput(node, input, output);
}

void graphopt::microsoft::inferRank(onnx::InferenceContext &node, size_t input,
                                    size_t output, int rank) {
  if (output >= node.getNumOutputs())
    return;
  onnx::propagateElemTypeFromInputToOutput(node, input, output);
  onnx::TensorShapeProto *shape = onnx::getOutputShape(node, output);
  for (int i = 0; i < rank; ++i)
    shape->add_dim();
}

void graphopt::microsoft::inferSameRank(onnx::InferenceContext &node) {
  onnx::propagateElemTypeFromInputToOutput(node, 0, 0);
  if (onnx::hasInputShape(node, 0))
    inferRank(node, 0, 0, onnx::getInputShape(node, 0).dim_size());
}

//===--- Schemas ---------------------------------------------------------===//

using Schema = onnx::OpSchema;

/// Inputs and outputs have a type each, whichever it is.
static void addPorts(Schema &schema, const std::vector<const char *> &names,
                     bool isInput) {
  for (size_t i = 0; i < names.size(); ++i) {
    llvm::StringRef name = names[i];
    bool isOptional = name.consume_back("?");
    auto option = isOptional ? Schema::Optional : Schema::Single;
    std::string type = (isInput ? "In" : "Out") + std::to_string(i);
    if (isInput)
      schema.Input(int(i), name.str(), "", type, option);
    else
      schema.Output(int(i), name.str(), "", type, option);
    schema.TypeConstraint(type, Schema::all_tensor_types_ir13(), "");
  }
}

static Schema makeSchema(const Operator &op) {
  Schema schema(op.name, __FILE__, __LINE__);
  schema.SetDomain(domain).SinceVersion(1);
  addPorts(schema, op.inputs, true);
  addPorts(schema, op.outputs, false);
  for (const Attribute &attribute : op.attributes) {
    bool hasDefault = attribute.value.has_name();
    schema.Attr(hasDefault
                    ? Schema::Attribute(attribute.name, "", attribute.value)
                    : Schema::Attribute(attribute.name, "",
                                        attribute.value.type(),
                                        attribute.isRequired));
  }
  schema.TypeAndShapeInferenceFunction(op.infer);
  auto build = op.build;
  schema.SetContextDependentFunctionBodyBuilder(
      [build](const onnx::FunctionBodyBuildContext &node, const Schema &schema,
              onnx::FunctionProto &proto) {
        Body body(node, proto);
        build(body);
        schema.BuildFunction(proto);
        return true;
      });
  return schema;
}

static std::vector<Operator> listOperators() {
  std::vector<Operator> all;
  for (auto list : {listActivations, listProducts, listNormalizations,
                    listAttentions, listQuantized, listQuantizedProducts,
                    listChannelsLast, listOthers})
    for (Operator &op : list())
      all.push_back(std::move(op));
  return all;
}

void graphopt::registerMicrosoftOperators() {
  static std::once_flag once;
  std::call_once(once, [] {
    onnx::OpSchemaRegistry::DomainToVersionRange::Instance().AddDomainToVersion(
        domain, 1, 1);
    for (const Operator &op : listOperators())
      onnx::RegisterSchema(makeSchema(op));
  });
}

/// ONNX Runtime's optimizer writes a few of its own into the standard's domain.
void graphopt::moveMicrosoftOperators(onnx::ModelProto &model) {
  constexpr int64_t layerNormalization = 17;
  int64_t opset = opsetOf(model);
  bool moved = false;
  forEachNode(model, [&](onnx::NodeProto &node) {
    bool isForeign = node.op_type() == "SimplifiedLayerNormalization" ||
                     (node.op_type() == "LayerNormalization" && opset > 0 &&
                      opset < layerNormalization);
    if (!isForeign || !normalDomain(node.domain()).empty())
      return;
    node.set_domain(domain);
    moved = true;
  });
  for (onnx::OperatorSetIdProto &import : *model.mutable_opset_import())
    if (import.domain() == domain)
      return;
  if (!moved)
    return;
  onnx::OperatorSetIdProto *import = model.add_opset_import();
  import->set_domain(domain);
  import->set_version(1);
}
