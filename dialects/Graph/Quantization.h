#ifndef GRAPHOPT_DIALECTS_GRAPH_QUANTIZATION_H
#define GRAPHOPT_DIALECTS_GRAPH_QUANTIZATION_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Quantization.h.inc"

#endif
