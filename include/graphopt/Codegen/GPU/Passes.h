#ifndef GRAPHOPT_CODEGEN_GPU_PASSES_H
#define GRAPHOPT_CODEGEN_GPU_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/Pass.h"

namespace graphopt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "graphopt/Codegen/GPU/Passes.h.inc"
} // namespace graphopt

#endif // GRAPHOPT_CODEGEN_GPU_PASSES_H
