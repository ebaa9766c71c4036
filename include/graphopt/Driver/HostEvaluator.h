#ifndef GRAPHOPT_DRIVER_HOSTEVALUATOR_H
#define GRAPHOPT_DRIVER_HOSTEVALUATOR_H

#include "mlir/IR/DialectRegistry.h"

namespace graphopt {

/// Gives the graph dialect the evaluator that graph-evaluate-constants needs:
/// subgraphs are compiled for this machine and run in a child process with
/// limits on time and memory.
void registerHostEvaluator(mlir::DialectRegistry &registry);

} // namespace graphopt
#endif
