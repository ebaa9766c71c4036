#ifndef GRAPHOPT_DIALECTS_GRAPH_RECURRENT_H
#define GRAPHOPT_DIALECTS_GRAPH_RECURRENT_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Recurrent.h.inc"

#endif
