// Undefined names, cycles, and the order of nodes.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <queue>

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// Names that a body may read, each with the node that makes it (-1: an input
/// or an initializer), and the scope around.
struct Scope {
  const Scope *outer = nullptr;
  llvm::StringMap<int> definitions;

  bool contains(StringRef name) const {
    return definitions.contains(name) || (outer && outer->contains(name));
  }
};

void addParameters(const onnx::GraphProto &graph, Scope &scope) {
  for (const onnx::ValueInfoProto &input : graph.input())
    scope.definitions[input.name()] = -1;
  for (const onnx::TensorProto &tensor : graph.initializer())
    scope.definitions[tensor.name()] = -1;
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    scope.definitions[tensor.values().name()] = -1;
}

void addParameters(const onnx::FunctionProto &function, Scope &scope) {
  for (const std::string &input : function.input())
    scope.definitions[input] = -1;
}

/// Adds to `reads` the names that `node` and its subgraphs read from outside.
void collectReads(const onnx::NodeProto &node, llvm::StringSet<> &reads) {
  for (const std::string &name : node.input())
    if (!name.empty())
      reads.insert(name);
  forEachNamedTensor(node, [&](const std::string &name) { reads.insert(name); });
  forEachSubgraph(node, [&](const onnx::GraphProto &graph) {
    llvm::StringSet<> inner;
    for (const onnx::NodeProto &child : graph.node())
      collectReads(child, inner);
    for (const onnx::ValueInfoProto &output : graph.output())
      inner.insert(output.name());
    Scope own;
    addParameters(graph, own);
    for (const onnx::NodeProto &child : graph.node())
      for (const std::string &name : child.output())
        own.definitions[name] = 0;
    for (const auto &entry : inner)
      if (!own.definitions.contains(entry.getKey()))
        reads.insert(entry.getKey());
  });
}

/// Orders the nodes of one body, then those of its subgraphs.
template <typename Body> class NodeSorter {
public:
  NodeSorter(Body &body, const Scope *outer) : body(body) {
    scope.outer = outer;
    addParameters(body, scope);
    for (int index = 0; index < body.node_size(); ++index)
      for (const std::string &name : body.node(index).output())
        scope.definitions.try_emplace(name, index);
  }

  void run() {
    collectDependencies();
    if (!isSorted())
      sort();
    for (onnx::NodeProto &node : *body.mutable_node())
      forEachSubgraph(node, [&](onnx::GraphProto &graph) {
        NodeSorter<onnx::GraphProto>(graph, &scope).run();
      });
  }

private:
  void collectDependencies() {
    dependencies.resize(body.node_size());
    for (int index = 0; index < body.node_size(); ++index) {
      llvm::StringSet<> reads;
      collectReads(body.node(index), reads);
      for (const auto &entry : reads) {
        StringRef name = entry.getKey();
        auto definition = scope.definitions.find(name);
        if (definition != scope.definitions.end()) {
          if (definition->second >= 0)
            dependencies[index].push_back(definition->second);
        } else if (!scope.contains(name)) {
          fail(describe(body.node(index)) + " reads '" + name +
               "', which no node, input or initializer defines");
        }
      }
      llvm::sort(dependencies[index]);
    }
  }

  bool isSorted() const {
    for (const auto &[index, needed] : llvm::enumerate(dependencies))
      if (!needed.empty() && needed.back() >= int(index))
        return false;
    return true;
  }

  /// Kahn's algorithm; of the nodes that are ready, the first of the file goes
  /// first.
  void sort() {
    std::vector<std::vector<int>> users(dependencies.size());
    std::vector<size_t> missing(dependencies.size());
    std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
    for (const auto &[index, needed] : llvm::enumerate(dependencies)) {
      missing[index] = needed.size();
      for (int dependency : needed)
        users[dependency].push_back(index);
      if (needed.empty())
        ready.push(index);
    }
    std::vector<int> order;
    while (!ready.empty()) {
      int index = ready.top();
      ready.pop();
      order.push_back(index);
      for (int user : users[index])
        if (--missing[user] == 0)
          ready.push(user);
    }
    if (order.size() != dependencies.size())
      failWithCycle(missing);
    google::protobuf::RepeatedPtrField<onnx::NodeProto> old;
    old.Swap(body.mutable_node());
    for (int index : order)
      body.add_node()->Swap(old.Mutable(index));
  }

  /// Walks against the edges among nodes that never became ready until one
  /// comes again.
  [[noreturn]] void failWithCycle(const std::vector<size_t> &missing) {
    auto isStuck = [&](int index) { return missing[index] > 0; };
    int index = 0;
    while (!isStuck(index))
      ++index;
    std::vector<int> path;
    while (!llvm::is_contained(path, index)) {
      path.push_back(index);
      index = *llvm::find_if(dependencies[index], isStuck);
    }
    std::string text = describe(body.node(index));
    while (path.back() != index) {
      text = describe(body.node(path.back())) + ", " + text;
      path.pop_back();
    }
    fail("these nodes need each other's results: " + text);
  }

  Body &body;
  Scope scope;
  std::vector<std::vector<int>> dependencies; ///< ascending
};

} // namespace

static void checkOutputs(const onnx::GraphProto &graph) {
  Scope scope;
  addParameters(graph, scope);
  for (const onnx::NodeProto &node : graph.node())
    for (const std::string &name : node.output())
      scope.definitions[name] = 0;
  for (const onnx::ValueInfoProto &output : graph.output())
    if (!scope.contains(output.name()))
      fail("no node, input or initializer defines output '" + output.name() +
           "'");
}

void graphopt::orderNodes(onnx::ModelProto &model) {
  NodeSorter<onnx::GraphProto>(*model.mutable_graph(), nullptr).run();
  for (onnx::FunctionProto &function : *model.mutable_functions())
    NodeSorter<onnx::FunctionProto>(function, nullptr).run();
  checkOutputs(model.graph());
}
