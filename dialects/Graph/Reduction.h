#ifndef GRAPHOPT_DIALECTS_GRAPH_REDUCTION_H
#define GRAPHOPT_DIALECTS_GRAPH_REDUCTION_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Reduction.h.inc"

#endif
