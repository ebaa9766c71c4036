#ifndef GRAPHOPT_DIALECTS_GRAPH_ELEMENTWISE_H
#define GRAPHOPT_DIALECTS_GRAPH_ELEMENTWISE_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Elementwise.h.inc"

#endif
