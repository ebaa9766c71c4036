// Tensors of a model as constants.
#ifndef GRAPHOPT_IMPORT_WEIGHTS_H
#define GRAPHOPT_IMPORT_WEIGHTS_H

#include "lib/Import/Onnx/OnnxModel.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace graphopt {

/// The elements of `tensor`: a DenseElementsAttr for scalars and for integers
/// and booleans up to `maxDenseElements` or all 0, else a resource blob on the model's
/// own bytes, which it keeps alive. Booleans take a byte each in a blob. Null
/// if the element type is not supported.
mlir::ElementsAttr convertTensor(mlir::MLIRContext *context,
                                 const OnnxModel &model,
                                 const onnx::TensorProto &tensor,
                                 llvm::StringRef name);

constexpr int64_t maxDenseElements = 64;

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_WEIGHTS_H
