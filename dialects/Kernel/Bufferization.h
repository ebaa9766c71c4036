//===- Bufferization.h - Buffers of kernel ops ------------------------------===//

#ifndef GRAPHOPT_DIALECTS_KERNEL_BUFFERIZATION_H
#define GRAPHOPT_DIALECTS_KERNEL_BUFFERIZATION_H

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"

namespace graphopt::kernel {

/// A dense buffer of the size of `buffer`.
mlir::FailureOr<mlir::Value>
allocateLike(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value buffer,
             const mlir::bufferization::BufferizationOptions &options);

} // namespace graphopt::kernel

#endif
