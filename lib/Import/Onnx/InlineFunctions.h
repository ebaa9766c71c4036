// Replacing calls by function bodies, for model-local functions and those of
// the standard alike. ONNX's own inliner wants the type of every value and
// stops on initializers, missing optional inputs and default attributes.
#ifndef GRAPHOPT_IMPORT_ONNX_INLINEFUNCTIONS_H
#define GRAPHOPT_IMPORT_ONNX_INLINEFUNCTIONS_H

#include "lib/Import/Onnx/Steps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"

namespace graphopt {

/// Types of the values of one graph and of those around it.
struct TypeScope {
  TypeScope(const onnx::GraphProto &graph, const TypeScope *outer);
  /// Null if it is not known.
  const onnx::TypeProto *find(llvm::StringRef name) const;

  const TypeScope *outer;
  llvm::StringMap<onnx::TypeProto> types;
};

class FunctionInliner {
public:
  /// Gives the body of `call`; false if it is a plain node. May complete the
  /// call's attributes, which replace those that the body refers to.
  using BodyOf = llvm::function_ref<bool(
      onnx::NodeProto &call, const TypeScope &scope, onnx::FunctionProto &)>;

  FunctionInliner(onnx::ModelProto &model, uint64_t maxNodes);

  /// Replaces the calls that the model has now, not those in the new bodies.
  /// Returns false if there was none.
  bool run(BodyOf bodyOf);

private:
  void inlineInto(onnx::GraphProto &graph, const TypeScope *outer,
                  BodyOf bodyOf);
  void append(onnx::GraphProto &graph, onnx::NodeProto &node);
  void appendBody(onnx::GraphProto &graph, const onnx::NodeProto &call,
                  onnx::FunctionProto &body);
  std::string uniqueName(const llvm::Twine &name);

  onnx::ModelProto &model;
  uint64_t maxNodes;
  uint64_t nodes = 0; ///< of this run
  bool changed = false;
  llvm::StringMap<unsigned> valueNames; ///< with a number to try next
};

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_ONNX_INLINEFUNCTIONS_H
