// The importer functions that OnnxOps.def names.
#ifndef GRAPHOPT_IMPORT_IMPORTERS_H
#define GRAPHOPT_IMPORT_IMPORTERS_H

#include "lib/Import/NodeImporter.h"

namespace graphopt {

#define ONNX_READ(NAME, OPSET, IMPORTER)                                       \
  llvm::LogicalResult IMPORTER(NodeImporter &node);
#define ONNX_OP_IN(DOMAIN, NAME, OPSET, IMPORTER)                              \
  llvm::LogicalResult IMPORTER(NodeImporter &node);
#include "lib/Import/OnnxOps.def"

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_IMPORTERS_H
