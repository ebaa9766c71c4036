#include "dialects/Graph/Attention.h"
#include "Kernels.h"

using namespace graphopt;

void graphopt::populateAttentionLowering(LoweringPatterns) {}
