#ifndef GRAPHOPT_LIB_DRIVER_LOADMODEL_H
#define GRAPHOPT_LIB_DRIVER_LOADMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace graphopt {

/// An ONNX model as its own operators, dead ones gone: what is observed.
///
/// \param shapes  to fix, as in `input_ids=1x128`.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
loadModel(mlir::MLIRContext &context, llvm::StringRef path,
          llvm::ArrayRef<std::string> shapes);

} // namespace graphopt
#endif
