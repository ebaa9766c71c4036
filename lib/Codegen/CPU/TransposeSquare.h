//===- TransposeSquare.h - A square of vectors, turned in registers -------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_TRANSPOSESQUARE_H
#define GRAPHOPT_LIB_CODEGEN_CPU_TRANSPOSESQUARE_H

#include "mlir/IR/Builders.h"

namespace graphopt::cpu {

/// Transposes as many vectors as each has lanes, a power of two.
void transposeSquare(mlir::OpBuilder &builder, mlir::Location loc,
                     llvm::MutableArrayRef<mlir::Value> rows);

} // namespace graphopt::cpu

#endif
