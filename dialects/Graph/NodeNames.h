//===- NodeNames.h - The ONNX nodes in a location -------------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_NODENAMES_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_NODENAMES_H

#include "mlir/IR/Location.h"

namespace graphopt {

/// The nodes that what is at `loc` was made of, each once, in the order in
/// which they were merged. Empty for code that comes from text.
llvm::SmallVector<llvm::StringRef> listNodes(mlir::Location loc);

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_NODENAMES_H
