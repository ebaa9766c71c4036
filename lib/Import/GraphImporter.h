// Imports a graph with its nested graphs into blocks of one function.
#ifndef GRAPHOPT_IMPORT_GRAPHIMPORTER_H
#define GRAPHOPT_IMPORT_GRAPHIMPORTER_H

#include "lib/Import/NodeImporter.h"
#include "lib/Import/Onnx/OnnxModel.h"
#include "llvm/ADT/StringMap.h"

namespace graphopt {

/// Collects the errors of an import as text. Those that ops report by
/// themselves get the node in front that is being imported.
class ErrorLog {
public:
  ErrorLog(mlir::MLIRContext *context, int64_t opset);

  void setNode(const onnx::NodeProto *newNode) { node = newNode; }
  bool empty() const { return count == 0; }
  /// True once there are more errors than anyone reads.
  bool isFull() const { return count >= maxErrors; }
  /// The errors, one a line.
  std::string take() { return std::move(text); }

private:
  static constexpr unsigned maxErrors = 20;

  void add(const mlir::Diagnostic &diagnostic);

  int64_t opset;
  const onnx::NodeProto *node = nullptr;
  std::string text;
  unsigned count = 0;
  mlir::ScopedDiagnosticHandler handler;
};

class GraphImporter {
public:
  /// `outer` is the importer of the graph around this one, or null.
  GraphImporter(const OnnxModel &model, mlir::OpBuilder &builder,
                ErrorLog &errors, const GraphImporter *outer)
      : model(model), builder(builder), errors(errors), outer(outer) {}

  /// Builds the initializers and nodes of `graph` at the builder's place, with
  /// `inputs` as the graph's inputs, except those that an initializer sets.
  /// Gives the graph's outputs.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  run(const onnx::GraphProto &graph, mlir::ValueRange inputs);

  mlir::Value lookup(llvm::StringRef name) const;
  /// The rank that the graph states for a value of its own, or for what is computed of
  /// each of its elements.
  std::optional<int64_t> getDeclaredRank(llvm::StringRef name, unsigned hops = 4) const;
  void define(llvm::StringRef name, mlir::Value value) { values[name] = value; }
  mlir::Value createTensor(const onnx::TensorProto &tensor, mlir::Location loc);

  mlir::OpBuilder &getBuilder() { return builder; }
  const OnnxModel &getModel() const { return model; }
  ErrorLog &getErrors() { return errors; }

private:
  /// After an error the outputs of `node` have no value, and nodes that read
  /// them are passed over.
  void importNode(const onnx::NodeProto &node);

  const OnnxModel &model;
  mlir::OpBuilder &builder;
  ErrorLog &errors;
  const GraphImporter *outer;
  const onnx::GraphProto *proto = nullptr; ///< of the run
  llvm::StringMap<mlir::Value> values;
};

/// The inputs of `graph` that an initializer does not set.
llvm::SmallVector<const onnx::ValueInfoProto *>
getFreeInputs(const onnx::GraphProto &graph);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_GRAPHIMPORTER_H
