//===- Kernels.h - Building kernel ops --------------------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOKERNEL_KERNELS_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOKERNEL_KERNELS_H

#include "dialects/Kernel/Kernel.h"
#include "lib/Conversion/GraphToLinalg/Lowering.h"
#include "lib/Conversion/GraphToLinalg/Scalar.h"

namespace graphopt {

/// A kernel.matmul of lowered values, [..., M, K] and [..., K, N], whose result
/// has these sizes. `graphElement` is the element type before it was lowered.
kernel::MatMulOp buildMatMul(Lowering &to, mlir::Type graphElement,
                             mlir::Value lhs, mlir::Value rhs,
                             llvm::ArrayRef<mlir::OpFoldResult> sizes);

/// A tensor that an epilogue reads, and the map from init's dimensions.
struct EpilogueExtra {
  mlir::Value value;
  mlir::AffineMap map;
};

/// Replaces the epilogue of a kernel op that was just built: `body` gets the
/// computed value and an element of each extra, and gives what is stored.
void setEpilogue(
    Lowering &to, kernel::EpilogueOp op, llvm::ArrayRef<EpilogueExtra> extras,
    llvm::function_ref<mlir::Value(Scalar, mlir::ValueRange)> body);

/// linalg.transpose of a lowered value.
mlir::Value buildTranspose(Lowering &to, mlir::Value value,
                           llvm::ArrayRef<int64_t> permutation);

// Parts of the linear family.
void populateDeterminantLowering(LoweringPatterns to);
void populateEinsumLowering(LoweringPatterns to);

} // namespace graphopt

#endif
