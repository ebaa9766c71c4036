#ifndef GRAPHOPT_DIALECTS_GRAPH_CONTROL_H
#define GRAPHOPT_DIALECTS_GRAPH_CONTROL_H

#include "dialects/Graph/Graph.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Control.h.inc"

#endif
