#ifndef GRAPHOPT_DIALECTS_GRAPH_ELEMENTWISE_H
#define GRAPHOPT_DIALECTS_GRAPH_ELEMENTWISE_H

#include "dialects/Graph/Graph.h"

#include "dialects/Graph/ElementwiseEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Graph/ElementwiseAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Graph/Elementwise.h.inc"

#endif
