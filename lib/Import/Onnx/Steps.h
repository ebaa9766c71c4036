// The steps of loadOnnxModel, in its order. Each throws ImportError for what is
// wrong with the model, or whatever ONNX throws.
#ifndef GRAPHOPT_IMPORT_ONNX_STEPS_H
#define GRAPHOPT_IMPORT_ONNX_STEPS_H

#include "lib/Import/Onnx/OnnxModel.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MemoryBuffer.h"
#include <stdexcept>

namespace graphopt {

struct ImportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(const llvm::Twine &message);

/// "node 'conv1' (Conv)"
std::string describe(const onnx::NodeProto &node);

/// "" for both spellings of the standard domain.
llvm::StringRef normalDomain(llvm::StringRef domain);

/// Version of `domain` that the model imports, 0 if none.
int64_t opsetOf(const onnx::ModelProto &model, llvm::StringRef domain = "");

//===--- Reading ---------------------------------------------------------===//

/// Reads a binary or text model. Large raw data stays in the mapped file: it is
/// left out of the parsed proto and becomes weights.
OnnxModel readModelFile(llvm::StringRef path);

/// The serialized model in `file` without the raw data of large tensors, which
/// are appended to `weights`; the tensors refer to them (see setWeight).
std::string trimWeights(std::shared_ptr<llvm::MemoryBuffer> file,
                        std::vector<WeightBytes> &weights);

/// Names the nodes that have no name: operator and index, as in `Conv_3`.
void nameNodes(onnx::ModelProto &model);

/// Gives ONNX's registry the operators of com.microsoft that are read.
void registerMicrosoftOperators();

/// Gives operators of com.microsoft their domain, where they have the standard's.
void moveMicrosoftOperators(onnx::ModelProto &model);

//===--- Checks ----------------------------------------------------------===//

/// Versions, names, dims and sizes: what must hold before anything is computed
/// from them.
void checkLimits(const OnnxModel &model);

/// Attributes that ONNX's shape inference would crash or hang on.
void checkAttributes(const onnx::ModelProto &model);

/// Gives tensors that are stored beside the model their bytes.
void resolveExternalData(OnnxModel &model, llvm::StringRef modelPath);

/// Holds the bytes of each tensor against its dims.
void checkTensorSizes(OnnxModel &model);

/// Lists the nodes whose operator is neither native nor expandable.
void checkOperators(const onnx::ModelProto &model);

/// Finds names that nothing defines and cycles; sorts nodes by dependency where
/// they are not.
void orderNodes(onnx::ModelProto &model);

/// Bounds the nesting of model-local functions and the number of nodes that
/// inlining them would make.
void checkFunctionExpansion(const onnx::ModelProto &model, uint64_t maxNodes);

/// Runs ONNX's own checker.
void runChecker(const onnx::ModelProto &model);

//===--- Normalization ---------------------------------------------------===//

/// Replaces sparse initializers and sparse Constant nodes by dense ones.
void densifySparseTensors(OnnxModel &model, uint64_t maxBytes);

/// Puts every tensor's elements into `raw_data` and moves large ones out.
void normalizeTensors(OnnxModel &model);

/// Fixes input dimensions and the names that they bind, drops inferred shapes
/// that the file holds.
void applyInputShapes(onnx::ModelProto &model,
                      const std::vector<InputShape> &shapes);

/// Replaces calls of model-local functions by their bodies.
void inlineLocalFunctions(onnx::ModelProto &model, uint64_t maxNodes);

/// Gives the weights of MatMulNBits, bytes to the model, the type that they have.
void retypePackedWeights(OnnxModel &model);

/// Replaces each Scan of opset 8, which works on a batch of sequences, by a Scan
/// over the batch whose body is one over a sequence. The converter would only take
/// the batch off the shapes; it passes these by, as they have a domain of their own
/// until restoreOldScans gives them the standard's.
void unbatchOldScans(onnx::ModelProto &model);
void restoreOldScans(onnx::ModelProto &model);

/// Brings a model of an opset before 7 there. What broadcast then had attributes that
/// said how, and PRelu a slope a channel; now operands are aligned at the last
/// dimension. The converter asks for static dimensions, and leaves PRelu as it is.
void alignOldOperands(onnx::ModelProto &model);

/// Gives each Resize, in a model that had an opset before 11, the attributes that
/// say what the operator (and Upsample) meant then: the converter leaves them at
/// today's defaults. ONNX's text was silent; this is what ONNX Runtime does.
void keepOldResize(onnx::ModelProto &model);

/// Replaces functions of the standard that have no importer by their bodies.
void expandFunctions(onnx::ModelProto &model, uint64_t maxNodes);

/// Writes the default of each attribute that a node leaves out.
void bindDefaultAttributes(onnx::ModelProto &model);

/// Makes two tensors of each map, `<map>.keys` and `<map>.values`: lists of an input, and of
/// an output of ZipMap, maps with the same keys, a list and rows. Nodes have both where they
/// had the map.
void splitMaps(onnx::ModelProto &model);

/// True if OnnxOps.def has a row for the operator.
bool isNative(llvm::StringRef domain, llvm::StringRef opType);

//===--- Tensors ---------------------------------------------------------===//

/// Bytes of a tensor; fails if a dim is negative or the size overflows.
/// `what` names the tensor in the message.
uint64_t tensorBytes(int dataType,
                     const google::protobuf::RepeatedField<int64_t> &dims,
                     const llvm::Twine &what);

/// Size of an element in bits; 0 for strings and unknown types.
unsigned elementBits(int dataType);

/// Makes `tensor` refer to `weights[index]`.
void setWeight(onnx::TensorProto &tensor, size_t index);

/// Key of the external_data entry that refers to a weight.
inline constexpr char weightKey[] = "graphopt.weight";

/// Raw data above this size becomes a weight.
constexpr size_t largeTensorBytes = 1024;

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_ONNX_STEPS_H
