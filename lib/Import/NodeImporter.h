// What an importer function sees of an ONNX node, and how it makes ops of it.
#ifndef GRAPHOPT_IMPORT_NODEIMPORTER_H
#define GRAPHOPT_IMPORT_NODEIMPORTER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "onnx/onnx_pb.h"

namespace graphopt {

class GraphImporter;

/// An op that was built, or null after an error; so is its value then.
template <typename OpTy> struct Created : OpTy {
  Created() = default;
  explicit Created(OpTy op) : OpTy(op) {}

  // Not const, or the op's own conversion is preferred.
  operator mlir::Value() {
    mlir::Operation *op = OpTy::getOperation();
    return op ? mlir::Value(op->getResult(0)) : mlir::Value();
  }
};

/// One ONNX node, at opset 28, while it is imported. An importer function reads
/// inputs and attributes, then builds ops and binds their results:
///
///     LogicalResult graphopt::importTranspose(NodeImporter &node) {
///       SmallVector<int64_t> order = ...;
///       return node.finish<TransposeOp>(
///           node.getInput(0), node.getInts("perm", order));
///     }
///
/// Attributes that the node leaves out have their default from ONNX's schema;
/// an argument `otherwise` serves attributes for which the schema has none.
/// An attribute of the wrong type is an error of the node.
class NodeImporter {
public:
  NodeImporter(GraphImporter &graph, const onnx::NodeProto &proto);

  llvm::StringRef getOpType() const { return proto.op_type(); }
  mlir::Location getLoc() const { return loc; }
  mlir::MLIRContext *getContext() const { return loc->getContext(); }
  mlir::OpBuilder &getBuilder();

  //===--- Inputs and outputs --------------------------------------------===//

  /// As written, trailing omitted ones included.
  size_t getNumInputs() const { return inputs.size(); }
  /// Null if the input is omitted or beyond those written.
  mlir::Value getInput(size_t index) const;
  bool hasInput(size_t index) const { return bool(getInput(index)); }
  /// All inputs, null where omitted.
  llvm::ArrayRef<mlir::Value> getInputs() const { return inputs; }
  mlir::RankedTensorType getInputType(size_t index) const;
  int64_t getInputRank(size_t index) const;

  /// The tensor with this name in the graph around, which was checked to be there.
  mlir::Value getTensorNamed(llvm::StringRef name) const;

  size_t getNumOutputs() const { return proto.output_size(); }
  /// False if nobody can ask for output `index`: it has no name.
  bool hasOutput(size_t index) const;
  /// The rank that the model states for output `index`, which may be wrong.
  std::optional<int64_t> getDeclaredRank(size_t index) const;

  //===--- Attributes ----------------------------------------------------===//

  bool hasAttribute(llvm::StringRef name) const;
  int64_t getInt(llvm::StringRef name, int64_t otherwise = 0);
  /// The attribute `axis`, counted from 0. One that the first input does not have is
  /// left as it is: the op's check tells of it.
  int64_t getAxis();
  float getFloat(llvm::StringRef name, float otherwise = 0);
  llvm::StringRef getString(llvm::StringRef name,
                            llvm::StringRef otherwise = "");
  llvm::SmallVector<int64_t> getInts(llvm::StringRef name,
                                     llvm::ArrayRef<int64_t> otherwise = {});
  llvm::SmallVector<float> getFloats(llvm::StringRef name);
  llvm::SmallVector<llvm::StringRef> getStrings(llvm::StringRef name);
  /// An attribute that holds a TensorProto.DataType, or `otherwise`. Null after
  /// an error if it is a type that we lack.
  mlir::Type getElementType(llvm::StringRef name, mlir::Type otherwise = {});
  /// A tensor attribute as a constant, null after an error.
  mlir::Value getTensor(llvm::StringRef name);
  /// A type attribute, null after an error.
  const onnx::TypeProto *getType(llvm::StringRef name);

  //===--- Constants -----------------------------------------------------===//

  /// The elements of an integer input that are known while the model is
  /// imported, such as axes. Absent if they depend on the model's inputs.
  std::optional<llvm::SmallVector<int64_t>> getConstantInts(mlir::Value value);
  /// The same, or an error that calls the value `what`.
  llvm::FailureOr<llvm::SmallVector<int64_t>>
  requireConstantInts(mlir::Value value, llvm::StringRef what);
  /// The elements of a constant float tensor, for scales and limits.
  std::optional<llvm::SmallVector<double>> getConstantFloats(mlir::Value value);

  /// A constant tensor; rank 0 for one number, else rank 1.
  mlir::Value createConstant(mlir::TypedAttr attribute);
  mlir::Value createInts(llvm::ArrayRef<int64_t> values);
  mlir::Value createScalar(mlir::Type elementType, double value);
  mlir::Value createStrings(llvm::ArrayRef<llvm::StringRef> values);

  //===--- Building ------------------------------------------------------===//

  /// Builds an op from all builder arguments but the result types, which its
  /// own inference gives, and verifies it. Null after an error, and where an
  /// operand is null after one. An op with variadic results has as many as the
  /// node has outputs.
  template <typename OpTy, typename... Args>
  Created<OpTy> create(Args &&...args);

  /// Does so with an op of any kind; `state` has as many types as the op has results,
  /// which are replaced.
  mlir::Operation *insert(mlir::OperationState &state);

  /// Builds one op and binds its results to the node's outputs.
  template <typename OpTy, typename... Args>
  llvm::LogicalResult finish(Args &&...args) {
    OpTy op = create<OpTy>(std::forward<Args>(args)...);
    return op ? bind(op->getResults()) : llvm::failure();
  }

  /// Gives the node's outputs, in order, their values. A null value is fine for
  /// an output without a name.
  llvm::LogicalResult bind(mlir::ValueRange values);

  /// Imports a graph attribute (the body of an If, Loop or Scan) as the only
  /// block of `region`. The block takes one argument of `argumentTypes` for
  /// each input of the graph; names of the graphs around it can be read.
  /// `terminate` builds the terminator from the graph's outputs, `enter`, if
  /// there is one, the graph's inputs from the block's arguments.
  llvm::LogicalResult importGraph(
      llvm::StringRef attribute, mlir::Region &region,
      mlir::TypeRange argumentTypes,
      llvm::function_ref<llvm::LogicalResult(mlir::ValueRange)> terminate,
      llvm::function_ref<
          mlir::FailureOr<llvm::SmallVector<mlir::Value>>(mlir::ValueRange)>
          enter = {});
  /// Imports a graph attribute without inputs in the place of the node, and
  /// gives its outputs.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  inlineGraph(llvm::StringRef attribute);
  const onnx::GraphProto *getGraph(llvm::StringRef attribute);

  /// Names the node, its operator and the model's opset by itself.
  mlir::InFlightDiagnostic emitError(const llvm::Twine &message = {});

  /// True once an attribute had the wrong type.
  bool hasFailed() const { return failed; }

private:
  const onnx::AttributeProto *find(llvm::StringRef name) const;
  /// The attribute if it exists; an error if it has another type.
  const onnx::AttributeProto *get(llvm::StringRef name, int type);
  llvm::LogicalResult checkSize(mlir::Operation *op);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  importNested(const onnx::GraphProto &body, mlir::ValueRange inputs);

  GraphImporter &graph;
  const onnx::NodeProto &proto;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> inputs;
  bool failed = false;
};

/// Imports one node; on failure an error was emitted.
using ImporterFunction = llvm::LogicalResult (*)(NodeImporter &);

/// The function that OnnxOps.def gives for an operator; null if it has no row.
ImporterFunction lookupImporter(llvm::StringRef domain, llvm::StringRef opType);

//===----------------------------------------------------------------------===//

/// The least number of results of an `OpTy`.
template <typename OpTy> constexpr size_t leastResultCount() {
  using namespace mlir::OpTrait;
  if constexpr (OpTy::template hasTrait<AtLeastNResults<1>::Impl>())
    return 1;
  if constexpr (OpTy::template hasTrait<AtLeastNResults<2>::Impl>())
    return 2;
  if constexpr (OpTy::template hasTrait<AtLeastNResults<3>::Impl>())
    return 3;
  return 0;
}

/// Number of results that every `OpTy` has; 0 if it varies.
template <typename OpTy> constexpr size_t fixedResultCount() {
  using namespace mlir::OpTrait;
  if constexpr (OpTy::template hasTrait<OneResult>())
    return 1;
  if constexpr (OpTy::template hasTrait<NResults<2>::Impl>())
    return 2;
  if constexpr (OpTy::template hasTrait<NResults<3>::Impl>())
    return 3;
  if constexpr (OpTy::template hasTrait<NResults<4>::Impl>())
    return 4;
  return 0;
}

template <typename OpTy, typename... Args>
Created<OpTy> NodeImporter::create(Args &&...args) {
  // The builders that infer types abort where inference fails; we build with
  // types to be replaced, and infer by ourselves.
  mlir::OpBuilder &builder = getBuilder();
  size_t numResults = fixedResultCount<OpTy>();
  if (numResults == 0)
    numResults = std::max(getNumOutputs(), leastResultCount<OpTy>());
  mlir::OperationState state(loc, OpTy::getOperationName());
  llvm::SmallVector<mlir::Type> types(numResults, builder.getNoneType());
  OpTy::build(builder, state, mlir::TypeRange(types),
              std::forward<Args>(args)...);
  mlir::Operation *op = insert(state);
  return op ? Created<OpTy>(mlir::cast<OpTy>(op)) : Created<OpTy>();
}

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_NODEIMPORTER_H
