#ifndef GRAPHOPT_DIALECTS_GRAPH_TEXT_H
#define GRAPHOPT_DIALECTS_GRAPH_TEXT_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Text.h.inc"

#endif
