// What importers of ai.onnx.ml share.
#ifndef GRAPHOPT_IMPORT_ML_H
#define GRAPHOPT_IMPORT_ML_H

#include "lib/Import/GraphMath.h"

namespace graphopt {

/// The input as floats: f64 stays, all others become f32.
mlir::Value toFloats(NodeImporter &node, mlir::Value input);

/// Floats from attribute `name`, or from the tensor attribute `name`_as_tensor.
llvm::FailureOr<llvm::SmallVector<double>> readFloats(NodeImporter &node,
                                                      llvm::StringRef name);

/// Scores [rows, classes] after the function that `post_transform` names.
llvm::FailureOr<mlir::Value> transformScores(NodeImporter &node, mlir::Value scores,
                                             llvm::StringRef name);

/// Errors for labels that are strings, which wait for a type.
llvm::LogicalResult refuseStrings(NodeImporter &node,
                                  llvm::ArrayRef<llvm::StringRef> attributes);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_ML_H
