#ifndef GRAPHOPT_DIALECTS_GRAPH_SCATTERING_H
#define GRAPHOPT_DIALECTS_GRAPH_SCATTERING_H

#include "dialects/Graph/Graph.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Scattering.h.inc"

#endif
