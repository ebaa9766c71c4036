// The ONNX half of the importer: a file becomes a model that the MLIR half can
// translate node by node. Files in this folder are built with exceptions, which
// ONNX throws; none of them leaves it.
#ifndef GRAPHOPT_IMPORT_ONNX_ONNXMODEL_H
#define GRAPHOPT_IMPORT_ONNX_ONNXMODEL_H

#include "graphopt/Import/Import.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace graphopt {

/// Elements of one tensor in ONNX's raw layout (little-endian, bool one byte),
/// in a mapped file or in memory.
struct WeightBytes {
  std::shared_ptr<const void> owner; ///< keeps `bytes` alive
  llvm::StringRef bytes;
  llvm::MemoryBuffer *file = nullptr; ///< if the owner is a file's
};

/// A model at opset 28 that holds only operators of OnnxOps.def: model-local
/// and non-native functions are expanded, default attributes written out,
/// every node named, every tensor dense with its elements in `raw_data` or, if
/// large, in `weights`.
struct OnnxModel {
  onnx::ModelProto proto;
  std::vector<WeightBytes> weights;
  int64_t opset = 0; ///< of the file, for messages
};

/// The opset that every model is converted to.
constexpr int canonicalOpset = 28;

/// Index into OnnxModel::weights of a tensor whose elements were moved there.
std::optional<size_t> weightIndex(const onnx::TensorProto &tensor);

/// ONNX's name of an element type in lower case, as in "float" or "bfloat16".
std::string dataTypeName(int dataType);

/// Reads, checks and normalizes the model in `path`. The error's text names the
/// node, operator and opset, or what is wrong with the file.
llvm::Expected<OnnxModel> loadOnnxModel(llvm::StringRef path,
                                        const ImportOptions &options);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_ONNX_ONNXMODEL_H
