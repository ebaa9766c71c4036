#ifndef GRAPHOPT_LIB_DRIVER_COMPRESSION_H
#define GRAPHOPT_LIB_DRIVER_COMPRESSION_H

#include "graphopt/Driver/Compiler.h"
#include "mlir/IR/BuiltinOps.h"

namespace graphopt {

/// Carries out the recipe of `options` on a model of the stage import, and writes
/// the report if one is asked for.
///
/// \returns an error if the recipe, a sample or a run is at fault.
llvm::Error compressModel(mlir::ModuleOp module, const CompileOptions &options,
                          CompileObserver *observer);

} // namespace graphopt
#endif
