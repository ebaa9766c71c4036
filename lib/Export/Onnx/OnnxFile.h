// The ONNX half of the exporter. Files in this folder are built with exceptions,
// which ONNX throws; none of them leaves it.
#ifndef GRAPHOPT_EXPORT_ONNX_ONNXFILE_H
#define GRAPHOPT_EXPORT_ONNX_ONNXFILE_H

#include "lib/Import/Onnx/OnnxModel.h"
#include "llvm/ADT/StringMap.h"

namespace graphopt {

/// Drops nodes and initializers that nobody reads, gives the model its opset, and
/// runs ONNX's checker.
///
/// \param elementTypes  of each value, by name: operators got types over time.
/// \param opset         as in ExportOptions.
/// \returns an error that lists the nodes which that opset does not have.
llvm::Error finishModel(OnnxModel &model,
                        const llvm::StringMap<int> &elementTypes,
                        int64_t opset);

/// Writes the model with its weights, from where they are; see exportModel.
llvm::Expected<std::vector<std::string>>
writeModel(OnnxModel model, llvm::StringRef path, bool separateWeights);

} // namespace graphopt

#endif // GRAPHOPT_EXPORT_ONNX_ONNXFILE_H
