// Operators that the standard defines by a function body. ONNX's own inliner
// stops on initializers, missing optional inputs and default attributes.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"
#include "onnx/shape_inference/attribute_binder.h"
#include "onnx/shape_inference/implementation.h"
#include "llvm/ADT/StringMap.h"
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

namespace {

using Types = llvm::StringMap<onnx::TypeProto>;
using Names = llvm::StringMap<std::string>;

/// Types of the values of one graph and of those around it.
struct TypeScope {
  const TypeScope *outer = nullptr;
  Types types;

  const onnx::TypeProto *find(StringRef name) const {
    auto type = types.find(name);
    if (type != types.end())
      return &type->second;
    return outer ? outer->find(name) : nullptr;
  }
};

TypeScope scopeOf(const onnx::GraphProto &graph, const TypeScope *outer) {
  TypeScope scope{outer, {}};
  for (const onnx::TensorProto &tensor : graph.initializer()) {
    auto &type = *scope.types[tensor.name()].mutable_tensor_type();
    type.set_elem_type(tensor.data_type());
    type.mutable_shape();
    for (int64_t dim : tensor.dims())
      type.mutable_shape()->add_dim()->set_dim_value(dim);
  }
  auto add = [&](const auto &values) {
    for (const onnx::ValueInfoProto &value : values)
      if (value.has_type())
        scope.types[value.name()] = value.type();
  };
  add(graph.input());
  add(graph.value_info());
  add(graph.output());
  return scope;
}

/// Replaces every name in `node` and its subgraphs that `names` maps.
void rename(onnx::NodeProto &node, const Names &names) {
  auto replace = [&](std::string &name) {
    auto found = names.find(name);
    if (found != names.end())
      name = found->second;
  };
  llvm::for_each(*node.mutable_input(), replace);
  llvm::for_each(*node.mutable_output(), replace);
  forEachSubgraph(node, [&](onnx::GraphProto &graph) {
    for (onnx::ValueInfoProto &input : *graph.mutable_input())
      replace(*input.mutable_name());
    for (onnx::ValueInfoProto &output : *graph.mutable_output())
      replace(*output.mutable_name());
    for (onnx::TensorProto &tensor : *graph.mutable_initializer())
      replace(*tensor.mutable_name());
    for (onnx::NodeProto &child : *graph.mutable_node())
      rename(child, names);
  });
}

/// Collects the names that the nodes of a body and of its subgraphs define.
void collectDefinitions(const onnx::FunctionProto &body,
                        std::vector<std::string> &names) {
  forEachNode(body, [&](const onnx::NodeProto &node) {
    names.insert(names.end(), node.output().begin(), node.output().end());
    forEachSubgraph(node, [&](const onnx::GraphProto &graph) {
      for (const onnx::ValueInfoProto &input : graph.input())
        names.push_back(input.name());
      for (const onnx::TensorProto &tensor : graph.initializer())
        names.push_back(tensor.name());
    });
  });
}

class FunctionExpander {
public:
  FunctionExpander(onnx::ModelProto &model, uint64_t maxNodes)
      : model(model), maxNodes(maxNodes) {}

  /// Expands one level of functions. Returns false if there was none.
  bool runRound() {
    changed = false;
    nodes = 0;
    expandGraph(*model.mutable_graph(), nullptr);
    return changed;
  }

private:
  void expandGraph(onnx::GraphProto &graph, const TypeScope *outer) {
    TypeScope scope = scopeOf(graph, outer);
    google::protobuf::RepeatedPtrField<onnx::NodeProto> old;
    old.Swap(graph.mutable_node());
    for (onnx::NodeProto &node : old) {
      onnx::FunctionProto body;
      if (buildBody(node, scope, body)) {
        changed = true;
        appendBody(graph, node, body);
        continue;
      }
      forEachSubgraph(
          node, [&](onnx::GraphProto &inner) { expandGraph(inner, &scope); });
      append(graph, node);
    }
  }

  void append(onnx::GraphProto &graph, onnx::NodeProto &node) {
    if (++nodes > maxNodes)
      fail("the model has more than " + Twine(maxNodes) +
           " nodes once the standard's functions are expanded");
    graph.add_node()->Swap(&node);
  }

  /// The body of `node` with its attributes bound, if it is a function that has
  /// no importer.
  bool buildBody(onnx::NodeProto &node, const TypeScope &scope,
                 onnx::FunctionProto &body) {
    const onnx::OpSchema *schema = schemaOf(model, node);
    if (!schema || isNative(node.domain(), node.op_type()))
      return false;
    int version = opsetOf(model, node.domain());
    if (schema->HasFunction()) {
      const onnx::FunctionProto *function = schema->GetFunction(version);
      if (!function)
        return false;
      body = *function;
      bindDefaults(*schema, node);
    } else if (schema->HasContextDependentFunction()) {
      bindDefaults(*schema, node);
      std::vector<onnx::TypeProto> types;
      for (const std::string &input : node.input()) {
        const onnx::TypeProto *type = scope.find(input);
        if (!type && !input.empty())
          fail(describe(node) + ": the type of its input '" + input +
               "' cannot be inferred, so it cannot be expanded");
        types.push_back(type ? *type : onnx::TypeProto());
      }
      onnx::FunctionBodyBuildContextImpl context(node, types);
      if (!schema->BuildContextDependentFunction(context, body, version))
        fail(describe(node) + " cannot be expanded for these inputs");
    } else {
      return false;
    }
    importOpsets(body);
    onnx::internal::AttributeBinder::BindAttributes(node, body);
    return true;
  }

  /// A body may use other domains than the model does.
  void importOpsets(const onnx::FunctionProto &body) {
    for (const onnx::OperatorSetIdProto &import : body.opset_import())
      if (opsetOf(model, import.domain()) == 0)
        *model.add_opset_import() = import;
  }

  /// Appends the nodes of `body`, wired to the inputs and outputs of `call`.
  void appendBody(onnx::GraphProto &graph, const onnx::NodeProto &call,
                  onnx::FunctionProto &body) {
    std::string prefix = call.name() + "/" + std::to_string(++calls) + "/";
    std::vector<std::string> defined;
    collectDefinitions(body, defined);
    Names names;
    for (const std::string &name : defined)
      if (!name.empty())
        names[name] = prefix + name;
    for (int i = 0; i < body.input_size(); ++i)
      names[body.input(i)] = i < call.input_size() ? call.input(i) : "";
    for (int i = 0; i < body.output_size() && i < call.output_size(); ++i)
      if (!call.output(i).empty())
        names[body.output(i)] = call.output(i);
    for (const auto &[index, node] : llvm::enumerate(*body.mutable_node())) {
      rename(node, names);
      node.set_name(call.name() + "/" + node.op_type() + "_" +
                    std::to_string(index));
      append(graph, node);
    }
  }

  onnx::ModelProto &model;
  uint64_t maxNodes;
  uint64_t nodes = 0;
  unsigned calls = 0; ///< makes names unique
  bool changed = false;
};

} // namespace

void graphopt::expandFunctions(onnx::ModelProto &model, uint64_t maxNodes) {
  // A body holds functions in turn, a few levels deep.
  constexpr int maxRounds = 16;
  FunctionExpander expander(model, maxNodes);
  for (int round = 0; round < maxRounds; ++round) {
    onnx::shape_inference::InferShapes(model,
                                       onnx::OpSchemaRegistry::Instance());
    if (!expander.runRound())
      return;
  }
  fail("functions of the standard are nested more than " + Twine(maxRounds) +
       " deep");
}
