#ifndef GRAPHOPT_DIALECTS_GRAPH_GENERATOR_H
#define GRAPHOPT_DIALECTS_GRAPH_GENERATOR_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Generator.h.inc"

#endif
