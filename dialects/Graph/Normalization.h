#ifndef GRAPHOPT_DIALECTS_GRAPH_NORMALIZATION_H
#define GRAPHOPT_DIALECTS_GRAPH_NORMALIZATION_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Normalization.h.inc"

#endif
