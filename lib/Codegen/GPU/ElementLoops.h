//===- ElementLoops.h - An element of a kernel op, computed alone ---------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_ELEMENTLOOPS_H
#define GRAPHOPT_LIB_CODEGEN_GPU_ELEMENTLOOPS_H

#include "../Common/LoopBuilder.h"
#include "dialects/Kernel/Kernel.h"

namespace graphopt {

/// Emits what a kernel op with plain operands on memrefs computes for the element of
/// its init at `at`, before the epilogue. The reference that faster forms must equal
/// but for the order of sums.
///
/// \returns null for an op that has no such form.
mlir::Value emitElement(kernel::EpilogueOp op, mlir::ValueRange at, LoopBuilder &b);

/// A number, or a vector of them, in the type of a sum.
mlir::Value widen(LoopBuilder &b, mlir::Value input, mlir::Type type, bool isUnsigned = false);

/// `sum` + `x` * `y`, of numbers or of vectors.
mlir::Value addProduct(LoopBuilder &b, mlir::Value sum, mlir::Value x, mlir::Value y);

} // namespace graphopt

#endif
