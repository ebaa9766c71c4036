#ifndef GRAPHOPT_CODEGEN_COMMON_PASSES_H
#define GRAPHOPT_CODEGEN_COMMON_PASSES_H

#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace graphopt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "graphopt/Codegen/Common/Passes.h.inc"

void populateFuseElementwisePatterns(mlir::RewritePatternSet &patterns);
} // namespace graphopt

#endif // GRAPHOPT_CODEGEN_COMMON_PASSES_H
