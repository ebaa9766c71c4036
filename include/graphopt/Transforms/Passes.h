#ifndef GRAPHOPT_TRANSFORMS_PASSES_H
#define GRAPHOPT_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace graphopt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

#endif
