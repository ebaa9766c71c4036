// Attributes that convolutions and poolings share.
#ifndef GRAPHOPT_IMPORT_WINDOWS_H
#define GRAPHOPT_IMPORT_WINDOWS_H

#include "dialects/Graph/Graph.h"
#include "lib/Import/NodeImporter.h"

namespace graphopt {

/// Defaults are filled in; VALID is no padding.
struct WindowAttributes {
  llvm::SmallVector<int64_t> strides, dilations, pads;
  graph::AutoPadAttr autoPad;

  /// Fails with an error if `auto_pad` is none of ONNX's.
  static llvm::FailureOr<WindowAttributes> get(NodeImporter &node);
};

/// Fails with an error if `kernel_shape` is not the filter's: ONNX says it twice.
llvm::LogicalResult checkKernelShape(NodeImporter &node);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_WINDOWS_H
