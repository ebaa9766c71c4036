#ifndef GRAPHOPT_DIALECTS_GRAPH_CONVOLUTION_H
#define GRAPHOPT_DIALECTS_GRAPH_CONVOLUTION_H

#include "dialects/Graph/Window.h"

#define GET_OP_CLASSES
#include "dialects/Graph/Convolution.h.inc"

#endif
