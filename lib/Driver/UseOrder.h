#ifndef GRAPHOPT_LIB_DRIVER_USEORDER_H
#define GRAPHOPT_LIB_DRIVER_USEORDER_H

#include "mlir/IR/BuiltinOps.h"

namespace graphopt {

/// Lists the uses of each value as a parser leaves them, the last one first.
/// Upstream's bufferization visits values by their addresses, and the order that
/// it leaves is written to bytecode: equal models would have different dumps.
void orderUses(mlir::ModuleOp module);

} // namespace graphopt
#endif
