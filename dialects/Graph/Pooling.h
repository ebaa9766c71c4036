#ifndef GRAPHOPT_DIALECTS_GRAPH_POOLING_H
#define GRAPHOPT_DIALECTS_GRAPH_POOLING_H

#include "dialects/Graph/Window.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Pooling.h.inc"

#endif
