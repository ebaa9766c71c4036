// What importers of operators on strings share.
#ifndef GRAPHOPT_IMPORT_TEXT_H
#define GRAPHOPT_IMPORT_TEXT_H

#include "lib/Import/GraphMath.h"

namespace graphopt {

/// True for a tensor of strings; false for null.
bool isText(mlir::Value value);

/// The elements of a constant tensor of strings.
std::optional<llvm::SmallVector<llvm::StringRef>>
getConstantStrings(mlir::Value value);

/// Where each string of `x` first stands in `list`; the list's length where it does
/// not.
mlir::Value findStrings(NodeImporter &node, mlir::Value x,
                        llvm::ArrayRef<llvm::StringRef> list);

/// From strings to another type, or the other way.
mlir::Value castText(NodeImporter &node, mlir::Value x, mlir::Type to);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_TEXT_H
