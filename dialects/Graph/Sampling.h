#ifndef GRAPHOPT_DIALECTS_GRAPH_SAMPLING_H
#define GRAPHOPT_DIALECTS_GRAPH_SAMPLING_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Sampling.h.inc"

#endif
