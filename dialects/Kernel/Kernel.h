//===- Kernel.h - The kernel dialect --------------------------------------===//

#ifndef GRAPHOPT_DIALECTS_KERNEL_KERNEL_H
#define GRAPHOPT_DIALECTS_KERNEL_KERNEL_H

#include "dialects/Kernel/Winograd.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace graphopt::kernel {
// The text that EpilogueOp inherits from DestinationStyleOpInterface uses these
// names unqualified.
using mlir::BaseMemRefType;
using mlir::OpOperand;
using mlir::TensorType;
using mlir::Value;

/// True if an epilogue can read an operand through `map`: each result is a
/// distinct dimension or the constant 0, the last dimension only in last place.
bool isEpilogueMap(mlir::AffineMap map);

/// The type in which products of `element` are summed; init's element type
/// decides for integers.
mlir::Type getAccumulationType(mlir::Type element, mlir::Type initElement);

/// Attaches one-shot bufferization to the kernel ops.
void registerBufferizationModels(mlir::DialectRegistry &registry);
void registerCallBufferization(mlir::DialectRegistry &registry);

namespace detail {
using Effects = llvm::SmallVectorImpl<
    mlir::SideEffects::EffectInstance<mlir::MemoryEffects::Effect>>;

llvm::LogicalResult verifyEpilogue(mlir::Operation *op);
/// Memrefs among the operands are read, but init is written.
void getDestinationStyleEffects(mlir::Operation *op, Effects &effects);
} // namespace detail
} // namespace graphopt::kernel

#include "dialects/Kernel/KernelDialect.h.inc"
#include "dialects/Kernel/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.h.inc"

#endif
