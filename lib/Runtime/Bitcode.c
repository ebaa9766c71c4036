/* All of the runtime as one translation unit: what becomes bitcode. */
#include "Memory.c"
#include "Parallel.c"
#include "Pool.c"
#include "Run.c"
#include "Status.c"
