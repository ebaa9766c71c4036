// The exporter functions: one overload for each op that OnnxOps.def names.
#ifndef GRAPHOPT_EXPORT_EXPORTERS_H
#define GRAPHOPT_EXPORT_EXPORTERS_H

#include "lib/Export/NodeExporter.h"

#define ONNX_WRITE(NAME, OPSET, OP)                                            \
  namespace graphopt::graph {                                                  \
  class OP;                                                                    \
  }                                                                            \
  namespace graphopt {                                                         \
  llvm::LogicalResult exportOp(graph::OP op, NodeExporter &node);              \
  }
#include "lib/Import/OnnxOps.def"

#endif // GRAPHOPT_EXPORT_EXPORTERS_H
