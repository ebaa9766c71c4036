//===- CollapseShape.h - Memrefs with fewer dimensions --------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_COLLAPSESHAPE_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_COLLAPSESHAPE_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace graphopt {

/// The type that `groups` of the dimensions of `type` give, which must be collapsible. As
/// upstream's verifier wants it, and not upstream's inference: where an open extent meets one of
/// 0, the product is open.
mlir::MemRefType collapseType(mlir::MemRefType type,
                              llvm::ArrayRef<mlir::ReassociationIndices> groups);

/// `memref` with one dimension for each of `groups`.
mlir::Value collapseShape(mlir::OpBuilder &b, mlir::Location loc, mlir::Value memref,
                          llvm::ArrayRef<mlir::ReassociationIndices> groups);

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_COLLAPSESHAPE_H
