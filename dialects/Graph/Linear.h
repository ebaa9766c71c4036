#ifndef GRAPHOPT_DIALECTS_GRAPH_LINEAR_H
#define GRAPHOPT_DIALECTS_GRAPH_LINEAR_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Linear.h.inc"

#endif
