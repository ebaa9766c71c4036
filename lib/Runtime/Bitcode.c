/* All of the runtime as one translation unit: what becomes bitcode. */
#include "Cpu.c"
#include "Memory.c"
#include "Parallel.c"
#include "Pool.c"
#include "Profile.c"
#include "Run.c"
#include "Status.c"
#include "Weights.c"
