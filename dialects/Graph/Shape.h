#ifndef GRAPHOPT_DIALECTS_GRAPH_SHAPE_H
#define GRAPHOPT_DIALECTS_GRAPH_SHAPE_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Shape.h.inc"

#endif
