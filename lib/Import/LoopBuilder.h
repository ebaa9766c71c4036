// A graph.loop while it is built from a node whose body is an ONNX graph.
#ifndef GRAPHOPT_IMPORT_LOOPBUILDER_H
#define GRAPHOPT_IMPORT_LOOPBUILDER_H

#include "dialects/Graph/Control.h"
#include "lib/Import/NodeImporter.h"

namespace graphopt {

struct LoopBuilder {
  NodeImporter &node;
  /// Null for no limit, and for true.
  mlir::Value trips, condition;
  llvm::SmallVector<mlir::Value> inits;
  /// Of the carried values in the body, as far as is known.
  llvm::SmallVector<mlir::Type> types;
  /// Inputs of the ONNX graph from the arguments of the body.
  llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(mlir::ValueRange)>
      enter;
  /// What the body yields, from its arguments and the outputs of the ONNX graph.
  llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange, mlir::ValueRange)>
      leave;

  /// Optional values that the body replaces by values that are there.
  llvm::SmallVector<bool> givesElement = {};

  /// The graph is the node's attribute `body`.
  llvm::FailureOr<graph::LoopOp> build();

private:
  llvm::LogicalResult importBody(mlir::Region &body,
                                 llvm::SmallVector<mlir::Type> &yielded);
};

/// The types a carried value may have as far as the body says: an extent that
/// the body's input leaves open may change from one iteration to the next.
mlir::Type getCarriedType(const onnx::ValueInfoProto &input, mlir::Type initial);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_LOOPBUILDER_H
