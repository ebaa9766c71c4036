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

} // namespace graphopt

#endif
