//===- NodeNames.h - The ONNX nodes in a location -------------------------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_NODENAMES_H
#define GRAPHOPT_DIALECTS_GRAPH_NODENAMES_H

#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"

namespace graphopt {

/// The nodes that what is at `loc` was made of, each once, in the order in
/// which they were merged. Empty for code that comes from text.
llvm::SmallVector<llvm::StringRef> listNodes(mlir::Location loc);

/// Of code that several calls share: it computes what is at one of `locs` in
/// each call, where merged code computes all that is in its location.
mlir::Location getSharedLoc(llvm::ArrayRef<mlir::Location> locs);
bool isSharedLoc(mlir::FusedLoc loc);

/// "matmul", "binary Add"
std::string getOperatorName(mlir::Operation *op);

} // namespace graphopt

#endif // GRAPHOPT_DIALECTS_GRAPH_NODENAMES_H
