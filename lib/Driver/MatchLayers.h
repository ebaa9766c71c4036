//===- MatchLayers.h - The layers that two models have in common ----------===//

#ifndef GRAPHOPT_LIB_DRIVER_MATCHLAYERS_H
#define GRAPHOPT_LIB_DRIVER_MATCHLAYERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace graphopt {

/// A node that reads weights, and its results in both models, bias included.
struct Layer {
  std::string name, op; ///< of the first model's node
  mlir::Value first, second;
};

/// Layers of the first model by what can be said of the second.
struct LayerMatch {
  std::vector<Layer> layers;
  /// Name and reason of those whose results cannot be compared.
  std::vector<std::pair<std::string, std::string>> others;
};

/// Finds the nodes of `first` that read a constant matrix, or one computed from
/// constants as weights stored as integers are, and in `second` the nodes of the
/// same names.
LayerMatch matchLayers(mlir::func::FuncOp first, mlir::func::FuncOp second);

} // namespace graphopt
#endif
