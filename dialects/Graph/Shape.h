#ifndef GRAPHOPT_DIALECTS_GRAPH_SHAPE_H
#define GRAPHOPT_DIALECTS_GRAPH_SHAPE_H

#include "dialects/Graph/Graph.h"

#include "dialects/Graph/ShapeEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Graph/ShapeAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Graph/Shape.h.inc"

#endif
