//===- ValueNames.h - What values are called outside of the compiler ------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_VALUENAMES_H
#define GRAPHOPT_DIALECTS_GRAPH_VALUENAMES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <optional>
#include <vector>

namespace graphopt::graph {

/// One name for each value of a function's body, the same whenever the function
/// is the same: the ONNX node's that made it, `node:1` for its second result,
/// `node~1` for the second op that a node became; an argument's ONNX name; `op7`,
/// counted from the top, where there is none.
class ValueNames {
public:
  explicit ValueNames(mlir::FunctionOpInterface function);

  llvm::StringRef get(mlir::Value value) const {
    auto found = names.find(value);
    return found == names.end() ? llvm::StringRef() : found->second;
  }
  mlir::Value find(llvm::StringRef name) const { return values.lookup(name); }

private:
  void add(mlir::Value value, std::string name);

  llvm::DenseMap<mlir::Value, std::string> names;
  llvm::StringMap<mlir::Value> values;
};

/// A digest of a model's weights: 32 digits. Passes that find operators in the
/// model leave it as it is, those that change weights do not.
std::string fingerprint(mlir::ModuleOp module);

/// The first ONNX node that an op comes from, or nothing.
llvm::StringRef getNodeName(mlir::Location loc);

/// The elements of a constant of type f32; nothing for other values.
std::optional<std::vector<float>> readFloats(mlir::Value value);

} // namespace graphopt::graph

#endif
