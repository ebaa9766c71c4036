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

llvm::SmallVector<double> getDoubles(NodeImporter &node, llvm::StringRef name);

/// The input as [rows, features] of floats.
llvm::FailureOr<mlir::Value> readRows(NodeImporter &node);

/// `values`, which attribute `name` gives, as `rows` rows, transposed, for a product with
/// the rows of `x`.
llvm::FailureOr<mlir::Value> createColumns(NodeImporter &node, llvm::StringRef name,
                                           llvm::ArrayRef<double> values, int64_t rows,
                                           mlir::Value x);

/// One more number a column, if there are any.
mlir::Value addList(NodeImporter &node, mlir::Value scores, llvm::ArrayRef<double> values);

/// The column of the most, in each row.
mlir::Value findBest(NodeImporter &node, mlir::Value scores);

/// Binds scores [rows, classes] after the function `transform` of `post_transform`, as
/// `type`; of a classifier, what `findLabel` makes of them comes before.
llvm::LogicalResult
bindScores(NodeImporter &node, mlir::Value scores, llvm::StringRef transform, mlir::Type type,
           llvm::function_ref<mlir::Value(mlir::Value)> findLabel = {});

/// Labels from the attributes `numbers` or classlabels_strings, as a list. Null if
/// there are none, or after an error.
mlir::Value readLabels(NodeImporter &node, llvm::StringRef numbers);

/// 0 or an empty string, as a list, for what is in no class.
mlir::Value noLabel(NodeImporter &node, mlir::Value labels);

/// The first of `keys`, a list, that each element of `x` equals; their number if there
/// is none.
mlir::Value findNumbers(NodeImporter &node, mlir::Value x, mlir::Value keys);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_ML_H
