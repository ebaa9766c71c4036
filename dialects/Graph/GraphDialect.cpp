#include "dialects/Graph/Graph.h"

using namespace graphopt::graph;

#include "dialects/Graph/GraphDialect.cpp.inc"
#include "dialects/Graph/InferResults.cpp.inc"

void GraphDialect::initialize() {
#define GRAPHOPT_FAMILY(Family) register##Family();
#include "dialects/Graph/Families.def"
#undef GRAPHOPT_FAMILY
}
