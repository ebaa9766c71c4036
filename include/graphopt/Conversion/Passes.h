#ifndef GRAPHOPT_CONVERSION_PASSES_H
#define GRAPHOPT_CONVERSION_PASSES_H

#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace graphopt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "graphopt/Conversion/Passes.h.inc"
} // namespace graphopt

#endif
