#include "mlir/InitAllPasses.h"

void registerUpstreamPasses() { mlir::registerAllPasses(); }
