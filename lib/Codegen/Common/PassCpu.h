#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_PASSCPU_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_PASSCPU_H

#include "graphopt/Target/Target.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

namespace graphopt {

/// A pass's initialize(): looks up the CPU that its option `cpu` names.
inline llvm::LogicalResult findPassCpu(mlir::MLIRContext *context,
                                       llvm::StringRef name, CpuModel &model) {
  llvm::Expected<CpuModel> found = findCpuModel(name);
  if (!found)
    return mlir::emitError(mlir::UnknownLoc::get(context),
                           llvm::toString(found.takeError()));
  model = std::move(*found);
  return mlir::success();
}

} // namespace graphopt
#endif
