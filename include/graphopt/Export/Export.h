// From the graph dialect to an ONNX file.
#ifndef GRAPHOPT_EXPORT_EXPORT_H
#define GRAPHOPT_EXPORT_EXPORT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace graphopt {

/// The opsets that can be written. What graph ops become is the same in all.
constexpr int64_t leastExportOpset = 21, greatestExportOpset = 28;

struct ExportOptions {
  /// 0: the lowest one that has each operator for its element types, which most
  /// tools can read.
  int64_t opset = 0;
  /// Weights in a file beside the model even if they would fit into it.
  bool separateWeights = false;
};

/// Writes the function `main` of `module`, of graph ops as importModel makes them,
/// as an ONNX model that ONNX's checker accepts. Names of inputs, outputs, open
/// dimensions, nodes and initializers are kept. Weights go from where they are to
/// the file.
///
/// \param path  file to write. Weights go to `<path>.data` if asked for, or if the
///              model would have more than the 2 GB that protobuf allows.
/// \returns the files written, or an error that lists every op that ONNX, or the
///          opset asked for, has no node for. On error no file is left behind.
llvm::Expected<std::vector<std::string>>
exportModel(mlir::ModuleOp module, llvm::StringRef path,
            const ExportOptions &options = {});

} // namespace graphopt

#endif // GRAPHOPT_EXPORT_EXPORT_H
