#ifndef GRAPHOPT_DIALECTS_GRAPH_SORTING_H
#define GRAPHOPT_DIALECTS_GRAPH_SORTING_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Sorting.h.inc"

#endif
