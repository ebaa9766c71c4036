// What an exporter function sees of a graph op, and how it writes ONNX nodes.
#ifndef GRAPHOPT_EXPORT_NODEEXPORTER_H
#define GRAPHOPT_EXPORT_NODEEXPORTER_H

#include "dialects/Graph/Graph.h"
#include "lib/Export/ModelExporter.h"

namespace graphopt {

/// A node that was written; sets its attributes.
class OnnxNode {
public:
  explicit OnnxNode(onnx::NodeProto &proto) : proto(proto) {}

  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  OnnxNode &set(llvm::StringRef name, T value) {
    return setInt(name, value);
  }
  OnnxNode &set(llvm::StringRef name, const llvm::APFloat &value);
  OnnxNode &set(llvm::StringRef name, llvm::StringRef value);
  OnnxNode &set(llvm::StringRef name, const char *value) {
    return set(name, llvm::StringRef(value));
  }
  OnnxNode &set(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  OnnxNode &set(llvm::StringRef name, llvm::ArrayRef<float> values);
  OnnxNode &set(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> values);
  OnnxNode &setType(llvm::StringRef name, mlir::Type elementType);
  /// The type of a value: a tensor, or a sequence.
  OnnxNode &setValueType(llvm::StringRef name, mlir::Type type);
  /// A tensor of one element.
  OnnxNode &setElement(llvm::StringRef name, mlir::TypedAttr value);
  onnx::GraphProto &addGraph(llvm::StringRef name);

  std::string getOutput(unsigned index = 0) const { return proto.output(index); }
  /// Names an output that was left out.
  void setOutput(unsigned index, llvm::StringRef name);

private:
  OnnxNode &setInt(llvm::StringRef name, int64_t value);
  onnx::AttributeProto &add(llvm::StringRef name,
                            onnx::AttributeProto::AttributeType type);

  onnx::NodeProto &proto;
};

/// An input of a node: a value of the module, null if it is left out, or the name
/// of a value that the exporter made.
struct NodeInput {
  NodeInput(mlir::Value value) : value(value) {}
  NodeInput(std::string name) : name(std::move(name)) {}

  mlir::Value value;
  std::string name;
};

/// Writes one op, as a node or several, into a graph:
///
///     LogicalResult graphopt::exportOp(TransposeOp op, NodeExporter &node) {
///       node.write("Transpose", {op.getInput()}).set("perm", op.getPermutation());
///       return success();
///     }
class NodeExporter {
public:
  NodeExporter(ModelExporter &model, onnx::GraphProto &graph, mlir::Operation *op)
      : model(model), graph(graph), op(op), name(getNodeName(op)) {}

  /// A node that gives the op's results. Those from number `optional` on get no
  /// name if nobody reads them.
  OnnxNode write(llvm::StringRef operatorName, llvm::ArrayRef<NodeInput> inputs,
                 unsigned optional = ~0u);
  /// A node that gives `results`, null where one is left out.
  OnnxNode writeAs(llvm::StringRef operatorName, llvm::ArrayRef<NodeInput> inputs,
                   mlir::ValueRange results);
  /// A node for others of the op; its output is called after `what`.
  OnnxNode insert(llvm::StringRef operatorName, llvm::ArrayRef<NodeInput> inputs,
                  llvm::StringRef what, mlir::Type elementType);

  /// A name for a value that the exporter makes, called after `what`.
  std::string createName(llvm::StringRef what, mlir::Type elementType);
  /// An initializer of whole numbers, such as axes.
  std::string createInts(llvm::StringRef what, llvm::ArrayRef<int64_t> values);
  std::string createTensor(llvm::StringRef what, mlir::ElementsAttr elements);

  /// Writes a region of one block as a graph attribute.
  void writeGraph(OnnxNode &node, llvm::StringRef attribute, mlir::Region &region);

  /// Says why ONNX has no such node. Returns failure, for the exporter's.
  llvm::LogicalResult refuse(const llvm::Twine &why);

  ModelExporter &getModel() { return model; }

private:
  onnx::NodeProto &addNode(llvm::StringRef operatorName,
                           llvm::ArrayRef<NodeInput> inputs);

  ModelExporter &model;
  onnx::GraphProto &graph;
  mlir::Operation *op;
  std::string name;
};

/// Writes the ops of `block` and, as the graph's outputs, what its terminator
/// yields. Those of a graph inside of others get names; `outputs` has the names
/// of the main graph's.
void writeBlock(ModelExporter &model, onnx::GraphProto &graph, mlir::Block &block,
                llvm::ArrayRef<std::string> outputs = {});

} // namespace graphopt

#endif // GRAPHOPT_EXPORT_NODEEXPORTER_H
