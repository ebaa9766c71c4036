// Visitors over ONNX's protos, const or not.
#ifndef GRAPHOPT_IMPORT_ONNX_WALK_H
#define GRAPHOPT_IMPORT_ONNX_WALK_H

#include "onnx/onnx_pb.h"
#include <type_traits>

namespace graphopt {

/// Calls `visit` with each graph that is an attribute of `node`.
template <typename Visit>
void forEachSubgraph(const onnx::NodeProto &node, Visit visit) {
  for (const onnx::AttributeProto &attribute : node.attribute()) {
    if (attribute.has_g())
      visit(attribute.g());
    for (const onnx::GraphProto &graph : attribute.graphs())
      visit(graph);
  }
}
template <typename Visit>
void forEachSubgraph(onnx::NodeProto &node, Visit visit) {
  for (onnx::AttributeProto &attribute : *node.mutable_attribute()) {
    if (attribute.has_g())
      visit(*attribute.mutable_g());
    for (onnx::GraphProto &graph : *attribute.mutable_graphs())
      visit(graph);
  }
}

/// Calls `visit` with the names of tensors around that `node` has as attributes.
template <typename Node, typename Visit>
void forEachNamedTensor(Node &node, Visit visit) {
  if (node.op_type() != "Gradient" || node.domain() != "ai.onnx.preview.training")
    return;
  if constexpr (std::is_const_v<Node>) {
    for (const onnx::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_s())
        visit(attribute.s());
      for (const std::string &name : attribute.strings())
        visit(name);
    }
  } else {
    for (onnx::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_s())
        visit(*attribute.mutable_s());
      for (std::string &name : *attribute.mutable_strings())
        visit(name);
    }
  }
}

/// Nodes of a graph or a function.
template <typename Body> auto &nodesOf(const Body &body) { return body.node(); }
template <typename Body> auto &nodesOf(Body &body) {
  return *body.mutable_node();
}

/// Calls `visit` with each node of `body` and of its subgraphs, owners first.
template <typename Body, typename Visit>
void forEachNode(Body &body, Visit visit) {
  for (auto &node : nodesOf(body)) {
    visit(node);
    forEachSubgraph(node, [&](auto &graph) { forEachNode(graph, visit); });
  }
}
template <typename Visit>
void forEachNode(const onnx::ModelProto &model, Visit visit) {
  forEachNode(model.graph(), visit);
  for (const onnx::FunctionProto &function : model.functions())
    forEachNode(function, visit);
}
template <typename Visit>
void forEachNode(onnx::ModelProto &model, Visit visit) {
  forEachNode(*model.mutable_graph(), visit);
  for (onnx::FunctionProto &function : *model.mutable_functions())
    forEachNode(function, visit);
}

/// Calls `visit` with each graph: the main one and all that nodes own.
template <typename Model, typename Visit>
void forEachGraph(Model &model, Visit visit) {
  if constexpr (std::is_const_v<Model>)
    visit(model.graph());
  else
    visit(*model.mutable_graph());
  forEachNode(model, [&](auto &node) { forEachSubgraph(node, visit); });
}

/// Calls `visit` with each tensor: initializers and attributes, and the values
/// and indices of sparse ones.
template <typename Visit>
void forEachTensor(onnx::ModelProto &model, Visit visit) {
  auto visitSparse = [&](onnx::SparseTensorProto &sparse) {
    visit(*sparse.mutable_values());
    if (sparse.has_indices())
      visit(*sparse.mutable_indices());
  };
  auto visitAttribute = [&](onnx::AttributeProto &attribute) {
    if (attribute.has_t())
      visit(*attribute.mutable_t());
    for (onnx::TensorProto &tensor : *attribute.mutable_tensors())
      visit(tensor);
    if (attribute.has_sparse_tensor())
      visitSparse(*attribute.mutable_sparse_tensor());
    for (onnx::SparseTensorProto &s : *attribute.mutable_sparse_tensors())
      visitSparse(s);
  };
  forEachGraph(model, [&](onnx::GraphProto &graph) {
    for (onnx::TensorProto &tensor : *graph.mutable_initializer())
      visit(tensor);
    for (onnx::SparseTensorProto &sparse : *graph.mutable_sparse_initializer())
      visitSparse(sparse);
  });
  forEachNode(model, [&](onnx::NodeProto &node) {
    for (onnx::AttributeProto &attribute : *node.mutable_attribute())
      visitAttribute(attribute);
  });
  for (onnx::FunctionProto &function : *model.mutable_functions())
    for (onnx::AttributeProto &attribute : *function.mutable_attribute_proto())
      visitAttribute(attribute);
}

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_ONNX_WALK_H
