#ifndef GRAPHOPT_LIB_DRIVER_COMPRESSIONREPORT_H
#define GRAPHOPT_LIB_DRIVER_COMPRESSIONREPORT_H

#include "HostRunner.h"

namespace graphopt {

/// Size, cost, time and accuracy of a model and of what each step made of it:
/// `models`, `timing` and `outputs` of the report (docs/Compress.md).
///
/// \param versions  the original, then the model after each step.
llvm::Expected<llvm::json::Object>
describeVersions(llvm::ArrayRef<mlir::ModuleOp> versions,
                 const HostRunner &runner);

} // namespace graphopt
#endif
