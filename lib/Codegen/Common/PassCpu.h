#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_PASSCPU_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_PASSCPU_H

#include "graphopt/Target/Target.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

namespace graphopt {

/// The CPU that a pass's option `cpu` names, for its initialize(), or failure
/// with an error.
inline mlir::FailureOr<CpuModel> findPassCpu(mlir::MLIRContext *context,
                                             llvm::StringRef name) {
  llvm::Expected<CpuModel> found = findCpuModel(name);
  if (!found)
    return mlir::emitError(mlir::UnknownLoc::get(context),
                           llvm::toString(found.takeError()));
  return std::move(*found);
}

} // namespace graphopt
#endif
