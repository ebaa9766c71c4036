#include "lib/Import/Onnx/InlineFunctions.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/shape_inference/attribute_binder.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

//===--- Types -----------------------------------------------------------===//

TypeScope::TypeScope(const onnx::GraphProto &graph, const TypeScope *outer)
    : outer(outer) {
  for (const onnx::TensorProto &tensor : graph.initializer()) {
    auto &type = *types[tensor.name()].mutable_tensor_type();
    type.set_elem_type(tensor.data_type());
    type.mutable_shape();
    for (int64_t dim : tensor.dims())
      type.mutable_shape()->add_dim()->set_dim_value(dim);
  }
  auto add = [&](const auto &values) {
    for (const onnx::ValueInfoProto &value : values)
      if (value.has_type())
        types[value.name()] = value.type();
  };
  add(graph.input());
  add(graph.value_info());
  add(graph.output());
}

const onnx::TypeProto *TypeScope::find(StringRef name) const {
  auto type = types.find(name);
  if (type != types.end())
    return &type->second;
  return outer ? outer->find(name) : nullptr;
}

//===--- Names -----------------------------------------------------------===//

using Names = llvm::StringMap<std::string>;

/// Calls `visit` with each name that `node` and its subgraphs define.
template <typename Visit>
static void forEachDefinition(const onnx::NodeProto &node, Visit visit) {
  for (const std::string &output : node.output())
    if (!output.empty())
      visit(output);
  forEachSubgraph(node, [&](const onnx::GraphProto &graph) {
    for (const onnx::ValueInfoProto &input : graph.input())
      visit(input.name());
    for (const onnx::TensorProto &tensor : graph.initializer())
      visit(tensor.name());
    for (const onnx::NodeProto &child : graph.node())
      forEachDefinition(child, visit);
  });
}

/// Replaces every name in `node` and its subgraphs that `names` maps.
static void rename(onnx::NodeProto &node, const Names &names) {
  auto replace = [&](std::string &name) {
    auto found = names.find(name);
    if (found != names.end())
      name = found->second;
  };
  llvm::for_each(*node.mutable_input(), replace);
  llvm::for_each(*node.mutable_output(), replace);
  forEachNamedTensor(node, replace);
  forEachSubgraph(node, [&](onnx::GraphProto &graph) {
    for (onnx::ValueInfoProto &input : *graph.mutable_input())
      replace(*input.mutable_name());
    for (onnx::ValueInfoProto &output : *graph.mutable_output())
      replace(*output.mutable_name());
    for (onnx::TensorProto &tensor : *graph.mutable_initializer())
      replace(*tensor.mutable_name());
    graph.clear_value_info();
    for (onnx::NodeProto &child : *graph.mutable_node())
      rename(child, names);
  });
}

std::string FunctionInliner::uniqueName(const Twine &name) {
  std::string unique = name.str();
  for (;;) {
    auto [entry, isNew] = valueNames.try_emplace(unique, 1);
    if (isNew)
      return unique;
    unique = (name + "_" + Twine(++entry->second)).str();
  }
}

//===--- Inlining --------------------------------------------------------===//

FunctionInliner::FunctionInliner(onnx::ModelProto &model, uint64_t maxNodes)
    : model(model), maxNodes(maxNodes) {
  for (const onnx::ValueInfoProto &input : model.graph().input())
    valueNames[input.name()] = 1;
  for (const onnx::TensorProto &tensor : model.graph().initializer())
    valueNames[tensor.name()] = 1;
  for (const onnx::NodeProto &node : model.graph().node())
    forEachDefinition(node,
                      [&](const std::string &name) { valueNames[name] = 1; });
}

bool FunctionInliner::run(BodyOf bodyOf) {
  changed = false;
  nodes = 0;
  inlineInto(*model.mutable_graph(), nullptr, bodyOf);
  return changed;
}

void FunctionInliner::inlineInto(onnx::GraphProto &graph,
                                 const TypeScope *outer, BodyOf bodyOf) {
  TypeScope scope(graph, outer);
  google::protobuf::RepeatedPtrField<onnx::NodeProto> old;
  old.Swap(graph.mutable_node());
  for (onnx::NodeProto &node : old) {
    onnx::FunctionProto body;
    if (bodyOf(node, scope, body)) {
      changed = true;
      appendBody(graph, node, body);
      continue;
    }
    forEachSubgraph(node, [&](onnx::GraphProto &inner) {
      inlineInto(inner, &scope, bodyOf);
    });
    append(graph, node);
  }
}

void FunctionInliner::append(onnx::GraphProto &graph, onnx::NodeProto &node) {
  if (++nodes > maxNodes)
    fail("the model has more than " + Twine(maxNodes) +
         " nodes once functions are expanded");
  graph.add_node()->Swap(&node);
}

/// Appends the nodes of `body`, wired to the inputs and outputs of `call`.
void FunctionInliner::appendBody(onnx::GraphProto &graph,
                                 const onnx::NodeProto &call,
                                 onnx::FunctionProto &body) {
  // A body may use other domains than the model does.
  for (const onnx::OperatorSetIdProto &import : body.opset_import())
    if (opsetOf(model, import.domain()) == 0)
      *model.add_opset_import() = import;

  Names names;
  for (int i = 0; i < body.input_size(); ++i)
    names[body.input(i)] = i < call.input_size() ? call.input(i) : "";
  std::vector<std::pair<std::string, std::string>> copies;
  for (int i = 0; i < body.output_size() && i < call.output_size(); ++i) {
    if (call.output(i).empty())
      continue;
    auto [entry, isNew] = names.try_emplace(body.output(i), call.output(i));
    if (!isNew) // an input, or the same output again
      copies.emplace_back(entry->second, call.output(i));
  }
  for (const onnx::NodeProto &node : body.node())
    forEachDefinition(node, [&](const std::string &name) {
      if (!names.contains(name))
        names[name] = uniqueName(call.name() + "/" + name);
    });

  for (onnx::NodeProto &node : *body.mutable_node())
    rename(node, names);
  // After renaming, as graphs among the attributes use the caller's names.
  onnx::internal::AttributeBinder::BindAttributes(call, body);
  for (const auto &[index, node] : llvm::enumerate(*body.mutable_node())) {
    node.set_name(call.name() + "/" +
                  (node.name().empty()
                       ? node.op_type() + "_" + std::to_string(index)
                       : node.name()));
    append(graph, node);
  }
  for (const auto &[from, to] : copies) {
    onnx::NodeProto copy;
    copy.set_name(call.name());
    copy.set_op_type("Identity");
    copy.add_input(from);
    copy.add_output(to);
    append(graph, copy);
  }
}
