#ifndef GRAPHOPT_DIALECTS_GRAPH_CUMULATION_H
#define GRAPHOPT_DIALECTS_GRAPH_CUMULATION_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Cumulation.h.inc"

#endif
