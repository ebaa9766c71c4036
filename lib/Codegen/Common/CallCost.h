//===- CallCost.h - Operations and bytes of a kernel ----------------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_CALLCOST_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_CALLCOST_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace graphopt {

/// What a kernel, or a group of them, does in one call, as values of type index. A fused
/// multiply-add is two operations; winning algorithms do not count for less.
/// Every operand is moved once; of a buffer that a body loads from, only what
/// it loads.
struct CallCost {
  mlir::Value operations, bytes;
};

/// The cost of `kernel`, on buffers, at the insertion point of `b`. `kernel`
/// may be in another function: `values` has what stands for its operands here.
CallCost buildCallCost(mlir::OpBuilder &b, mlir::Operation *kernel,
                       const mlir::IRMapping &values);

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_CALLCOST_H
