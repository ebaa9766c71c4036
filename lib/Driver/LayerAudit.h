//===- LayerAudit.h - How near the layers of two models are ---------------===//

#ifndef GRAPHOPT_LIB_DRIVER_LAYERAUDIT_H
#define GRAPHOPT_LIB_DRIVER_LAYERAUDIT_H

#include "HostRunner.h"
#include "graphopt/Driver/Audit.h"

namespace graphopt {

/// Compares the nodes with weights that both models have, on the samples to
/// evaluate with; the worst by themselves first.
///
/// \returns an error if there are none.
llvm::Error auditLayers(mlir::ModuleOp first, mlir::ModuleOp second,
                        const HostRunner &runner, AuditReport &report);

} // namespace graphopt

#endif // GRAPHOPT_LIB_DRIVER_LAYERAUDIT_H
