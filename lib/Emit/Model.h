//===- Model.h - A model's interface as its module tells it ---------------===//

#ifndef GRAPHOPT_LIB_EMIT_MODEL_H
#define GRAPHOPT_LIB_EMIT_MODEL_H

#include "graphopt/Support/DType.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace graphopt {

/// An input or output.
struct Port {
  std::string name;
  DType dtype;
  /// As in graphopt_port: a number, -1 - open dimension, or one of graphopt.h's
  /// GRAPHOPT_DIM_...
  llvm::SmallVector<int64_t> dims;
  /// Bits of graphopt.h's graphopt_kind. If it is no tensor, `dims` are about those that
  /// it holds.
  int32_t kind = 0;
  bool hasRank = true;

  int32_t rank() const { return hasRank ? int32_t(dims.size()) : -1; }
  bool dependsOnValues() const;
  /// True for an output that the library allocates.
  bool isAllocated() const;
  bool isStatic() const;
};

/// A call that tells when it begins and ends.
struct Call {
  std::string function;
  llvm::SmallVector<std::string, 1> nodes;
};

struct Model {
  std::string name; ///< C identifier
  llvm::SmallVector<std::string> openDims;
  llvm::SmallVector<Port> inputs, outputs;
  std::vector<Call> calls; ///< if it is to be profiled
  bool hasWeightsFile = false;
  bool isOnGpu = false;
  /// Of a model for GPUs, in the order of their numbers.
  struct Kernel {
    std::string name;
    llvm::SmallVector<int32_t> targets; ///< which have it; all if there is none
  };
  std::vector<Kernel> kernels;
};

/// The file that debug information points to.
struct Listing {
  std::string file, text;
};

/// That of `module`, if it has debug information (`graphopt.listing` tells).
std::optional<Listing> readListing(mlir::ModuleOp module);

/// The model in `module`, or nothing if the module is none (`graphopt.ports`
/// tells).
llvm::Expected<std::optional<Model>> readModel(mlir::ModuleOp module);

} // namespace graphopt

#endif // GRAPHOPT_LIB_EMIT_MODEL_H
