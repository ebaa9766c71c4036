// Operators that the standard defines by a function body.
#include "lib/Import/Onnx/InlineFunctions.h"
#include "lib/Import/Onnx/Microsoft.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"
#include "onnx/shape_inference/implementation.h"
#include "llvm/ADT/StringSet.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

static const onnx::OpSchema *schemaOf(const onnx::ModelProto &model,
                                      const onnx::NodeProto &node) {
  return onnx::OpSchemaRegistry::Instance()->GetSchema(
      node.op_type(), opsetOf(model, node.domain()),
      normalDomain(node.domain()).str());
}

static void bindDefaults(const onnx::OpSchema &schema, onnx::NodeProto &node) {
  llvm::StringSet<> given;
  for (const onnx::AttributeProto &attribute : node.attribute())
    given.insert(attribute.name());
  for (const auto &[name, attribute] : schema.attributes())
    if (attribute.default_value.type() != onnx::AttributeProto::UNDEFINED &&
        given.insert(name).second)
      *node.add_attribute() = attribute.default_value;
}

void graphopt::bindDefaultAttributes(onnx::ModelProto &model) {
  forEachNode(model, [&](onnx::NodeProto &node) {
    if (const onnx::OpSchema *schema = schemaOf(model, node))
      bindDefaults(*schema, node);
  });
}

/// The body that `node` has for the types of its inputs.
static void buildContextDependentBody(const onnx::OpSchema &schema,
                                      const onnx::NodeProto &node, int version,
                                      const TypeScope &scope,
                                      onnx::FunctionProto &body) {
  std::vector<onnx::TypeProto> types;
  for (const std::string &input : node.input()) {
    const onnx::TypeProto *type = scope.find(input);
    if (!type && !input.empty())
      fail(describe(node) + ": the type of its input '" + input +
           "' cannot be inferred, so it cannot be expanded");
    types.push_back(type ? *type : onnx::TypeProto());
  }
  onnx::FunctionBodyBuildContextImpl context(node, types);
  try {
    if (!schema.BuildContextDependentFunction(context, body, version))
      fail(describe(node) + " cannot be expanded for these inputs");
  } catch (const microsoft::Unsupported &error) {
    fail(describe(node) + " " + error.what());
  }
}

/// The element type of input `index`; UNDEFINED if it is not known.
static int32_t elementTypeOf(const onnx::NodeProto &node, int index,
                             const TypeScope &scope) {
  if (index >= node.input_size() || node.input(index).empty())
    return onnx::TensorProto::UNDEFINED;
  const onnx::TypeProto *type = scope.find(node.input(index));
  return type ? type->tensor_type().elem_type()
              : int32_t(onnx::TensorProto::UNDEFINED);
}

/// True for an Attention that graph.attention cannot say: with scores as an
/// output, a window, or numbers of several types.
static bool isBeyondNative(const onnx::NodeProto &node, const TypeScope &scope) {
  constexpr int scores = 3, mask = 3;
  if (node.op_type() != "Attention" || !normalDomain(node.domain()).empty())
    return false;
  if (node.output_size() > scores && !node.output(scores).empty())
    return true;
  int32_t type = elementTypeOf(node, 0, scope);
  for (const onnx::AttributeProto &attribute : node.attribute()) {
    StringRef name = attribute.name();
    if (name.ends_with("_window_size") && attribute.i() >= 0)
      return true;
    if (name == "softmax_precision" &&
        attribute.i() == onnx::TensorProto::DOUBLE && attribute.i() != type)
      return true;
  }
  int32_t maskType = elementTypeOf(node, mask, scope);
  bool hasOtherMask = maskType != onnx::TensorProto::UNDEFINED &&
                      maskType != onnx::TensorProto::BOOL && maskType != type;
  return type == onnx::TensorProto::UNDEFINED || hasOtherMask ||
         elementTypeOf(node, 2, scope) != type;
}

/// The standard's body of `node`, if it is a function that has no importer.
static bool buildBody(const onnx::ModelProto &model, onnx::NodeProto &node,
                      const TypeScope &scope, onnx::FunctionProto &body) {
  const onnx::OpSchema *schema = schemaOf(model, node);
  bool hasImporter = isNative(node.domain(), node.op_type()) &&
                     !isBeyondNative(node, scope);
  if (!schema || hasImporter)
    return false;
  int version = opsetOf(model, node.domain());
  if (schema->HasFunction()) {
    const onnx::FunctionProto *function = schema->GetFunction(version);
    if (!function)
      return false;
    body = *function;
    bindDefaults(*schema, node);
    return true;
  }
  if (!schema->HasContextDependentFunction())
    return false;
  bindDefaults(*schema, node);
  buildContextDependentBody(*schema, node, version, scope, body);
  return true;
}

void graphopt::expandFunctions(onnx::ModelProto &model, uint64_t maxNodes) {
  // A body holds functions in turn, a few levels deep.
  constexpr int maxRounds = 16;
  FunctionInliner inliner(model, maxNodes);
  for (int round = 0; round < maxRounds; ++round) {
    onnx::shape_inference::InferShapes(model,
                                       onnx::OpSchemaRegistry::Instance());
    bool changed =
        inliner.run([&](onnx::NodeProto &node, const TypeScope &scope,
                        onnx::FunctionProto &body) {
          return buildBody(model, node, scope, body);
        });
    if (!changed)
      return;
  }
  fail("functions of the standard are nested more than " + Twine(maxRounds) +
       " deep");
}
