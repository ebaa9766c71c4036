#ifndef GRAPHOPT_DIALECTS_GRAPH_ATTENTION_H
#define GRAPHOPT_DIALECTS_GRAPH_ATTENTION_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Attention.h.inc"

#endif
