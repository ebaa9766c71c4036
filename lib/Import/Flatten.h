// Operators that work on all elements where they have no axis.
#ifndef GRAPHOPT_IMPORT_FLATTEN_H
#define GRAPHOPT_IMPORT_FLATTEN_H

#include "lib/Import/NodeImporter.h"

namespace graphopt {

/// The first input and the attribute `axis`; without that, the input in one
/// dimension. A null value after an error.
std::pair<mlir::Value, int64_t> getInputAndAxis(NodeImporter &node);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_FLATTEN_H
