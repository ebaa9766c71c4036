//===- HostLoops.h - Loops over elements leave the host -------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_GPU_HOSTLOOPS_H
#define GRAPHOPT_LIB_CODEGEN_GPU_HOSTLOOPS_H

#include "mlir/IR/BuiltinOps.h"

namespace graphopt {

/// Makes a private function of each loop of the host that reads or writes elements,
/// computes with nothing but them and gives no result: for each of them the host
/// would wait for the GPU.
void outlineHostLoops(mlir::ModuleOp module);

} // namespace graphopt

#endif
